// Package keeper keeps a policy up to date with its files while requests run. It
// is the front door for whoever builds a gateway:
//
//	k, err := keeper.Open(folder)
//	if err != nil {
//		return err
//	}
//	go k.Run(ctx)
//	return http.Serve(listener, gate.Wrap(app, k.Live(), gate.Options{Resolver: k.Resolver()}))
//
// A [Keeper] looks at every file that a policy was made of, loads them anew when
// one has changed, and puts the result in force if it passes every check. Databases
// and lists are large and seldom what has changed: they are read again where one of
// them looks other, was named by a watcher, or was written just before it was read, and
// where somebody asks or a load has failed; and they are decoded again if what was read
// is not the same to the byte. The policy in force saves the compiler
// work, see [decide.Recompile]. Whatever fails leaves the policy in force as it was; [Keeper.Err] tells a
// health check about it, and Options.Report a log.
//
// # Policy and edge
//
// The edge of the policy file, which says whose headers name the client, is
// swapped together with the policy: a request is decided by both of one version
// of the files. [gate.Wrap] and [gate.Resolver.Pair] see to that. A policy file
// without an edge takes the peer for the client; one that had an edge may not lose
// it while the program runs.
//
// # Ways in which files change
//
// Editors and mv replace a file by renaming another over it, Kubernetes swaps a
// symbolic link two folders up, and copying writes in place. What counts is
// whether a file is another one or has another size or time. That is looked at
// every other second. With a watcher such as fsnotify at hand (Options.Changed) it
// is looked at as soon as the files are quiet, and a file that was named is read
// even if it looks the same.
//
// # Files that do not answer
//
// To read a file may take for ever: the server of its mount is gone, somebody put a
// pipe in its place. All that touches files is therefore done apart from the rest, one
// load at a time. A load that takes longer than Timing.Load is given up: that is
// reported, and [Keeper.Err] says [ErrHanging] from then on. Nothing ends such a
// load, so no other begins beside it; when it ends by itself, what it gives is thrown
// away and everything is loaded anew. Meanwhile entries of the overlay expire, and
// Run ends as soon as its context does. A load that took long puts no entry back in
// force that has expired since it began. OpenWith gives up the same way.
//
// # Emergencies
//
// When the other files cannot be put in force, because of an error, a refusal, or
// because they do not answer, the overlay is loaded by itself, over the documents of
// the policy in force: a denial must not wait until somebody has mended a database.
// It is the overlay as a whole, what it says no more included, and must not deny an
// address of the guard either. One with an error leaves the one before in force.
//
// # Half a file
//
// Nothing is loaded until the files have been quiet for a moment, and what was
// loaded is thrown away if a file changed meanwhile. A database that is cut off
// does not load; it is tried again a few times, since whoever writes it may be slow,
// and from then on when it has changed.
//
// # What is refused
//
// A database, a list or a feed that is older than the one in force, has less than
// half of its networks, or is gone from its folder is taken for a mistake in the
// delivery, and so are sources that together provide less than before. Those that were
// compiled into a snapshot are held against each other by their types; how long its threat feeds were is not told. So is a policy that denies an
// address of its own guard list (serve.guard), and a policy file that lost its
// edge.
//
// # Time
//
// Entries of an overlay expire without any file changing. The policy is then
// compiled anew from the documents in force, not from the files, which may be in
// the middle of an edit. This is never refused, and waits for no load: an entry that
// lets somebody in must end when it says. It takes [Keeper.Run] to notice the time.
//
// # The files
//
// keeper.go has the Keeper, its options and Run; loading.go all that touches files;
// memory.go whether a load fits;
// reload.go what becomes of what was loaded, and refresh.go who waits for that; compare.go what is refused; overlay.go
// emergencies; expiry.go the overlay's times; status.go what is told of it. internal/files knows how files look, [policyfile] how they are read,
// [gate] what becomes of them.
package keeper
