package admin

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
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

// tooMany is the answer to a request beyond a limit. Okta's has one Reset header
// and no Retry-After, since its SDKs refuse to wait where there are two (R2);
// SailPoint's has Retry-After (R4).
func (x *exchange) tooMany(used usage, why string) wire.Answer {
	x.used = &used
	answer := x.fail(wire.TooManyRequests, why)
	if !x.isOkta {
		wait := used.end.Sub(x.now)
		answer.Header = http.Header{"Retry-After": {strconv.Itoa(int((wait + time.Second - 1) / time.Second))}}
	}
	return answer
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

// The endpoints that issue tokens (A4, A8).
const oktaTokens, sailPointTokens = "/oauth2/v1/token", "/oauth/token"

func isToken(path string) bool { return path == oktaTokens || path == sailPointTokens }

// token answers the endpoints that issue tokens.
func (x *exchange) token() wire.Answer {
	if x.Verb != http.MethodPost {
		answer := x.fail(wire.UnknownVerb, "")
		answer.Header = http.Header{"Allow": {http.MethodPost}}
		return answer
	}
	var issued callers.Issued
	if x.Path == oktaTokens {
		issued = x.options.Callers.OktaToken(x.http, x.Peer, x.urls()...)
	} else {
		issued = x.options.Callers.SailPointToken(x.http, x.Peer)
	}
	x.Caller.Name = issued.Caller
	switch {
	case issued.Failed:
		x.failed()
	case issued.Answer.Status == http.StatusOK:
		settle(x.http, time.Now()) // the clock of deadlines
	}
	issued.Answer.Audited = true // it is no write
	return issued.Answer
}

// authenticate finds the caller; nil: it is one.
func (x *exchange) authenticate() *wire.Answer {
	caller, err := x.options.Callers.Authenticate(x.http, x.Peer, x.urls()...)
	x.Caller = caller
	var answer wire.Answer
	switch {
	case err == nil:
		settle(x.http, time.Now()) // the clock of deadlines
		return nil
	case errors.Is(err, callers.ErrNone):
		answer = x.fail(wire.NoCredentials, "")
	case errors.Is(err, callers.ErrOutside):
		x.rate() // for the headers: the caller is known (R1)
		answer = x.fail(wire.OutsideNetworks, "")
	default:
		x.failed()
		answer = x.fail(wire.BadCredentials, "")
	}
	x.why = err.Error()
	return &answer
}

// failed counts a failed login (R5).
func (x *exchange) failed() {
	x.failures.count(x.address(), x.now)
	x.options.Counters.refusedLogin()
}

func (x *exchange) address() string { return addressOf(x.Peer) }

// addressOf is what failed logins are counted by: of IPv6 the /64, since whoever has
// one address there has them all.
func addressOf(peer netip.Addr) string {
	if peer.Is6() {
		network, _ := peer.Prefix(64)
		return network.String()
	}
	return peer.String()
}

// rate counts a request for its limit (R1, R4). Whoever is no caller, yet or at all,
// is counted by the address.
func (x *exchange) rate() usage {
	who := x.Caller.Account
	if who == "" {
		who = "address " + x.address()
	}
	var used usage
	if x.isOkta {
		used = x.rates.count(who+"\x00"+x.family(), x.now)
	} else {
		used = x.versions.count(who+"\x00"+version(x.Path), x.now)
	}
	x.used = &used
	return used
}

// family is what a request counts for.
func (x *exchange) family() string {
	if !x.isOkta {
		return "sailpoint"
	}
	rest, _ := strings.CutPrefix(x.Path, "/api/v1/")
	switch name, _, _ := strings.Cut(rest, "/"); name {
	case "zones", "policies", "threats", "users":
		return name
	}
	return "other"
}

// isSailPoint says that a path is one of SailPoint's API.
func isSailPoint(path string) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "oauth":
		return rest == "token"
	case "auth-org", "auth-profiles":
		return true
	case "v3", "v2024", "v2025", "v2026", "beta":
		second, _, _ := strings.Cut(rest, "/")
		return second == "auth-org" || second == "auth-profiles"
	}
	return false
}

// version is the version of SailPoint's API that a path belongs to (R4).
func version(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if strings.HasPrefix(first, "auth-") {
		return "v1"
	}
	return first
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

// peerOf is the address that a connection comes from; the zero Addr if it has none.
func peerOf(remote string) netip.Addr {
	host, _, _ := net.SplitHostPort(remote) // of what is none, no address comes
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
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
