// Package files tells when files have become others. A [State] is how files look
// at one moment; a [Watched] waits until they have been quiet and then looks.
//
// Editors and mv replace a file by renaming another over it, Kubernetes swaps a
// symbolic link two folders up, and copying writes in place. What counts is
// therefore whether a file is another one or has another size or time, or that
// somebody who watches saw it being written: two writes within one tick of the
// file system's clock may look the same.
package files
