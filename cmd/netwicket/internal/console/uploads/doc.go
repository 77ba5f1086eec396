// Package uploads keeps the logs that visitors of the console have dropped, for as
// long as the process runs.
//
// A log is streamed to a temporary file and never held in memory whole. The file has
// no name from the moment it was made, where the system lets (Unix): it is gone when
// the process is, however that ends. Elsewhere [Store.Close] removes it.
//
// A log is of the visitor who dropped it and of nobody else. Whoever drops one more
// than there is room for loses their own oldest, never somebody else's.
//
// store.go has the logs and the room for them, file.go one of them on the disk, kind.go
// what is refused by its first bytes.
package uploads
