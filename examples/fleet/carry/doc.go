// Package carry brings a release from the folder it was published to into a store, and from
// the store into a folder that netwicket follows.
//
// Nothing here looks at a signature. Who reads the folder does: netwicket takes what enough
// trusted keys have signed and what is newer than what it has, wherever it comes from. So a
// carrier, and whoever can write to its store, can withhold a release and no more.
//
// names.go says which blobs a pointer asks for; publish.go reads a published folder; agent.go
// fills a followed one, and folder.go writes into it; program.go is the command line that the
// three programs have.
package carry
