//go:build !unix

package workload

import "time"

// ProcessorTime is not known here: Windows counts it in steps of 15 ms, too coarse
// for what is measured.
func ProcessorTime() (spent time.Duration, known bool) { return 0, false }
