package policyfile

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Serve is how the forward-auth service runs. [DefaultServe] is what an absent
// key means.
type Serve struct {
	Listen        string // host:port
	Metrics       string // host:port; empty: on Listen
	TLSCert       string // paths of PEM files; empty: no TLS
	TLSKey        string
	ProxyProtocol bool
	ReasonHeader  bool          // X-Netwicket-Reason in the answer
	Guard         []netip.Addr  // addresses that a reload must not deny
	MaxAge        time.Duration // of the geo databases; zero: any age
	LogLevel      slog.Level
	LogNetworks   bool // logged addresses are cut to their /24 or /48
}

// DefaultServe is the service of a policy file without serve.
func DefaultServe() Serve { return Serve{Listen: "127.0.0.1:9180"} }

func (v *values) serve(node jsondoc.Node) *Serve {
	s := DefaultServe()
	level, addresses := "info", "full"
	v.object(node, keys{
		"listen":        v.listen(&s.Listen, false),
		"metrics":       v.listen(&s.Metrics, true),
		"tlsCert":       v.optionalPath(&s.TLSCert),
		"tlsKey":        v.optionalPath(&s.TLSKey),
		"proxyProtocol": v.flag(&s.ProxyProtocol),
		"reasonHeader":  v.flag(&s.ReasonHeader),
		"guard":         v.each(v.address(&s.Guard)),
		"maxAge":        v.age(&s.MaxAge),
		"logLevel":      v.choice(&level, "debug", "info", "warn", "error"),
		"logAddresses":  v.choice(&addresses, "full", "network"),
	})
	if (s.TLSCert == "") != (s.TLSKey == "") {
		v.findings = append(v.findings, node.Finding("bad-value", errors.New("tlsCert and tlsKey go together; one of them is missing")))
	}
	if err := s.LogLevel.UnmarshalText([]byte(level)); err != nil {
		v.fail(node, "bad-value", "logLevel: %w", err)
	}
	s.LogNetworks = addresses == "network"
	return &s
}
