package admin

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/internal/shown"
)

// Options say how the front answers.
type Options struct {
	ExternalURL string // of every link, without a slash at the end; empty: as the client calls the server (H7)
	Rate        int    // requests a minute of a caller for each of Okta's families; 0: 600 (R1)
	// SailPointRate is how many requests a client may make of each version of
	// SailPoint's API in ten seconds; 0: 100 (R4).
	SailPointRate int
	Callers       *callers.Live
	Audit         *tenant.Audit // of writes that do not reach the documents; nil: none
	Log           *slog.Logger
	Now           func() time.Time // nil: time.Now
	Counters      *Counters
	Console       *console.Console // at /console/; nil: there is none
	Certificates  *tls.Config      // that the server answers with, whose names the console is known by; nil: plain HTTP
}

// Front answers both vendors' APIs, and the console. It is safe for concurrent use.
type Front struct {
	options         Options
	okta, sailpoint wire.Vendor
	table           *table
	rates           *windows // of Okta
	versions        *windows // of SailPoint
	failures        *windows // of logins, by address (R5)
	lines           *windows // of log and audit that strangers cause
	console         *consoleDoor
}

// What strangers can make the server write: so many lines a second, and of a path so
// many bytes. A flood of requests must not fill the disk.
const linesOfStrangers, shownBytes = 100, 500

// New puts the front before the vendors' APIs.
func New(okta, sailpoint wire.Vendor, options Options) *Front {
	const rate, sailPointRate, failures = 600, 100, 10
	if options.Rate == 0 {
		options.Rate = rate
	}
	if options.SailPointRate == 0 {
		options.SailPointRate = sailPointRate
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	f := &Front{
		options: options, okta: okta, sailpoint: sailpoint,
		rates:    newWindows(options.Rate, time.Minute),
		versions: newWindows(options.SailPointRate, 10*time.Second),
		failures: newWindows(failures, time.Minute),
		lines:    newWindows(linesOfStrangers, time.Second),
	}
	f.table = newTable(&f.okta, &f.sailpoint)
	if options.Console != nil {
		f.console = newConsoleDoor(f, options.Console)
	}
	return f
}

// exchange is one request on its way through the front.
type exchange struct {
	*Front
	http   *http.Request
	writer http.ResponseWriter
	vendor *wire.Vendor
	isOkta bool
	now    time.Time
	wire.Request
	used *usage // of the rate limit
	why  string // of a failure, for the log
}

// ServeHTTP answers a request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.console != nil && isConsole(r.URL.EscapedPath()) {
		f.console.ServeHTTP(w, r)
		return
	}
	begun := f.options.Now()
	x := &exchange{Front: f, http: r, writer: w, now: begun, Request: wire.Request{
		Peer: peerOf(r.RemoteAddr), Verb: r.Method, Path: r.URL.EscapedPath(), ID: newRequestID(), Time: begun, Header: r.Header,
	}}
	x.isOkta = !isSailPoint(x.Path)
	x.vendor = &f.sailpoint
	if x.isOkta {
		x.vendor = &f.okta
	}
	answer := x.answer()
	x.send(answer)
	f.options.Counters.count(x.family(), answer.Status, f.options.Now().Sub(begun), x.isChange())
	if x.Caller.Account == "" && f.lines.count("", f.options.Now()).over {
		f.options.Counters.leftOut()
		return
	}
	x.log(answer)
	if !answer.Audited && isWrite(r.Method) && answer.Status >= http.StatusBadRequest && answer.Status != http.StatusTooManyRequests {
		noted := x.Request
		noted.Path = x.shownPath()
		f.options.Audit.Write(&noted, answer)
	}
}

// shownPath is the path as log and audit have it.
func (x *exchange) shownPath() string {
	if len(x.Path) > shownBytes {
		return x.Path[:shownBytes] + "..."
	}
	return x.Path
}

func isWrite(verb string) bool {
	return verb != http.MethodGet && verb != http.MethodHead && verb != http.MethodOptions
}

// isChange says that a request of a caller was to change something.
func (x *exchange) isChange() bool { return isWrite(x.Verb) && x.Caller.Account != "" }

// answer takes a request through the front (H10).
func (x *exchange) answer() wire.Answer {
	var ok bool
	if x.Base, ok = x.base(); !ok {
		return x.fail(wire.MalformedBody, "the Host header is not a host")
	}
	if x.failures.look(x.address(), x.now).over {
		return x.tooMany(x.failures.look(x.address(), x.now), "too many failed logins from this address")
	}
	if isToken(x.Path) {
		if used := x.rate(); used.over {
			return x.tooMany(used, "")
		}
		return x.token()
	}
	route, params, allow := x.table.find(x.Verb, x.Path)
	if route == nil || !route.Public {
		if failed := x.authenticate(); failed != nil {
			return *failed
		}
	}
	if used := x.rate(); used.over {
		return x.tooMany(used, "")
	}
	switch {
	case route == nil && len(allow) == 0:
		return x.fail(wire.UnknownPath, "")
	case route == nil:
		answer := x.fail(wire.UnknownVerb, "")
		answer.Header = http.Header{"Allow": {strings.Join(allow, ", ")}}
		return answer
	case !callers.Has(x.Caller.Scopes, route.Scope): // a public one asks for none
		return x.fail(wire.MissingScope, "the caller does not have the scope "+route.Scope)
	case !accepts(x.http.Header):
		return x.fail(wire.NotAcceptable, "Accept does not admit application/json")
	}
	if route.Body != wire.NoBody {
		if want := mediaType(route.Body); !takes(x.http, want) {
			return x.fail(wire.UnsupportedMedia, "expected Content-Type: "+want)
		}
		var err error
		if x.Body, err = readBody(x.http, x.writer, route.Body); err != nil {
			failure := wire.MalformedBody
			if errors.Is(err, errTooLarge) {
				failure = wire.BodyTooLarge
			}
			return x.fail(failure, err.Error())
		}
	}
	x.Params, x.Query = params, wire.ParseQuery(x.http.URL.RawQuery)
	return route.Handle(&x.Request)
}

// fail words a failure in the vendor's way.
func (x *exchange) fail(failure wire.Failure, why string) wire.Answer {
	x.why = why
	return x.vendor.Fail(failure, why)
}

// base is the URL that links begin with (H7).
func (x *exchange) base() (string, bool) {
	if x.options.ExternalURL != "" {
		return x.options.ExternalURL, true
	}
	return x.called()
}

// called is the URL of the server as the client calls it.
func (x *exchange) called() (string, bool) {
	scheme := "http://"
	if x.http.TLS != nil {
		scheme = "https://"
	}
	return scheme + x.http.Host, isHost(x.http.Host)
}

var hosts = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`)

func isHost(text string) bool { return hosts.MatchString(text) }

// urls are the request's URL without its query, as links have it and as the client
// may have written it.
func (x *exchange) urls() []string {
	urls := []string{x.Base + x.Path}
	if called, ok := x.called(); ok {
		urls = append(urls, called+x.Path)
	}
	return urls
}

// send writes the answer with the headers that every answer has (H2, H3, R1).
func (x *exchange) send(answer wire.Answer) {
	header := x.writer.Header()
	for name, lines := range answer.Header {
		header[name] = lines
	}
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-cache, no-store")
	if x.isOkta {
		header.Set("Pragma", "no-cache")
		header.Set("Expires", "0")
		header.Set("X-Okta-Request-Id", x.ID)
		if x.used != nil && header.Get("X-Rate-Limit-Limit") == "" {
			header.Set("X-Rate-Limit-Limit", strconv.Itoa(x.used.limit))
			header.Set("X-Rate-Limit-Remaining", strconv.Itoa(x.used.remaining))
		}
		if x.used != nil {
			end := x.used.end.Add(time.Second - 1) // a reset that rounds down would come too early
			header.Set("X-Rate-Limit-Reset", strconv.FormatInt(end.Unix(), 10))
		}
	}
	if answer.Body != nil {
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	}
	x.writer.WriteHeader(answer.Status)
	_, _ = x.writer.Write(answer.Body) // a client that is gone misses nothing
}

// log writes the line of a request: never what it brought, which may be secret.
func (x *exchange) log(answer wire.Answer) {
	level := slog.LevelInfo
	attrs := []any{
		"request", x.ID, "caller", shown.Text(x.Caller.Name), "address", x.Peer.String(),
		"method", shown.Text(x.Verb), "path", shown.Text(x.shownPath()), "status", answer.Status,
	}
	if answer.Status >= http.StatusBadRequest {
		level = slog.LevelWarn
		why := x.why
		if why == "" {
			why = strings.Join(answer.Causes, "; ")
		}
		attrs = append(attrs, "why", shown.Lines(why), "error_id", answer.ErrorID)
	}
	for _, name := range []string{"X-Okta-Retry-Count", "X-Okta-Retry-For"} { // (H11)
		if text := x.http.Header.Get(name); text != "" {
			attrs = append(attrs, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "X-Okta-"), "-", "_")), shown.Text(text))
		}
	}
	x.options.Log.Log(x.http.Context(), level, "request", attrs...)
}

// newRequestID is 32 hexadecimal digits (H3).
func newRequestID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}

// CheckExternalURL says what is wrong with a URL that links are to begin with.
func CheckExternalURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Host) || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("--external-url %q: expected a URL of scheme and host, such as https://netwicket.example.com", text)
	}
	return nil
}
