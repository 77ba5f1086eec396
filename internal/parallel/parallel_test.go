package parallel

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// with runs a test with so many processors.
func with(t *testing.T, processors int, test func(t *testing.T)) {
	before := runtime.GOMAXPROCS(processors)
	defer func() { require.Equal(t, processors, runtime.GOMAXPROCS(before), "left as it was") }()
	test(t)
}

func TestEachDoesAllOnce(t *testing.T) {
	for _, processors := range []int{1, 2, 8} {
		with(t, processors, func(t *testing.T) {
			for _, n := range []int{0, 1, 2, 7, 100} {
				for _, atMost := range []int{1, 3, 200} {
					var done [100]atomic.Int32
					var now, most atomic.Int32
					Each(n, atMost, func(i int) {
						here := now.Add(1)
						for seen := most.Load(); here > seen && !most.CompareAndSwap(seen, here); seen = most.Load() {
						}
						runtime.Gosched()
						done[i].Add(1)
						now.Add(-1)
					})
					for i := range done {
						want := int32(0)
						if i < n {
							want = 1
						}
						require.Equal(t, want, done[i].Load(), "task %d of %d", i, n)
					}
					require.LessOrEqual(t, int(most.Load()), min(atMost, processors))
				}
			}
		})
	}
}

// Two tasks that wait for each other show that they run side by side.
func TestDoIsSideBySide(t *testing.T) {
	with(t, 2, func(*testing.T) {
		a, b := make(chan int), make(chan int)
		Do(func() { a <- <-b + 1 }, func() { b <- 1; <-a })
	})
}

func TestPanicsComeOut(t *testing.T) {
	cause := errors.New("defect")
	for _, processors := range []int{1, 2} {
		with(t, processors, func(t *testing.T) {
			var done atomic.Int32
			fault := func() (fault any) {
				defer func() { fault = recover() }()
				Do(func() { panic(cause) }, func() { done.Add(1) }, func() { panic("another") })
				return nil
			}()
			if processors == 1 {
				require.Same(t, cause, fault, "in the caller's goroutine, whose stack says where it was")
				return
			}
			require.Contains(t, fault.(error).Error(), "defect")
			require.NotContains(t, fault.(error).Error(), "another")
			require.EqualValues(t, 1, done.Load(), "the others are done first")
			require.Contains(t, fault.(error).Error(), "parallel_test.go", "where it was")
		})
	}
}
