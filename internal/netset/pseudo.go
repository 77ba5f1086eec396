package netset

import "net/netip"

// PseudoIPv4 says that an address is in 240.0.0.0/4, which no host of the internet
// has. Cloudflare's Pseudo IPv4 gives such addresses to clients with IPv6, made of
// a hash of their network; with "Overwrite Headers" they stand in CF-Connecting-IP
// and X-Forwarded-For. See https://developers.cloudflare.com/network/pseudo-ipv4/.
func PseudoIPv4(addr netip.Addr) bool {
	return addr.Is4() && addr.As4()[0] >= 240 && addr != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
