package forwardauth

import (
	"log/slog"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/netset"
)

// notePseudo says once for each policy in force that a client has an address that
// no host has: nothing that is known of addresses is true of it.
func (s *Service) notePseudo(snapshot *Snapshot, name string, d *decide.Decision) {
	if !netset.PseudoIPv4(d.Client) || !snapshot.pseudo.CompareAndSwap(false, true) {
		return
	}
	attrs := snapshot.appendAddr(nil, "client_ip", d.Client)
	attrs = append(attrs, slog.String("policy", snapshot.info.Fingerprint))
	s.journal.write(slog.LevelWarn, "a client has an address of 240.0.0.0/4, which no host has; if Cloudflare's Pseudo IPv4 makes it of an IPv6 address, switch that off", name, attrs)
}
