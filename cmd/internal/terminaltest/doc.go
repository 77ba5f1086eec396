// Package terminaltest gives tests a terminal at which nobody sits, on Linux.
package terminaltest
