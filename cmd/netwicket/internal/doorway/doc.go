// Package doorway is what the program's HTTP servers have in common in front of
// their handlers: the certificate in files that may be replaced, and the crowd,
// which bounds what callers can hold whom nobody knows.
//
// crowd.go has the crowd and the listener that fills it, descriptors_unix.go and
// descriptors_other.go what room there is, certificate.go the certificate.
package doorway
