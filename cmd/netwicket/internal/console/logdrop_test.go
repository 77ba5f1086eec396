package console_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// desk is a site with whoever comes to it.
type desk struct {
	t    *testing.T
	site *console.Console
	http http.Handler
}

// newDesk is a site over one document of zones.
func newDesk(t *testing.T, zones string, drops uploads.Limits) *desk {
	t.Helper()
	return deskAt(t, writeZones(t, zones), drops)
}

func writeZones(t *testing.T, zones string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "zones.json")
	require.NoError(t, os.WriteFile(file, []byte(zones), 0o600))
	return file
}

func deskAt(t *testing.T, path string, drops uploads.Limits) *desk {
	t.Helper()
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{path}}, Drops: drops})
	require.NoError(t, err)
	t.Cleanup(site.Close)
	return &desk{t, site, site.Handler()}
}

// do is what a visitor's browser asks from a page of the site.
func (d *desk) do(visitor string, r *http.Request) *httptest.ResponseRecorder {
	r.Header.Set("Origin", "http://"+r.Host)
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: visitor})))
	return w
}

func (d *desk) get(visitor, target string) (int, string) {
	w := d.do(visitor, httptest.NewRequest(http.MethodGet, "/"+target, nil))
	return w.Code, w.Body.String()
}

func (d *desk) part(visitor, target, part string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, "/"+target, nil)
	r.Header.Set("X-Part", part)
	w := d.do(visitor, r)
	return w.Code, w.Body.String()
}

func (d *desk) post(visitor, target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/"+target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(visitor, r)
}

// formOf is a form with one file, as browsers send it.
func formOf(t *testing.T, name, text string) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = new(bytes.Buffer)
	form := multipart.NewWriter(body)
	file, err := form.CreateFormFile("log", name)
	require.NoError(t, err)
	_, err = io.WriteString(file, text)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	return body, form.FormDataContentType()
}

// send drops a log of Ann's.
func (d *desk) send(name, text string, byScript bool) *httptest.ResponseRecorder {
	body, kind := formOf(d.t, name, text)
	r := httptest.NewRequest(http.MethodPost, "/log-drop", body)
	r.Header.Set("Content-Type", kind)
	if byScript {
		r.Header.Set("X-Part", "dropped")
	}
	return d.do("ann", r)
}

// drop drops a log of Ann's and gives its id.
func (d *desk) drop(name, text string) string {
	d.t.Helper()
	w := d.send(name, text, true)
	require.Equal(d.t, http.StatusCreated, w.Code, w.Body.String())
	var answer struct{ Log string }
	require.NoError(d.t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer.Log
}

// A log is dropped by a script and by a form without one, and is of who dropped it.
func TestDropLog(t *testing.T) {
	d := newDesk(t, "[]", uploads.Limits{})
	id := d.drop("hers.log", "192.0.2.1\n")
	w := d.send("also hers.log", "192.0.2.1\n", false)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Regexp(t, `^log\?log=[\w-]{22}$`, w.Header().Get("Location"))
	_, page := d.get("ann", "log")
	require.Contains(t, page, "hers.log</bdi>")
	require.Contains(t, page, "also hers.log</bdi>")
	code, _ := d.get("ann", "log?log="+id)
	require.Equal(t, http.StatusOK, code)

	_, page = d.get("bob", "log")
	require.NotContains(t, page, "hers.log")
	code, page = d.get("bob", "log?log="+id)
	require.Equal(t, http.StatusNotFound, code)
	require.NotContains(t, page, "hers.log")
	require.Equal(t, http.StatusSeeOther, d.post("bob", "log-forget", url.Values{"log": {id}}).Code)
	code, _ = d.get("ann", "log?log="+id)
	require.Equal(t, http.StatusOK, code, "bob forgets nothing of hers")
	require.Equal(t, http.StatusSeeOther, d.post("ann", "log-forget", url.Values{"log": {id}}).Code)
	code, _ = d.get("ann", "log?log="+id)
	require.Equal(t, http.StatusNotFound, code)
}

// What is refused says why, to a script and on the page.
func TestDropRefused(t *testing.T) {
	d := newDesk(t, "[]", uploads.Limits{Each: 40_000, Logs: 2, Bytes: 80_000, All: 100_000})
	tests := []struct {
		name, text string
		code       int
		says       string
	}{
		{"empty", "", http.StatusBadRequest, "empty"},
		{"one byte more", strings.Repeat("x", 40_001), http.StatusRequestEntityTooLarge, "39 KiB"},
		{"much more", strings.Repeat("x", 80_000), http.StatusRequestEntityTooLarge, "39 KiB"},
		{"zip", "PK\x03\x04...", http.StatusUnsupportedMediaType, "zip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, byScript := range []bool{false, true} {
				w := d.send("log", test.text, byScript)
				require.Equal(t, test.code, w.Code)
				require.Contains(t, w.Body.String(), test.says)
				require.Equal(t, !byScript, strings.Contains(w.Body.String(), "<main"))
			}
			_, page := d.get("ann", "log")
			require.NotContains(t, page, "log?log=")
		})
	}
	d.drop("as large as it may be", strings.Repeat("x", 40_000))
}

func TestDropWithoutAFile(t *testing.T) {
	d := newDesk(t, "[]", uploads.Limits{})
	require.Equal(t, http.StatusBadRequest, d.post("ann", "log-drop", url.Values{"log": {"x"}}).Code)
	require.Equal(t, http.StatusBadRequest, d.send("", "x", false).Code)
	r := httptest.NewRequest(http.MethodPost, "/log-drop", struct{ io.Reader }{strings.NewReader("x")})
	require.Equal(t, http.StatusLengthRequired, d.do("ann", r).Code)
}

// A visitor who goes away while a log is sent leaves nothing.
func TestDropCutOff(t *testing.T) {
	d := newDesk(t, "[]", uploads.Limits{})
	handled := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { handled <- struct{}{} }()
		d.http.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "ann"})))
	}))
	defer server.Close()
	body, kind := formOf(t, "log", strings.Repeat("192.0.2.1\n", 1000))
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(connection, "POST /log-drop HTTP/1.1\r\nHost: here\r\nOrigin: http://here\r\nContent-Type: "+kind+"\r\nContent-Length: 20000\r\n\r\n"+body.String()[:5000])
	require.NoError(t, err)
	require.NoError(t, connection.Close())
	<-handled
	_, page := d.get("ann", "log")
	require.NotContains(t, page, "log?log=")
}

// A log that comes slowly is taken, whatever time the server has for a request.
func TestDropSlowly(t *testing.T) {
	d := newDesk(t, "[]", uploads.Limits{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.http.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "ann"})))
	}))
	const short = 200 * time.Millisecond
	server.Config.ReadTimeout, server.Config.WriteTimeout = short, short
	server.Start()
	defer server.Close()
	body, kind := formOf(t, "log", strings.Repeat("192.0.2.1\n", 1000))
	text := body.String()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, "POST /log-drop HTTP/1.1\r\nHost: here\r\nOrigin: http://here\r\nX-Part: dropped\r\nContent-Type: "+kind+"\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n")
	require.NoError(t, err)
	for len(text) > 0 {
		part := min(len(text), 4000)
		_, err = io.WriteString(connection, text[:part])
		require.NoError(t, err)
		text = text[part:]
		time.Sleep(short) // as slow lines are
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusCreated, answer.StatusCode)
}
