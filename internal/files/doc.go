// Package files reads files, and tells when they have become others. A [File] is
// what everything reads by: regular files alone, pipes where a person named one,
// nothing that leads out of a folder, never more than a limit, and never for ever.
// A [State] is how files look at one moment; a [Watched] waits until they have been
// quiet and then looks.
//
// Editors and mv replace a file by renaming another over it, Kubernetes swaps a
// symbolic link two folders up, and copying writes in place. What counts is
// therefore whether a file is another one or has another size or time, or that
// somebody who watches saw it being written: two writes within one tick of the
// file system's clock may look the same.
package files
