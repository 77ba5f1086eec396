package main

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"
)

// gcPercent is that of this process; below zero: off.
func gcPercent() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(int64(sample[0].Value.Uint64()))
}

// Garbage is collected more often as long as anything is loaded, however loads lie
// beside one another and end, and as before afterwards.
func TestThriftWhileLoading(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(80))
	var saving thrift
	saving.around(func() {
		require.Equal(t, thriftyPercent, gcPercent())
		second, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			saving.around(func() {
				second <- struct{}{}
				<-second
			})
		}()
		<-second
		saving.around(func() {})
		require.Equal(t, thriftyPercent, gcPercent(), "while others are loaded")
		close(second)
		<-ended
		require.Equal(t, thriftyPercent, gcPercent(), "the first load goes on")
	})
	require.Equal(t, 80, gcPercent())
	require.Panics(t, func() { saving.around(func() { panic("a defect") }) })
	require.Equal(t, 80, gcPercent(), "after a panic")
	for _, own := range []int{5, -1} {
		debug.SetGCPercent(own)
		saving.around(func() { require.Equal(t, own, gcPercent(), "it was somebody's wish") })
		require.Equal(t, own, gcPercent())
	}
}
