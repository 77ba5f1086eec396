package admin

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/internal/shown"
)

// Where the console is, and what its door answers itself.
const (
	consolePath   = "/console/"
	signInPath    = consolePath + "sign-in"
	signOutPath   = consolePath + "sign-out"
	consoleFamily = "console"
)

// consoleRate is how many requests a minute a caller's browser may make: it asks as one
// types, and for the tiles of a map.
const consoleRate = 6000

// maxSignIn bounds the form that is signed in with.
const maxSignIn = 16 << 10

// consoleDoor stands in front of the console: callers sign in with a token, and are known
// by a cookie from then on, which other sites cannot have the browser send. Whether they
// are still callers, and may look, is asked at each request.
type consoleDoor struct {
	front    *Front
	pages    *console.Console
	site     http.Handler
	external *url.URL // without a host: there is none
	sessions sessions
	rates    *windows
}

func newConsoleDoor(front *Front, pages *console.Console) *consoleDoor {
	external, _ := url.Parse(front.options.ExternalURL) // what is wrong with it, CheckExternalURL has said
	return &consoleDoor{front: front, pages: pages, site: pages.Handler(), external: cmp.Or(external, new(url.URL)), rates: newWindows(consoleRate, time.Minute)}
}

// isConsole says that a path is one of the console, as it was sent: no other way to write
// it leads there.
func isConsole(escaped string) bool {
	return escaped == strings.TrimSuffix(consolePath, "/") || strings.HasPrefix(escaped, consolePath)
}

// visit is one request to the console.
type visit struct {
	*consoleDoor
	http   *http.Request
	writer *statusWriter
	now    time.Time
	peer   netip.Addr
	origin string // of the site, as browsers know it
	caller wire.Caller
	why    string // of a refusal, for the log
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets deadlines be set.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// ServeHTTP answers a request, and notes it as the front notes those to the vendors' APIs.
func (d *consoleDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := d.front.options.Now()
	v := &visit{consoleDoor: d, http: r, writer: &statusWriter{ResponseWriter: w}, now: begun, peer: peerOf(r.RemoteAddr)}
	console.WithHeaders(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { v.answer() })).ServeHTTP(v.writer, r)
	status := cmp.Or(v.writer.status, http.StatusOK)
	d.front.options.Counters.count(consoleFamily, status, d.front.options.Now().Sub(begun), false)
	if v.caller.Account == "" && d.front.lines.count("", begun).over {
		d.front.options.Counters.leftOut()
		return
	}
	level, attrs := slog.LevelInfo, []any{
		"request", newRequestID(), "caller", shown.Text(v.caller.Name), "address", v.peer.String(), "method", shown.Text(r.Method),
		"path", shown.Text(r.URL.EscapedPath()[:min(len(r.URL.EscapedPath()), shownBytes)]), "status", status,
	}
	if status >= http.StatusBadRequest {
		level, attrs = slog.LevelWarn, append(attrs, "why", shown.Lines(v.why))
	}
	d.front.options.Log.Log(r.Context(), level, "request", attrs...)
}

// answer takes a request to the console through its door.
func (v *visit) answer() {
	r := v.http
	if !v.isHere() {
		v.refuse(http.StatusMisdirectedRequest, "the console does not answer for this host")
		return
	}
	v.origin = v.originOf()
	if used := v.front.failures.look(addressOf(v.peer), v.now); used.over {
		v.why = "too many failed logins from this address"
		v.tooMany(used, "busy")
		return
	}
	v.known()
	if used := v.rates.count(cmp.Or(v.caller.Account, "address "+addressOf(v.peer)), v.now); used.over {
		v.why = "too many requests"
		v.tooMany(used, "often")
		return
	}
	switch path := r.URL.EscapedPath(); {
	case path+"/" == consolePath:
		v.lead(consolePath)
	case strings.Contains(strings.TrimPrefix(path, consolePath), "/") && v.caller.Account == "" && !strings.HasPrefix(path, consolePath+"assets/"):
		v.lead(consolePath) // pages stand side by side
	case path == signInPath || path == signOutPath:
		v.sign(path)
	case v.caller.Account == "" && !strings.HasPrefix(path, consolePath+"assets/"):
		v.why = cmp.Or(v.why, "nobody is signed in")
		v.pages.AskForToken(v.writer, v.below(), http.StatusForbidden, console.SignIn{Next: v.next()})
	default:
		v.show()
	}
}

// show answers with the site, if the caller may read all that it shows.
func (v *visit) show() {
	below := v.below()
	if strings.HasPrefix(below.URL.Path, "/assets/") { // for whoever sees a page of the door
		v.site.ServeHTTP(v.writer, below)
		return
	}
	if missing := without(v.caller, scopesToLook()); len(missing) > 0 {
		v.why = "the caller does not have the scopes " + strings.Join(missing, ", ")
		v.pages.Refuse(v.writer, below, missing)
		return
	}
	v.site.ServeHTTP(v.writer, below.WithContext(console.WithVisitor(below.Context(), console.Visitor{
		Name: cmp.Or(v.caller.Name, v.caller.Account), Account: v.caller.Account, Origin: v.origin, SignsOut: true, MayChange: len(without(v.caller, callers.Scopes())) == 0,
	})))
}

// below is the request as the site knows it.
func (v *visit) below() *http.Request {
	r := v.http.Clone(v.http.Context())
	r.URL.Path = "/" + strings.TrimPrefix(r.URL.Path, consolePath) // where it was written in another way, no page is
	return r
}

// next is where somebody wanted to go who is not signed in.
func (v *visit) next() string {
	if v.http.Method != http.MethodGet {
		return ""
	}
	return strings.TrimPrefix(v.http.URL.RequestURI(), consolePath)
}

// known finds the caller of the session.
func (v *visit) known() {
	for _, cookie := range v.http.CookiesNamed(v.cookieName()) {
		of, open := v.sessions.use(cookie.Value, v.now)
		if !open {
			continue
		}
		caller, err := v.front.options.Callers.Holder(of, v.peer)
		if err == nil {
			v.caller = caller
			settle(v.http, time.Now()) // the clock of deadlines
			return
		}
		v.why = err.Error()
		if errors.Is(err, callers.ErrBad) { // the caller is out, or the token has ended
			v.sessions.end(cookie.Value)
		}
	}
}

// sign signs a caller in or out. Neither is done for another site.
func (v *visit) sign(path string) {
	r := v.http
	switch {
	case r.Method == http.MethodGet && path == signInPath: // the page was loaded again
		v.lead(consolePath)
	case r.Method != http.MethodPost:
		v.writer.Header().Set("Allow", http.MethodPost)
		v.refuse(http.StatusMethodNotAllowed, "expected POST")
	case !console.SameOrigin(r, v.origin):
		v.refuse(http.StatusForbidden, "asked for by another site")
	case path == signOutPath:
		v.forget()
		v.lead(consolePath)
	default:
		v.signIn()
	}
}

func (v *visit) signIn() {
	r := v.http
	r.Body = http.MaxBytesReader(v.writer, r.Body, maxSignIn)
	if err := r.ParseForm(); err != nil {
		v.refuse(http.StatusBadRequest, "the form cannot be read")
		return
	}
	next := console.PageOf(r.PostForm.Get("next"))
	of := callers.CredentialOf(r.PostForm.Get("token"))
	caller, err := v.front.options.Callers.Holder(of, v.peer)
	switch {
	case errors.Is(err, callers.ErrOutside):
		v.why = err.Error()
		v.pages.AskForToken(v.writer, v.below(), http.StatusForbidden, console.SignIn{Next: next, Problem: "outside"})
	case err != nil:
		v.why = err.Error()
		v.front.failures.count(addressOf(v.peer), v.now)
		v.front.options.Counters.refusedLogin()
		v.pages.AskForToken(v.writer, v.below(), http.StatusForbidden, console.SignIn{Next: next, Problem: "bad"})
	default:
		v.forget() // a session is of one caller
		v.caller = caller
		settle(r, time.Now()) // the clock of deadlines
		v.setCookie(v.sessions.begin(of, v.now), 0)
		v.lead(consolePath + next)
	}
}

// forget ends the session of the browser.
func (v *visit) forget() {
	for _, cookie := range v.http.CookiesNamed(v.cookieName()) {
		v.sessions.end(cookie.Value)
	}
	v.setCookie("", -1)
}

func (v *visit) setCookie(secret string, age int) {
	v.writer.Header().Del("Set-Cookie")
	http.SetCookie(v.writer, &http.Cookie{
		Name: v.cookieName(), Value: secret, Path: consolePath, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(v.origin, "https://"),
	})
}

// cookieName tells servers of one host apart, since browsers tell no ports apart.
func (v *visit) cookieName() string {
	if local, ok := v.http.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return fmt.Sprintf("netwicket-console-%d", local.Port)
	}
	return "netwicket-console"
}

func (v *visit) lead(to string) {
	v.writer.Header().Set("Location", to)
	v.writer.WriteHeader(http.StatusSeeOther)
}

func (v *visit) refuse(status int, why string) {
	v.why = why
	http.Error(v.writer, why, status)
}

func (v *visit) tooMany(used usage, problem string) {
	wait := used.end.Sub(v.now)
	v.writer.Header().Set("Retry-After", fmt.Sprint(int((wait+time.Second-1)/time.Second)))
	v.pages.AskForToken(v.writer, v.below(), http.StatusTooManyRequests, console.SignIn{Problem: problem})
}

// isHere says that a request is for this server, by a name that only its owner can give
// it: that of the external URL, one that the certificate has, or the address that was
// connected to. A name that somebody makes stand for this address is none of them (DNS
// rebinding).
func (v *visit) isHere() bool {
	r := v.http
	if v.external.Host != "" && strings.EqualFold(v.external.Host, r.Host) {
		return true
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.Trim(r.Host, "[]"), ""
	}
	if r.TLS != nil && covers(v.front.options.Certificates, host) {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return false
	}
	usual := map[bool]int{false: 80, true: 443}[r.TLS != nil]
	if port != fmt.Sprint(local.Port) && (port != "" || local.Port != usual) {
		return false
	}
	addr, err := netip.ParseAddr(host)
	at := local.AddrPort().Addr().Unmap()
	return err == nil && addr.Unmap() == at || at.IsLoopback() && strings.EqualFold(host, "localhost")
}

// covers says that the certificate in force is for a name.
func covers(certificates *tls.Config, host string) bool {
	if certificates == nil || certificates.GetCertificate == nil {
		return false
	}
	certificate, _ := certificates.GetCertificate(&tls.ClientHelloInfo{ServerName: host}) // where it fails there is none
	return certificate != nil && certificate.Leaf != nil && certificate.Leaf.VerifyHostname(host) == nil
}

// originOf is the origin of the site as browsers know it: where a proxy stands before it,
// that of the external URL.
func (v *visit) originOf() string {
	if strings.EqualFold(v.external.Host, v.http.Host) { // a request for no host is not answered
		return strings.ToLower(v.front.options.ExternalURL)
	}
	if v.http.TLS != nil {
		return "https://" + strings.ToLower(v.http.Host)
	}
	return "http://" + strings.ToLower(v.http.Host)
}

// scopesToLook are those of all documents: the console shows every one, and decides by
// them all. To change one takes every scope there is: it may be any, the policy file
// among them.
func scopesToLook() []string {
	return slices.DeleteFunc(callers.Scopes(), func(scope string) bool { return !strings.HasSuffix(scope, "read") })
}

// without are the scopes that a caller does not have.
func without(caller wire.Caller, scopes []string) []string {
	return slices.DeleteFunc(scopes, func(scope string) bool { return callers.Has(caller.Scopes, scope) })
}
