// Package doctor looks at a policy as netwicket serve would run it, and says on one
// screen what is in force, how old its data is, whether the edge can work with what
// listens, and what the proxies sent last. It asks nobody, opens no socket and
// writes nothing: what runs beside it is seen by the system's own tables and by the
// log that it wrote.
//
//	doctor.go     what an examination is made of
//	force.go      what is in force
//	data.go       how old the databases, lists and feeds are
//	edge.go       who can reach the listeners, and whether the edge lets them ask
//	listeners.go  addresses, sockets and certificates
//	system.go     what of the machine is seen, by system
//	machine.go    the user, the files and the descriptors
//	asked.go      what proxies sent last, by the log of serve
package doctor
