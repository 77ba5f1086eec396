package main

import (
	"crypto/tls"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// server is a listener that is open, for HTTP or for gRPC.
type server interface {
	Text() string // where it listens, as the policy file writes it
	Serve() error
	Shutdown() error
}

// listen opens the listeners for proxies, and behind them that for the status if it is
// another. What is open is closed again if one cannot be opened.
func (s *service) listen(certificate *doorway.Certificate) ([]server, error) {
	var secured *tls.Config
	if certificate != nil {
		secured = certificate.Config()
	}
	own := s.settings.Metrics != ""
	var servers []server
	var texts [3]string
	for i, one := range [len(texts)]struct {
		address string
		open    func(address string) (server, error)
	}{
		{s.settings.Listen, func(address string) (server, error) {
			return s.Listen(forwardauth.Listener{Address: address, Handler: s.Handler(!own), TLS: secured, ProxyProtocol: s.settings.ProxyProtocol})
		}},
		{s.settings.GRPC, func(address string) (server, error) { return extauthz.Listen(s.Service, address, secured) }},
		{s.settings.Metrics, func(address string) (server, error) {
			return s.Listen(forwardauth.Listener{Address: address, Handler: s.Status(), Profiles: s.flags.pprof})
		}},
	} {
		if one.address == "" {
			continue
		}
		opened, err := one.open(one.address)
		if err != nil {
			for _, open := range servers {
				_ = open.Shutdown() // nothing was served yet
			}
			return nil, err
		}
		servers, texts[i] = append(servers, opened), opened.Text()
	}
	attrs := []any{"address", texts[0], "tls", certificate != nil, "proxy_protocol", s.settings.ProxyProtocol}
	if texts[1] != "" {
		attrs = append(attrs, "grpc", texts[1])
	}
	if own {
		attrs = append(attrs, "metrics", texts[2])
	}
	s.journal.Logger().Info("serving", attrs...)
	return servers, nil
}
