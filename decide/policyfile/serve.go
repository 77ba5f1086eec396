package policyfile

import (
	"errors"
	"log/slog"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"time"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// UnixListen stands before the path of a Unix socket to listen on.
const UnixListen = "unix:"

// Serve is how the forward-auth service runs. [DefaultServe] is what an absent
// key means.
type Serve struct {
	Listen        string // host:port, or [UnixListen] and a path
	Metrics       string // the same; empty: on Listen
	GRPC          string // the same, for Envoy's ext_authz; empty: nowhere
	TLSCert       string // paths of PEM files; empty: no TLS
	TLSKey        string
	ProxyProtocol bool
	ReasonHeader  bool          // X-Netwicket-Reason in the answer
	AnswerHeaders []string      // of an allow: "client", "country", "asn", "zones"
	LogHeaders    []string      // canonical names of headers that log lines repeat
	Guard         []netip.Addr  // addresses that a reload must not deny
	MaxAge        time.Duration // of the geo databases; zero: any age
	Drain         time.Duration // between being told to end and closing
	LoadTimeout   time.Duration // that loading may take before it is given up; zero: as in DefaultServe
	LogLevel      slog.Level
	LogNetworks   bool // logged addresses are cut to their /24 or /48
}

// DefaultServe is the service of a policy file without serve.
func DefaultServe() Serve { return Serve{Listen: "127.0.0.1:9180", LoadTimeout: time.Minute} }

// serveReading is serve while its keys are read.
type serveReading struct {
	serve            Serve
	level, addresses string
}

// checkedServe is what was read, with what is wrong about the whole.
func (v *values) checkedServe(r *serveReading, node jsondoc.Node) *Serve {
	s := &r.serve
	if (s.TLSCert == "") != (s.TLSKey == "") {
		v.Found.Add(node.Finding("bad-value", errors.New("tlsCert and tlsKey go together; one of them is missing")))
	}
	if err := s.LogLevel.UnmarshalText([]byte(r.level)); err != nil {
		v.Fail(node, "bad-value", "logLevel: %w", err)
	}
	s.LogNetworks = r.addresses == "network"
	return s
}

// answerWords are what serve.answerHeaders may name.
func answerWords() []string { return []string{"client", "country", "asn", "zones"} }

func (v *values) answerHeaders(into *[]string) func(jsondoc.Node) {
	return v.each(func(node jsondoc.Node) {
		switch text := node.String(); {
		case !v.isText(node):
		case !slices.Contains(answerWords(), text):
			v.Fail(node, "bad-value", "%s", jsondoc.Expected(text, answerWords()...))
		default:
			*into = append(*into, text)
		}
	})
}

// maxLogHeaders is more than a log line has use for.
const maxLogHeaders = 16

// headerName is a token of HTTP.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// headers reads names of headers for the log. Those that hold what a client proves
// itself with have no place there.
func (v *values) headers(into *[]string) func(jsondoc.Node) {
	return v.each(func(node jsondoc.Node) {
		if !v.isText(node) {
			return
		}
		name := textproto.CanonicalMIMEHeaderKey(node.String())
		switch {
		case !headerName.MatchString(name):
			v.Fail(node, "bad-value", "expected the name of a header, such as X-Request-Id")
		case slices.Contains([]string{"Authorization", "Proxy-Authorization", "Cookie"}, name):
			v.Fail(node, "bad-value", "this header holds secrets of clients, which do not belong in a log")
		case len(*into) == maxLogHeaders:
			v.Fail(node, "bad-value", "at most %d headers can be logged", maxLogHeaders)
		default:
			*into = append(*into, name)
		}
	})
}
