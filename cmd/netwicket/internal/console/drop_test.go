package console_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

// counted is a body that says how much of it was read.
type counted struct {
	io.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// deadlines is a connection whose deadlines can be set, as a server's are.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
	set         int
}

func (d *deadlines) SetReadDeadline(at time.Time) error { d.read, d.set = at, d.set+1; return nil }

func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

// logForm is the body of a form with a log and a field behind it.
func logForm(t *testing.T, log, field, value string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	require.NoError(t, form.SetBoundary("boundary"))
	file, err := form.CreateFormFile("log", "a.log")
	require.NoError(t, err)
	_, err = io.WriteString(file, log)
	require.NoError(t, err)
	require.NoError(t, form.WriteField(field, value))
	require.NoError(t, form.Close())
	return b.String(), form.FormDataContentType()
}

// dropBody sends the body of a form as if it had that length.
func (r *reader) dropBody(body, kind string, length int64) (*deadlines, *counted) {
	r.t.Helper()
	read := &counted{Reader: strings.NewReader(body)}
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/log-drop", read)
	request.ContentLength = length
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Origin", "http://127.0.0.1")
	request.Header.Set("X-Part", "dropped")
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r.http.ServeHTTP(w, request.WithContext(console.WithVisitor(request.Context(), r.visitor)))
	return w, read
}

// The form around a log may have so much, and not a byte more; what is too large is refused
// before any of it is read, and what is refused for what it is, is read to its end.
func TestDropIsReadAsFarAsItMay(t *testing.T) {
	r := readAt(t, folderOf(t, small), func(o *console.Options) {
		o.Drops = uploads.Limits{Each: 10_000, Logs: 9, Bytes: 100_000, All: 100_000}
	})
	log := strings.Repeat("192.0.2.1\n", 1000)
	around, _ := logForm(t, log, "x", "")
	for _, more := range []int{0, 1} {
		body, kind := logForm(t, log, "x", strings.Repeat("x", 10_000+16<<10-len(around)+more))
		w, read := r.dropBody(body, kind, int64(len(body)))
		require.Equal(t, []int{http.StatusCreated, http.StatusRequestEntityTooLarge}[more], w.Code)
		require.Equal(t, []int64{int64(len(body)), 0}[more], read.read)
		if more == 0 {
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			require.Positive(t, w.set)
			require.Zero(t, w.read, "the next request on the connection has its own time")
			require.Zero(t, w.write)
		}
	}
	body, kind := logForm(t, "PK\x03\x04"+strings.Repeat("x", 9000), "x", "")
	w, read := r.dropBody(body, kind, int64(len(body)))
	require.Equal(t, http.StatusUnsupportedMediaType, w.Code)
	require.Greater(t, read.read, int64(9000), "a browser reads no answer before it has sent all")
}

// A form that ends too early, or has no file, is no log; a field that ends too early is not
// taken for one that was sent.
func TestDropThatEndsTooEarly(t *testing.T) {
	var noted bytes.Buffer
	r := readAt(t, folderOf(t, small), func(o *console.Options) { o.Log = slog.New(slog.NewTextHandler(&noted, nil)) })
	body, kind := logForm(t, "192.0.2.1\n", "pattern", "(?P<peer>.*)")
	for cut, want := range map[string]string{
		"": "400 There is no file", "--boundary--\r\n": "400 There is no file", "--boundary\r\n\r\nx\r\n--boundary--\r\n": "400 There is no file",
		body[:strings.Index(body, ".1\n")]: "400 The log did not arrive whole. Drop it again.",
	} {
		noted.Reset()
		w, _ := r.dropBody(cut, kind, int64(len(cut)))
		require.Contains(t, text2(w.ResponseRecorder), want, cut)
		require.Regexp(t, `level=INFO msg="a log was not taken" visitor=ann error=`, noted.String())
	}
	taken := func(body string) url.Values {
		t.Helper()
		w, _ := r.dropBody(body, kind, int64(len(body)))
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		at, err := url.Parse(regexpAll(`"page":"([^"]*)"`, strings.ReplaceAll(w.Body.String(), `\u0026`, "&"))[0])
		require.NoError(t, err)
		return at.Query()
	}
	require.Equal(t, "(?P<peer>.*)", taken(body).Get("pattern"))
	require.Empty(t, taken(body[:strings.Index(body, ".*)")]).Get("pattern"))
	long, _ := logForm(t, "192.0.2.1\n", "pattern", strings.Repeat("x", 16<<10+9))
	require.Len(t, taken(long).Get("pattern"), 16<<10)
}

// A log that the disk does not take is refused, with what the disk says.
func TestDropWithoutADisk(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	require.Regexp(t, "^507 The log cannot be kept on the disk of this console: .*no such file or directory", text2(r.drop("dropped", "a.log", "192.0.2.1\n")))
}

// A form without a script leads to the page and says nothing else.
func TestDropLeadsOn(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	w := r.drop("", "a.log", "192.0.2.1\n")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Empty(t, w.Body.String())
	require.Empty(t, w.Header().Get("Content-Type"))
}

// A form that forgets or cancels a log is read so far, and not a byte further.
func TestFormsOfALogAreSmall(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	for _, target := range []string{"log-cancel", "log-forget"} {
		page := r.kept("a.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"))
		r.decided("log", page, "")
		form := url.Values{"log": regexpAll(`log=([\w-]+)`, page), "x": {""}}
		for _, more := range []int{1, 0} {
			form.Set("x", strings.Repeat("x", 16<<10-len(url.Values{"log": form["log"], "x": {""}}.Encode())+more))
			require.Len(t, form.Encode(), 16<<10+more)
			r.send(target, "", form)
			require.Equal(t, more, r.site.Runs(), target)
		}
	}
}
