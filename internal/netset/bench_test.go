package netset_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/internal/netset"
)

// BenchmarkReadList reads a million addresses, one a line.
func BenchmarkReadList(b *testing.B) {
	for _, shape := range []string{"%d.%d.%d.%d\n", "%d.%d.%d.%d\t8\n", "%d.%d.%d.%d,GB,GB-ENG,London,\n"} {
		var text strings.Builder
		for i := range 1_000_000 {
			fmt.Fprintf(&text, shape, 1+i>>16, i>>8&0xff, i&0xff, i*7&0xff)
		}
		b.Run(strings.TrimSpace(fmt.Sprintf(shape, 192, 0, 2, 1)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				entries := 0
				failures, _ := netset.ReadList("f", text.String(), netset.Limits{}, func(netset.Entry) { entries++ })
				if entries != 1_000_000 {
					b.Fatal(entries, failures)
				}
			}
		})
	}
}
