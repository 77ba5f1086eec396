package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
)

// named is what gives a server its certificate, which is for some names.
func named(t *testing.T, names ...string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: names, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 80)}}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(text)
	require.NoError(t, err)
	return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key, Leaf: leaf}, nil
	}}
}

// TestNamesOfTheConsole: it answers to the address that was connected to, to localhost on
// a loopback address, to the names of its certificate over TLS, and to the external URL;
// a name that somebody makes stand for the address (DNS rebinding) gets nothing.
func TestNamesOfTheConsole(t *testing.T) {
	const here, elsewhere = http.StatusForbidden, http.StatusMisdirectedRequest // nobody is signed in
	certificates := named(t, "admin.example.com", "*.netwicket.example.com")
	for _, test := range []struct {
		name, external string
		certificates   *tls.Config
		local          net.Addr
		tls            bool
		want           map[string]int
	}{
		{"loopback", "", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9190}, false, map[string]int{
			"127.0.0.1:9190": here, "localhost:9190": here, "[::ffff:127.0.0.1]:9190": here, "127.0.0.1": elsewhere, "localhost": elsewhere, "127.0.0.1:9191": elsewhere, "a.example:9190": elsewhere}},
		{"the usual port", "", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, false, map[string]int{
			"127.0.0.1": here, "127.0.0.1:80": here, "localhost": here, "127.0.0.1:443": elsewhere, "": elsewhere, "[::1]": elsewhere}},
		{"the usual port of TLS", "", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}, true, map[string]int{
			"127.0.0.1": here, "127.0.0.1:443": here, "127.0.0.1:80": elsewhere}},
		{"the usual port of the other", "", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}, false, map[string]int{
			"127.0.0.1": elsewhere, "127.0.0.1:443": here}},
		{"IPv6", "", nil, &net.TCPAddr{IP: net.IPv6loopback, Port: 9190}, false, map[string]int{
			"[::1]:9190": here, "[0:0:0:0:0:0:0:1]:9190": here, "localhost:9190": here, "127.0.0.1:9190": elsewhere, "[::1]": elsewhere}},
		{"IPv6 at the usual port", "", nil, &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, false, map[string]int{"[::1]": here, "[::2]": elsewhere}},
		{"IPv4 in IPv6", "", nil, &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.80"), Port: 9190}, false, map[string]int{
			"192.0.2.80:9190": here, "localhost:9190": elsewhere, "192.0.2.81:9190": elsewhere}},
		{"a certificate", "", certificates, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, true, map[string]int{
			"admin.example.com": here, "ADMIN.example.com:1": here, "a.netwicket.example.com:9190": here, "192.0.2.80:9190": here, "other.example.com:9190": elsewhere, "a.b.netwicket.example.com": elsewhere, "": elsewhere}},
		{"a certificate, and plain HTTP", "", certificates, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, false, map[string]int{"admin.example.com": elsewhere}},
		{"no certificate", "", &tls.Config{}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, true, map[string]int{"admin.example.com": elsewhere}},
		{"a certificate that fails", "", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("gone") }},
			&net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, true, map[string]int{"admin.example.com": elsewhere}},
		{"no certificate for it", "", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }},
			&net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, true, map[string]int{"admin.example.com": elsewhere}},
		{"a certificate that nobody read", "", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }},
			&net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, true, map[string]int{"admin.example.com": elsewhere}},
		{"an external URL", "https://Netwicket.example.com:8443", nil, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 9190}, false, map[string]int{
			"netwicket.example.com:8443": here, "netwicket.example.com": elsewhere, "192.0.2.80:9190": here, "": elsewhere}},
		{"a socket of a file", "", nil, &net.UnixAddr{Name: "x"}, false, map[string]int{"x": elsewhere, "localhost": elsewhere}},
		{"a socket of a file, and an external URL", "https://netwicket.example.com", nil, &net.UnixAddr{Name: "x"}, false, map[string]int{"netwicket.example.com": here, "x": elsewhere}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := consoleFront(t, func(o *admin.Options) { o.ExternalURL, o.Certificates = test.external, test.certificates })
			v.local = test.local
			for host, want := range test.want {
				w := v.ask(http.MethodGet, "/console/ask", nil, func(r *http.Request) {
					r.Host, r.TLS = host, nil
					if test.tls {
						r.TLS = new(tls.ConnectionState)
					}
				})
				require.Equal(t, want, w.Code, "%q", host)
				if want == elsewhere {
					require.Equal(t, "the console does not answer for this host\n", w.Body.String())
				}
			}
		})
	}
}

// TestOriginOfTheConsole: who changes something says the origin that browsers know the
// site by: of the external URL only where the request is for its host.
func TestOriginOfTheConsole(t *testing.T) {
	for _, test := range []struct {
		external, host, origin string
		tls, secure            bool
	}{
		{"", "127.0.0.1:9190", "http://127.0.0.1:9190", false, false},
		{"", "LOCALHOST:9190", "http://localhost:9190", false, false},
		{"", "127.0.0.1:9190", "https://127.0.0.1:9190", true, true},
		{"https://NETWICKET.example.com", "Netwicket.EXAMPLE.com", "https://netwicket.example.com", false, true},
		{"http://netwicket.example.com", "netwicket.example.com", "http://netwicket.example.com", true, false},
		{"https://netwicket.example.com", "127.0.0.1:9190", "http://127.0.0.1:9190", false, false},
	} {
		v := consoleFront(t, func(o *admin.Options) { o.ExternalURL = test.external })
		ask := func(origin string) int {
			return v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {"look"}}, func(r *http.Request) {
				r.Host, r.TLS = test.host, nil
				if test.tls {
					r.TLS = new(tls.ConnectionState)
				}
				r.Header.Set("Origin", origin)
			}).Code
		}
		require.Equal(t, http.StatusSeeOther, ask(test.origin), test)
		require.Equal(t, test.secure, v.cookie.Secure, test)
		require.Equal(t, "netwicket-console-9190", v.cookie.Name, "browsers tell no ports apart")
		other := map[bool]string{true: "http://", false: "https://"}[strings.HasPrefix(test.origin, "https://")] + strings.SplitN(test.origin, "://", 2)[1]
		require.Equal(t, http.StatusForbidden, ask(other), test)
	}
	v := consoleFront(t, func(o *admin.Options) { o.ExternalURL = "http://127.0.0.1:9190" })
	v.local = &net.UnixAddr{Name: "x"}
	v.signIn("look", "")
	require.Equal(t, "netwicket-console", v.cookie.Name)
}

// TestWaysIntoTheConsole: where the door leads, and what it says to whom.
func TestWaysIntoTheConsole(t *testing.T) {
	v := consoleFront(t)
	lead := func(method, path string) (int, string) {
		w := v.ask(method, path, nil)
		return w.Code, w.Header().Get("Location")
	}
	for _, signedIn := range []bool{false, true} {
		for path, want := range map[string]string{"/console": "/console/", "/console/sign-in": "/console/"} {
			code, to := lead(http.MethodGet, path)
			require.Equal(t, http.StatusSeeOther, code, path)
			require.Equal(t, want, to, path)
		}
		for _, path := range []string{"/console/sign-in", "/console/sign-out"} {
			for _, method := range []string{http.MethodPut, http.MethodHead} {
				w := v.ask(method, path, nil)
				require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, path)
				require.Equal(t, "POST", w.Header().Get("Allow"))
			}
		}
		require.Equal(t, http.StatusMethodNotAllowed, v.get("/console/sign-out"))
		if !signedIn {
			for _, path := range []string{"/console/ask/more", "/console//", "/console/a/assets/b"} { // pages stand side by side
				code, to := lead(http.MethodGet, path)
				require.Equal(t, http.StatusSeeOther, code, path)
				require.Equal(t, "/console/", to, path)
			}
			w := v.ask(http.MethodGet, "/console/ask?q=1", nil)
			require.Contains(t, w.Body.String(), `name="next" value="ask?q=1"`)
			w = v.ask(http.MethodPost, "/console/ask?q=1", nil)
			require.Equal(t, http.StatusForbidden, w.Code)
			require.NotContains(t, w.Body.String(), `ask?q=1`, "nobody is led to what only a form may ask")
			v.signIn("look", "")
		}
	}
	code, to := lead(http.MethodGet, "/console/ask/more")
	require.Equal(t, http.StatusNotFound, code)
	require.Empty(t, to)

	v = consoleFront(t)
	for token, say := range map[string]string{"nobody": "This is no live token.", "away": "This caller may not ask from this address."} {
		w := v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {token}, "next": {"map?x=1"}})
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Contains(t, w.Body.String(), say)
		require.Contains(t, w.Body.String(), `name="next" value="map?x=1"`)
	}
	require.Equal(t, 1.0, value(t, v.desk.counters, "netwicket_admin_refused_logins_total", nil), "who is known failed no login")
	before := len(v.desk.log.String())
	w := v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {strings.Repeat("a", 17<<10)}})
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, "the form cannot be read\n", w.Body.String())
	require.Contains(t, v.desk.log.String()[before:], `"level":"WARN"`)
	require.Contains(t, v.desk.log.String()[:before], `"why":"the caller may not ask from this address"`)
	require.Contains(t, v.desk.log.String()[:before], `"why":"what Authorization says is not a live token"`)
	require.Contains(t, v.desk.log.String()[before:], `"why":"the form cannot be read"`)
	for length, want := range map[int]int{16<<10 - 6: http.StatusForbidden, 16<<10 - 5: http.StatusBadRequest} { // "token=" is six
		require.Equal(t, want, v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {strings.Repeat("a", length)}}).Code)
	}
}

// TestConsoleIsBusy: failed logins and floods are told to come back, and when.
func TestConsoleIsBusy(t *testing.T) {
	v := consoleFront(t)
	for range 10 {
		v.signIn("nobody", "")
	}
	script := func(r *http.Request) { r.Header.Set("X-Part", "answer") }
	for after, want := range map[time.Duration]string{0: "60", time.Nanosecond: "60", time.Second: "59"} {
		v.desk.pass(after)
		w := v.ask(http.MethodGet, "/console/ask", nil)
		require.Equal(t, http.StatusTooManyRequests, w.Code)
		require.Contains(t, w.Body.String(), "Too many failed attempts")
		require.Contains(t, []string{want, "60", "59", "58"}, w.Header().Get("Retry-After"))
		require.Equal(t, "Too many failed attempts from this address. Try again in a minute.\n", v.ask(http.MethodGet, "/console/ask", nil, script).Body.String())
	}
	v.desk.pass(time.Minute - time.Second - 2*time.Nanosecond)
	require.Equal(t, "1", v.ask(http.MethodGet, "/console/ask", nil).Header().Get("Retry-After"))
	require.Contains(t, v.desk.log.String(), `"why":"too many failed logins from this address"`)

	v = consoleFront(t)
	v.signIn("look", "")
	look := v.cookie
	for range 5999 {
		require.Equal(t, http.StatusSeeOther, v.get("/console"))
	}
	require.Equal(t, http.StatusSeeOther, v.get("/console"))
	w := v.ask(http.MethodGet, "/console", nil)
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Equal(t, "60", w.Header().Get("Retry-After"))
	require.Contains(t, w.Body.String(), "Too many requests.")
	require.Empty(t, w.Header().Get("Location"))
	require.Contains(t, v.desk.log.String(), `"why":"too many requests"`)
	v.cookie = nil
	require.Equal(t, http.StatusSeeOther, v.get("/console"), "an address is counted by itself")
	v.signIn("all", "")
	require.Equal(t, http.StatusSeeOther, v.get("/console"), "and so is each caller")
	v.cookie = look
	v.desk.pass(time.Minute)
	require.Equal(t, http.StatusSeeOther, v.get("/console"))
}

// TestLogOfTheConsole: a line for each request of callers, so many a second of strangers,
// with who, where, how it ended and why; and the console counts as a family of its own.
func TestLogOfTheConsole(t *testing.T) {
	v := consoleFront(t)
	v.signIn("zones", "")
	require.Zero(t, v.cookie.MaxAge, "it lasts as long as the browser runs")
	require.Contains(t, v.desk.log.String(), `"caller":"zones"`, "who signed in is in the line of it")
	line := func(method, path string) string {
		t.Helper()
		before := len(v.desk.log.String())
		v.ask(method, path, nil)
		return v.desk.log.String()[before:]
	}
	said := line(http.MethodGet, "/console/ask?q=secret")
	for _, part := range []string{`"level":"WARN"`, `"caller":"zones"`, `"address":"192.0.2.1"`, `"method":"GET"`, `"path":"/console/ask"`, `"status":403`,
		`"why":"the caller does not have the scopes okta.threatInsights.read, okta.policies.read, sp:auth-org:read, sp:auth-profile:read"`} {
		require.Contains(t, said, part)
	}
	require.Regexp(t, `"request":"[0-9a-f]{32}"`, said)
	said = line(http.MethodGet, "/console/assets/console.css")
	for _, part := range []string{`"level":"INFO"`, `"status":200`} {
		require.Contains(t, said, part)
	}
	require.NotContains(t, said, `"why"`)
	require.Contains(t, line(http.MethodGet, "/console/"+strings.Repeat("a", 600)), `"path":"/console/`+strings.Repeat("a", 500-len("/console/"))+`"`)
	require.Contains(t, line(http.MethodPut, "/console/sign-in"), `"why":"expected POST"`)
	for status, want := range map[string]float64{"2xx": 1, "3xx": 1, "4xx": 3} {
		require.Equal(t, want, value(t, v.desk.counters, "netwicket_admin_requests_total", map[string]string{"family": "console", "status": status}), status)
	}
	require.Equal(t, 5.0, value(t, v.desk.counters, "netwicket_admin_request_seconds", map[string]string{"family": "console"}))
	require.Zero(t, value(t, v.desk.counters, "netwicket_admin_refused_writes_total", map[string]string{"family": "console"}), "its saves are counted where they are made")

	v.cookie = nil
	require.Contains(t, line(http.MethodGet, "/console/ask"), `"why":"nobody is signed in"`)
	v.cookie = &http.Cookie{Name: "netwicket-console-9190", Value: "none"}
	require.Contains(t, line(http.MethodGet, "/console/ask"), `"why":"nobody is signed in"`, "nor by a session that there never was")
	v.cookie = nil
	v.signIn("look", "")
	v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":["okta.networkZones.read"],"networks":["198.51.100.0/24"]}],"clients":[]}`, hash("look")))
	require.Contains(t, line(http.MethodGet, "/console/ask"), `"why":"the caller may not ask from this address"`)
	v.callers(fmt.Sprintf(lookers, hash("all"), hash("look"), hash("zones"), hash("away")))
	v.cookie = nil
	v.desk.pass(time.Second)
	before := strings.Count(v.desk.log.String(), "\n")
	for range 150 {
		v.get("/console")
	}
	require.Equal(t, before+100, strings.Count(v.desk.log.String(), "\n"))
	require.Equal(t, 50.0, value(t, v.desk.counters, "netwicket_admin_log_lines_dropped_total", nil))
	v.signIn("look", "")
	v.get("/console")
	require.Greater(t, strings.Count(v.desk.log.String(), "\n"), before+100, "callers' lines are written all the same")
}
