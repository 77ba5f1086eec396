package iptable

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// The steps come to what the edges say, and stop where they are said to: in IPv4 at a group
// of /24s of which one is divided, in IPv6 outside of pages and below /48s.
func TestSteps(t *testing.T) {
	var s edgeSet
	for k := range uint32(8) { // values of /19s, of /20s, of /24s
		s.add4(0x0a00_0000|k<<13, k)
		s.add4(0x0b01_0000|k<<12|1<<8, k+8)
		s.add4(0x0b03_c000|k<<8, k+16)
		s.add6(addrnum.Number{Hi: 0x2001<<48 | uint64(k)<<45}, k)            // /19s
		s.add6(addrnum.Number{Hi: 0x2002<<48 | uint64(k)<<32}, k+8)          // /32s
		s.add6(addrnum.Number{Hi: 0x2002<<48 | 1<<44 | uint64(k)<<24}, k+16) // /40s
		s.add6(addrnum.Number{Hi: 0x2002<<48 | 3<<44 | uint64(k)<<16}, k+24) // /48s
	}
	for k := range uint32(6) { // divided cells beside each other, of /32s, of /40s
		s.add6(addrnum.Number{Hi: 0x2002<<48 | 5<<44 | uint64(k)<<32 | 3<<24}, k+32)
		s.add6(addrnum.Number{Hi: 0x2002<<48 | 5<<44 | uint64(k)<<32 | 7<<24 | 1<<16}, k+40)
		s.add6(addrnum.Number{Hi: 0x2002<<48 | 5<<44 | uint64(k)<<32 | 8<<24 | 0x81<<16}, k+48)
	}
	s.range4(0x0c00_4007, 0x0c00_4007, 99)
	s.add4(0x0c00_8000, 77)
	s.add6(addrnum.Number{Hi: 0x2003<<48 | 7}, 99)
	s.add6(addrnum.Number{Hi: 0x2003<<48 | 8}, 77)
	dense, sparse := s.build(0), s.build(math.MaxInt)
	v4, v6 := s.oracles()
	f := dense.V4()
	for addr, deep := range map[string]bool{
		"10.0.0.1": false, "10.0.32.0": false, "10.0.255.255": false, "11.1.1.0": false, "11.1.17.9": false, "11.1.113.0": false, "11.3.192.0": false, "11.3.197.1": false, "11.3.199.255": false,
		"12.0.64.7": true, "12.0.127.1": true, "12.0.63.255": false, "12.0.128.0": false, "12.0.200.0": false, "0.0.0.0": false, "255.255.255.255": false, "9.255.255.255": false,
	} {
		n := number4(t, addr)
		index, ok := f.Index(f.Block(n), n)
		require.Equal(t, !deep, ok, addr)
		if ok {
			require.Equal(t, v4.at(addrnum.Number{Lo: uint64(n)}), f.Value(index), addr)
		}
	}
	for addr, deep := range map[string]bool{
		"2001::": false, "2001:2000::1": false, "2001:ffff::": false, "2002:1::": false, "2002:7:ffff::": false, "2002:1000:5::": false, "2002:1000:700:1::": false,
		"2002:3000:4::": false, "2002:3000:7:ffff::": false, "2002:5000:300::": false, "2002:5001:2ff:ffff::": false, "2002:5003:300::": false, "2002:5005:700::": false, "2002:5005:701:1::": false, "2002:5004:880::": false, "2002:5004:881::": false,
		"2002:5005:9ff:ffff::": false, "2003:0:0:7::": true, "2003:0:0:6::": true, "2003:0:1::": false, "::": false, "ffff::": false,
	} {
		n := number6(t, addr)
		at, ok := dense.V6().Top(n.Hi)
		if n.Hi>>48 < 0x2001 || n.Hi>>48 > 0x2003 {
			require.False(t, ok, addr)
			continue
		}
		require.True(t, ok, addr)
		at = dense.V6().Down(dense.V6().Down(at, n.Hi>>24), n.Hi>>16)
		index, ok := dense.V6().Index(at)
		require.Equal(t, !deep, ok, addr)
		if ok {
			require.Equal(t, v6.at(n), dense.V6().Value(index), addr)
		}
		_, ok = sparse.V6().Top(n.Hi)
		require.False(t, ok, addr)
	}
}
