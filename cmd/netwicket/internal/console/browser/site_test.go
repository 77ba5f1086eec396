package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = 30 * time.Second

// program is the netwicket that is tested, built by TestMain where a browser is wanted.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if !wanted() || chromium() == "" {
			return m.Run()
		}
		folder, err := os.MkdirTemp("", "netwicket-browser")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "netwicket")
		build := exec.Command("go", "build", "-o", program, "github.com/netwicket/netwicket/cmd/netwicket")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, output)
			return 1
		}
		return m.Run()
	}())
}

// chromium is the browser, or empty.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// wanted says that a browser is to be driven, as in CI: what of it is missing fails then.
// Whoever only tests what they have cloned has it left alone, whichever it is.
func wanted() bool { return os.Getenv("NETWICKET_BROWSER") == "1" }

// repository is the folder of the repository.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..", "..")
}

// acme is a copy of the example's policy.
func acme(t *testing.T) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "acme")
	require.NoError(t, os.CopyFS(copied, os.DirFS(filepath.Join(repository(), "examples", "acme"))))
	return copied
}

// folder is a policy of files by name.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	made := t.TempDir()
	for name, text := range files {
		path := filepath.Join(made, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return made
}

// site is a console that runs, and a browser that has followed its link.
type site struct {
	t       *testing.T
	folder  string
	base    string // http://127.0.0.1:PORT/
	link    string // as it was printed; good no more
	process *exec.Cmd
	ended   chan struct{} // closed when the process has
	browser context.Context
}

// start runs netwicket console over a folder until the test ends, and a browser that
// nothing else uses. A test that has no browser is skipped.
func start(t *testing.T, folder string, arguments ...string) *site {
	t.Helper()
	s := run(t, folder, arguments...)
	first := s.newPage(desk)
	first.navigate(s.link)
	first.waitPath("/ask")
	first.close()
	return s
}

// run is start without following the link: the browser is a stranger.
func run(t *testing.T, folder string, arguments ...string) *site {
	t.Helper()
	s := &site{t: t, folder: folder, ended: make(chan struct{})}
	s.launch()
	out, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	s.process = exec.Command(program, append([]string{"console", "-c", filepath.Base(folder)}, arguments...)...)
	s.process.Dir = filepath.Dir(folder) // so that pages name it as people do
	s.process.Stdout, s.process.Stderr = out, &said{t: t}
	s.begin()
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		line, _, whole := strings.Cut(string(text), "\n")
		s.link = line
		return whole
	}, patience, 5*time.Millisecond, "a link is the first line")
	at, err := url.Parse(s.link)
	require.NoError(t, err)
	s.base = at.Scheme + "://" + at.Host + "/"
	return s
}

// begin starts the program, which is told to end when the test does.
func (s *site) begin() {
	s.t.Helper()
	require.NoError(s.t, s.process.Start())
	go func() {
		_ = s.process.Wait()
		close(s.ended)
	}()
	s.t.Cleanup(s.end)
}

// end tells the program to end, and waits until it has.
func (s *site) end() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		s.t.Error("the program did not end when it was told to")
	}
}

// launch starts the browser.
func (s *site) launch() {
	s.t.Helper()
	if !wanted() {
		s.t.Skip("NETWICKET_BROWSER=1 has Chromium driven; NETWICKET_AXE=$(scripts/axe) has accessibility looked at")
	}
	path := chromium()
	require.NotEmpty(s.t, path, "there is no chromium, which NETWICKET_BROWSER=1 demands")
	// What a mouse does outside of the window goes nowhere, whatever size a page believes
	// it has: the window is as large as the largest look.
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(patience), chromedp.WindowSize(1600, 1200))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, endBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	s.t.Cleanup(func() { endBrowser(); endAllocator() })
	s.browser = browser
	require.NoError(s.t, chromedp.Run(browser), "chromium starts")
}

// open opens a page by its path, "ask?q=192.0.2.7".
func (s *site) open(as look, path string) *page {
	s.t.Helper()
	p := s.newPage(as)
	p.goTo(path)
	return p
}

// said keeps what the program says, for the log of the test.
type said struct {
	t     *testing.T
	mutex sync.Mutex
	text  strings.Builder
}

func (s *said) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.text.Write(text)
	return len(text), nil
}

func (s *said) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// in is the site for a test below the one that started it.
func (s *site) in(t *testing.T) *site {
	mine := *s
	mine.t = t
	return &mine
}
