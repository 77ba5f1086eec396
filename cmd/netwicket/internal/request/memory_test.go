package request_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// Of a line that is too long no more is held than a line may have.
func TestLongLinesAreNotHeld(t *testing.T) {
	text := strings.Repeat("x", 8<<20) + "\n192.0.2.1\n"
	reader := request.NewShortReader(strings.NewReader(text), 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := reader.Next()
	runtime.ReadMemStats(&after)
	var tooLong *request.LineError
	require.ErrorAs(t, err, &tooLong)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	next, err := reader.Next()
	require.NoError(t, err)
	require.Equal(t, "192.0.2.1", next.Remote)
	_, err = reader.Next()
	require.True(t, errors.Is(err, io.EOF))
}
