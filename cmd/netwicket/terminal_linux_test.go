package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/netwicket/netwicket/cmd/internal/terminaltest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
)

// aTerminal is a terminal at which nobody sits, and what was written to it when it is closed.
// What is typed before is read from it.
func aTerminal(t *testing.T, typed string) (screen *os.File, shown func() string) {
	t.Helper()
	keyboard, screen := terminaltest.Open(t)
	settings, err := unix.IoctlGetTermios(int(screen.Fd()), unix.TCGETS)
	require.NoError(t, err)
	settings.Lflag &^= unix.ECHO
	settings.Oflag &^= unix.OPOST
	require.NoError(t, unix.IoctlSetTermios(int(screen.Fd()), unix.TCSETS, settings))
	_, err = io.WriteString(keyboard, typed)
	require.NoError(t, err)
	text := make(chan string, 1)
	go func() {
		read, _ := io.ReadAll(keyboard) // until nobody has the terminal any more
		text <- string(read)
	}()
	return screen, func() string {
		_ = screen.Close()
		return <-text
	}
}

const endOfInput = "\x04" // Ctrl-D

// Who types requests is told that they are read, and when they end; a pipe is told nothing.
func TestTerminalIsToldWhatIsRead(t *testing.T) {
	acme(t)
	for command, told := range map[string]string{
		"eval": "netwicket: reading requests from the terminal, one a line, until Ctrl-D\n", "explain": "netwicket: reading requests from the terminal, one a line, until Ctrl-D\n",
		"filter": "netwicket: reading addresses from the terminal, one a line, until Ctrl-D\n",
	} {
		for _, row := range []struct{ in, err bool }{{true, true}, {true, false}, {false, true}} {
			keyboard, typed := aTerminal(t, "192.0.2.7\n"+endOfInput)
			screen, shown := aTerminal(t, "")
			var out, stderr bytes.Buffer
			c := &commandLine{in: strings.NewReader("192.0.2.7\n"), out: &out, err: &stderr}
			if row.in {
				c.in = keyboard
			}
			if row.err {
				c.err = screen
			}
			require.Zero(t, c.run([]string{command}), command)
			require.Contains(t, out.String(), "permitted")
			want := ""
			if row.in && row.err {
				want = told
			}
			require.Equal(t, want, shown()+stderr.String(), "%s %v", command, row)
			typed()
		}
	}
}

// Colours and columns are for a terminal that shows colours, and a person who has not said no.
func TestTerminalHasColours(t *testing.T) {
	screen, shown := aTerminal(t, "")
	c := &commandLine{out: screen}
	for _, row := range []struct {
		noColor, term string
		want          style
	}{{"", "xterm", style{true, true}}, {"1", "xterm", style{true, false}}, {"", "dumb", style{true, false}}, {"", "", style{true, true}}} {
		t.Setenv("NO_COLOR", row.noColor)
		t.Setenv("TERM", row.term)
		require.Equal(t, row.want, c.style(), "%v", row)
	}
	require.Equal(t, green+"x"+reset, style{colour: true}.verdict(decide.Allow, "x"))
	require.Empty(t, shown())
}

// The log of what goes on is text for a person.
func TestTerminalReadsTheLogAsText(t *testing.T) {
	screen, shown := aTerminal(t, "")
	journal := (&commandLine{err: screen}).journal()
	journal.Logger().Info("hello", "a", "b")
	journal.Close()
	require.Regexp(t, `^time=\S+ level=INFO msg=hello a=b\n$`, shown())
}

// Of how much was read nothing is left on the screen when a log ends of which nobody knew the size.
func TestTerminalIsClearedBehindALog(t *testing.T) {
	acme(t)
	log := strings.Repeat("192.0.2.1"+combinedTail+"\n", 2*largeInput/(9+len(combinedTail)))
	for _, args := range []string{"replay --json -", "diff --log - --json --summary network.json network.json"} {
		screen, shown := aTerminal(t, "")
		c := &commandLine{in: strings.NewReader(log), out: io.Discard, err: screen}
		require.Zero(t, c.run(words(args)))
		require.Regexp(t, `read.*\r +\r$`, shown(), args)
	}
}

// How much of a large log has been read is shown to who looks on, and so is what pull asks; with
// the answers on the same terminal, they are the progress.
func TestTerminalShowsProgress(t *testing.T) {
	acme(t)
	writeFile(t, "small.log", "192.0.2.1"+combinedTail+"\n")
	writeFile(t, "large.log", strings.Repeat("192.0.2.1"+combinedTail+"\n", largeInput/(9+len(combinedTail))))
	for _, row := range []struct {
		name  string
		bar   bool
		lines uint64
	}{{"small.log", false, 1}, {"large.log", true, largeInput / (9 + uint64(len(combinedTail)))}} {
		screen, shown := aTerminal(t, "")
		var out bytes.Buffer
		c := &commandLine{in: strings.NewReader(""), out: &out, err: screen}
		require.Zero(t, c.run([]string{"replay", "--json", row.name}))
		require.EqualValues(t, row.lines, objects(t, out.String())[0]["lines"])
		require.Equal(t, row.bar, strings.Contains(shown(), "read"), row.name)
	}
	screen, shown := aTerminal(t, "")
	c := &commandLine{in: strings.NewReader(readFile(t, "large.log") + "192.0.2.1" + combinedTail), out: io.Discard, err: screen}
	require.Zero(t, c.run(words("export --format cidr --deny --weights -")))
	require.Regexp(t, `read[^\n]*\r\s*\r(\x1b\[\d*[A-Z])*netwicket: \d`, shown(), "what is said next has a line of its own")
	writeFile(t, "many", "192.0.2.7\n{\"remote\":1}\n"+strings.Repeat("192.0.2.7\n", largeInput/10))
	many, err := os.Open("many")
	require.NoError(t, err)
	defer many.Close()
	screen, shown = aTerminal(t, "")
	read := 0
	outcome, err := (&commandLine{in: many, out: io.Discard, err: screen}).eachLine(func(request.Request) error { read++; return nil }, func() error { return nil })
	require.NoError(t, err)
	require.Equal(t, undecided, outcome)
	require.Equal(t, 1+largeInput/10, read)
	halfway, shownThen := aTerminal(t, "")
	_, err = many.Seek(0, io.SeekStart)
	require.NoError(t, err)
	_, err = (&commandLine{in: many, out: io.Discard, err: halfway}).eachLine(func(request.Request) error { return io.ErrClosedPipe }, func() error { return nil })
	require.ErrorIs(t, err, io.ErrClosedPipe)
	const cleared = `read[^\n]*\r\s*\r(\x1b\[\d*[A-Z])*`
	require.Regexp(t, cleared+`$`, shownThen())
	require.Regexp(t, cleared+`netwicket: standard input, line 2: [^\n]*\n([^\n]*\r)?\s*\r(\x1b\[\d*[A-Z])*$`, shown())

	require.NoError(t, os.WriteFile("requests", []byte("192.0.2.7\n"), 0o600))
	requests, err := os.Open("requests")
	require.NoError(t, err)
	defer requests.Close()
	closed, err := os.Open("requests")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	screen, shown = aTerminal(t, "")
	piped, end, err := os.Pipe()
	require.NoError(t, err)
	defer piped.Close()
	defer end.Close()
	for _, row := range []struct {
		in       io.Reader
		out, err io.Writer
		want     *progress
	}{
		{requests, io.Discard, screen, &progress{out: screen, size: 10}}, {piped, io.Discard, screen, &progress{out: screen, size: -1}},
		{closed, io.Discard, screen, &progress{out: screen, size: -1}}, {requests, screen, screen, nil}, {screen, io.Discard, screen, nil}, {requests, io.Discard, io.Discard, nil}, {strings.NewReader(""), io.Discard, screen, nil},
	} {
		require.Equal(t, row.want, (&commandLine{in: row.in, out: row.out, err: row.err}).inputProgress())
	}
	require.NotNil(t, (&commandLine{err: screen}).pullProgress(pullFlags{}).bar)
	require.Nil(t, (&commandLine{err: screen}).pullProgress(pullFlags{watch: 1}).bar)
	require.Nil(t, (&commandLine{err: io.Discard}).pullProgress(pullFlags{}).bar)
	shown()
}

// What pull asks is shown while it asks, and gone when it has been answered.
func TestTerminalShowsWhatIsPulled(t *testing.T) {
	s := newStage(t)
	screen, shown := aTerminal(t, "")
	var out bytes.Buffer
	require.Zero(t, s.runTo(&out, screen, "--okta", s.tenant.server.URL))
	require.Contains(t, out.String(), "is in force\n")
	text := shown()
	require.Contains(t, text, "okta, zones")
	require.Regexp(t, `\r\s*\r(\x1b\[\d*[A-Z])*$`, text)
}
