package browser_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = 30 * time.Second

// program is the netwicket that is tested, built by TestMain where there is a browser.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if chromium() == "" {
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

// demanded says that what is missing fails, as in CI.
func demanded() bool { return os.Getenv("NETWICKET_BROWSER") == "1" }

// repository is the folder of the repository.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..", "..")
}

// acme is a copy of the example's policy.
func acme(t *testing.T) string {
	t.Helper()
	copied := t.TempDir()
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
	s.process = exec.Command(program, append([]string{"console", "-c", folder}, arguments...)...)
	s.process.Stderr = &said{t: t}
	out, err := s.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	lines := bufio.NewScanner(out)
	printed := make(chan string, 1)
	go func() {
		if lines.Scan() {
			printed <- lines.Text()
		}
		close(printed)
		_, _ = io.Copy(io.Discard, out)
		_ = s.process.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.process.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.ended:
		case <-time.After(patience):
			_ = s.process.Process.Kill()
			t.Error("the console did not end when it was told to")
		}
	})
	select {
	case s.link = <-printed:
	case <-time.After(patience):
	}
	at, err := url.Parse(s.link)
	require.NoError(t, err)
	require.NotEmpty(t, at.Host, "a link as the first line")
	s.base = at.Scheme + "://" + at.Host + "/"
	return s
}

// launch starts the browser.
func (s *site) launch() {
	s.t.Helper()
	path := chromium()
	if path == "" {
		if demanded() {
			require.Fail(s.t, "there is no chromium, which NETWICKET_BROWSER=1 demands")
		}
		s.t.Skip("there is no chromium: install it, and axe by scripts/axe")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(patience))
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

// said passes on what the program says to the log of the test.
type said struct{ t *testing.T }

func (s *said) Write(text []byte) (int, error) {
	s.t.Logf("console: %s", strings.TrimRight(string(text), "\n"))
	return len(text), nil
}

// in is the site for a test below the one that started it.
func (s *site) in(t *testing.T) *site {
	mine := *s
	mine.t = t
	return &mine
}
