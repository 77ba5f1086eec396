//go:build unix

package workload

import (
	"syscall"
	"time"
)

// ProcessorTime is the time that the processors spent on this process so far, in the
// program and in the system; false where the system does not tell. See getrusage(2).
func ProcessorTime() (spent time.Duration, known bool) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, false
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), true
}
