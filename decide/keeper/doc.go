// Package keeper keeps a policy up to date with its files while requests run.
//
// A [Keeper] watches every file that a policy was made of and the folders that
// they were found in, loads all of them anew when one has changed, and puts the
// result in force if it passes every check. Whatever fails leaves the policy in
// force as it was and is reported.
//
// # Ways in which files change
//
// Editors and mv replace a file by renaming another over it, Kubernetes swaps a
// symbolic link two folders up, and copying writes in place. Watching the file
// would miss the first two, so the folders are watched: of the file, of every
// symbolic link on the way to it, and of what those lead to. An event there is
// only a reason to look; what counts is whether a file is another one, or has
// another size or time, or was named in the event. Where the system reports no events (network
// file systems, no watches left) the same look is taken every few seconds.
//
// # Half a file
//
// Nothing is loaded until the files have been quiet for a moment, and what was
// loaded is thrown away if a file changed meanwhile. A database that is cut off
// does not load; it is tried again later, since whoever writes it may be slow.
//
// # What is refused
//
// A database that is older than the one in force or has less than half of its
// networks is taken for a mistake in the delivery, and so is a policy that denies
// an address of its own guard list.
//
// # Time
//
// Entries of an overlay expire without any file changing. The policy is then
// compiled anew from the documents in force, not from the files, which may be in
// the middle of an edit. This is never refused: an entry that lets somebody in
// must end when it says.
package keeper
