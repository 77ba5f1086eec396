package uploads_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

var limits = uploads.Limits{Each: 1000, Logs: 3, Bytes: 2000, All: 3000}

func newStore(t *testing.T) *uploads.Store {
	t.Setenv("TMPDIR", t.TempDir())
	store := uploads.New(limits, time.Now)
	t.Cleanup(store.Close)
	return store
}

func take(t *testing.T, store *uploads.Store, owner, name string, size int) uploads.Log {
	t.Helper()
	log, err := store.Take(owner, name, int64(size), strings.NewReader(strings.Repeat("x", size)))
	require.NoError(t, err)
	return log
}

func read(t *testing.T, store *uploads.Store, owner, id string) string {
	t.Helper()
	_, input, found := store.Open(owner, id)
	require.True(t, found)
	reader, err := input.Open()
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	return string(text)
}

func names(logs []uploads.Log) (list []string) {
	for _, log := range logs {
		list = append(list, log.Name)
	}
	return list
}

// What was dropped is read back byte by byte, by several at a time, in whatever pieces
// it came.
func TestKeepsWhatItWasGiven(t *testing.T) {
	store := newStore(t)
	for _, size := range []int{1, 2, 511, 512, 513, 999, 1000} {
		text := make([]byte, size)
		for i := range text {
			text[i] = byte('a' + i%26)
		}
		for name, body := range map[string]io.Reader{
			"whole": bytes.NewReader(text), "byte by byte": iotest.OneByteReader(bytes.NewReader(text)), "end with the last bytes": iotest.DataErrReader(bytes.NewReader(text)),
		} {
			log, err := store.Take("ann", name, -1, body)
			require.NoError(t, err, "%d %s", size, name)
			require.EqualValues(t, size, log.Size)
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { require.Equal(t, string(text), read(t, store, "ann", log.ID)) })
			}
			group.Wait()
			require.True(t, store.Forget("ann", log.ID))
		}
	}
}

// A log is of who dropped it.
func TestLogIsOfWhoDroppedIt(t *testing.T) {
	store := newStore(t)
	log := take(t, store, "ann", "hers", 10)
	_, _, found := store.Open("bob", log.ID)
	require.False(t, found)
	require.False(t, store.Forget("bob", log.ID))
	require.Empty(t, store.List("bob"))
	require.Equal(t, []uploads.Log{log}, store.List("ann"))
	_, _, found = store.Open("ann", "another")
	require.False(t, found)
	require.False(t, store.Forget("ann", ""))
	second := take(t, store, "ann", "second", 20)
	got, _, found := store.Open("ann", second.ID)
	require.True(t, found)
	require.Equal(t, second, got)
	require.True(t, store.Forget("ann", second.ID))
	require.NotEqual(t, log.ID, take(t, store, "ann", "hers", 10).ID)
}

// Who drops more than there is room for loses their own oldest, and is told which.
func TestOldestMakesRoom(t *testing.T) {
	store := newStore(t)
	take(t, store, "bob", "his", 800)
	for _, name := range []string{"one", "two", "three"} {
		require.Empty(t, take(t, store, "ann", name, 100).Gone)
	}
	require.Equal(t, []string{"one"}, take(t, store, "ann", "four", 100).Gone, "too many")
	require.Equal(t, []string{"two"}, take(t, store, "ann", "large", 1000).Gone)
	require.Equal(t, []string{"three", "four"}, take(t, store, "ann", "larger", 1000).Gone, "too many bytes")
	require.Equal(t, []string{"larger", "large"}, names(store.List("ann")))
	require.Equal(t, []string{"his"}, names(store.List("bob")))

	take(t, store, "ann", "more", 1000)
	take(t, store, "bob", "small", 100)
	_, err := store.Take("eve", "no room", 200, strings.NewReader("x"))
	require.ErrorIs(t, err, uploads.ErrFull, "nobody loses a log to another visitor")
	require.Equal(t, []string{"more", "larger"}, names(store.List("ann")))
	require.Equal(t, []string{"his"}, take(t, store, "bob", "in its place", 900).Gone)
}

// slow is a body whose end does something else before it fails.
type slow struct {
	begun bool
	end   func()
	err   error // nil: the visitor is gone
}

func (s *slow) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		return copy(p, "192.0.2.1"), nil
	}
	s.end()
	if s.err != nil {
		return 0, s.err
	}
	return 0, errors.New("the visitor is gone")
}

// A log that is taken has its room from the beginning, and nothing of one that failed
// is left.
func TestTakingHasRoom(t *testing.T) {
	store := newStore(t)
	_, err := store.Take("ann", "slow", 1000, &slow{end: func() {
		take(t, store, "ann", "beside it", 1000)
		require.Equal(t, []string{"beside it"}, take(t, store, "ann", "in its place", 900).Gone)
		require.Equal(t, []string{"in its place"}, names(store.List("ann")), "half a log is none")
	}})
	require.ErrorIs(t, err, uploads.ErrCutOff)
	require.Empty(t, take(t, store, "ann", "after it", 1000).Gone)
	_, err = store.Take("ann", "whole at the end", 1000, &slow{end: store.Close, err: io.EOF})
	require.ErrorIs(t, err, uploads.ErrClosed)
	require.Empty(t, store.List("ann"))
	store = newStore(t)
	_, err = store.Take("ann", "at the end", 1000, &slow{end: store.Close})
	require.ErrorIs(t, err, uploads.ErrCutOff)
	require.Empty(t, store.List("ann"))
}

// A log has room for what it may have until it is known what it has; its name is cut,
// and its time is that of its end.
func TestRoom(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	store := uploads.New(limits, func() time.Time { return now })
	defer store.Close()
	for range 3 {
		log, err := store.Take("ann", strings.Repeat("n", 300), 1000, strings.NewReader("x"))
		require.NoError(t, err)
		require.Empty(t, log.Gone, "it has one byte")
		require.Equal(t, strings.Repeat("n", 255), log.Name)
		require.Equal(t, now, log.At)
	}
	take(t, store, "bob", "one", 1000)
	take(t, store, "bob", "two", 990)
	_, err := store.Take("eve", "of unknown size", -1, strings.NewReader("x"))
	require.NoError(t, err, "there is room for all that it may have")
	take(t, store, "eve", "more", 1000)
	_, err = store.Take("dan", "of unknown size", -1, strings.NewReader("x"))
	require.ErrorIs(t, err, uploads.ErrFull)
	_, err = store.Take("dan", "of none", 0, strings.NewReader("x"))
	require.NoError(t, err)
	require.Equal(t, uploads.Limits{Each: 2147483648, Logs: 4, Bytes: 4294967296, All: 17179869184}, uploads.DefaultLimits())
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name string
		body io.Reader
		want error
		text string
	}{
		{"one byte more", strings.NewReader(strings.Repeat("x", 1001)), uploads.ErrTooLarge, ""},
		{"endless", endless{}, uploads.ErrTooLarge, ""},
		{"nothing", strings.NewReader(""), uploads.ErrEmpty, ""},
		{"cut off at the beginning", io.MultiReader(strings.NewReader("192.0.2.1"), iotest.ErrReader(io.ErrUnexpectedEOF)), uploads.ErrCutOff, ""},
		{"cut off before it", iotest.ErrReader(io.ErrUnexpectedEOF), uploads.ErrCutOff, ""},
		{"cut off", io.MultiReader(strings.NewReader(strings.Repeat("x", 700)), iotest.ErrReader(io.ErrUnexpectedEOF)), uploads.ErrCutOff, ""},
		{"zip", strings.NewReader("PK\x03\x04 and so on"), nil, "zip"},
		{"bzip2", strings.NewReader("BZh91AY"), nil, "bzip2"},
		{"xz", strings.NewReader("\xfd7zXZ\x00"), nil, "xz"},
		{"UTF-16", strings.NewReader("\xff\xfe1\x009\x002\x00"), nil, "UTF-16"},
		{"no text from the first byte on", strings.NewReader("\x00text"), nil, "binary"},
		{"no text", strings.NewReader("\x7fELF\x00"), nil, "binary"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := newStore(t)
			_, err := store.Take("ann", "log", -1, test.body)
			require.Error(t, err)
			var kind *uploads.KindError
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
			} else {
				require.ErrorAs(t, err, &kind)
				require.Equal(t, test.text, kind.Kind)
			}
			require.Empty(t, store.List("ann"))
			require.Empty(t, left(t))
		})
	}
}

// Gzip and zstd are text that is packed, whatever bytes they hold.
func TestPackedIsTaken(t *testing.T) {
	store := newStore(t)
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd"} {
		_, err := store.Take("ann", "log", -1, strings.NewReader(magic+"\x00\x00"))
		require.NoError(t, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// left are the files that have a name.
func left(t *testing.T) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

// A log that is forgotten is read to its end by who reads it, and by nobody after.
func TestForgottenWhileRead(t *testing.T) {
	store := newStore(t)
	log := take(t, store, "ann", "log", 900)
	_, input, found := store.Open("ann", log.ID)
	require.True(t, found)
	reader, err := input.Open()
	require.NoError(t, err)
	require.True(t, store.Forget("ann", log.ID))
	require.False(t, store.Forget("ann", log.ID))
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Len(t, text, 900)
	require.NoError(t, reader.Close())
	require.NoError(t, reader.Close())
	_, err = input.Open()
	require.ErrorContains(t, err, "forgotten")
	require.Empty(t, left(t))
}

func TestClosedStoreIsEmpty(t *testing.T) {
	store := newStore(t)
	for i := range 3 {
		take(t, store, "ann", fmt.Sprint(i), 10)
	}
	store.Close()
	require.Empty(t, store.List("ann"))
	require.Empty(t, left(t))
	_, err := store.Take("ann", "log", -1, readerFunc(func([]byte) (int, error) {
		require.Fail(t, "it is read for nothing")
		return 0, io.EOF
	}))
	require.ErrorIs(t, err, uploads.ErrClosed)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A log that cannot be written says so.
func TestNoPlaceToWrite(t *testing.T) {
	store := newStore(t)
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	_, err := store.Take("ann", "log", -1, strings.NewReader("192.0.2.1"))
	require.ErrorIs(t, err, uploads.ErrDisk)
}
