package main

import (
	"fmt"
	"io"
	"net/netip"

	"github.com/netwicket/netwicket/internal/netset"
)

// pseudoNote warns once of clients whose address is made up: what is decided about
// them is decided about nobody's address.
type pseudoNote struct {
	out  io.Writer
	said bool
}

func (n *pseudoNote) about(client netip.Addr) {
	if n.said || !netset.PseudoIPv4(client) {
		return
	}
	n.said = true
	fmt.Fprintf(n.out, "netwicket: warning: %s is an address that no host has (240.0.0.0/4); if Cloudflare's Pseudo IPv4 made it of an IPv6 address, switch that off [pseudo-ipv4]\n", client)
}
