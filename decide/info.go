package decide

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Info describes a policy: what went in and what came out.
type Info struct {
	Fingerprint  string // hash of the documents, databases and options, hexadecimal
	Data         []geo.Dataset
	Zones        int
	ActiveZones  int
	Rules        int
	Classes      int // sets of addresses that nothing in the policy tells apart
	Intervals4   int // of IPv4 addresses of one class
	Intervals6   int
	Decisions    int // different answers for a chain of one
	TableBytes4  int // size of the IPv4 part of the address table
	TableBytes6  int
	OverlayUntil time.Time // when the next overlay entry expires; zero: none does
	Warnings     Findings
}

// Info describes the policy. The zero value describes the zero Policy. The
// slices are the caller's own.
func (p *Policy) Info() Info {
	if p == nil {
		return Info{}
	}
	info := p.info
	info.Data = slices.Clone(info.Data)
	info.Warnings = slices.Clone(info.Warnings)
	return info
}

// describe fills the policy's own description.
func (c *compiler) describe() {
	info := &c.p.info
	info.Fingerprint = c.fingerprint()
	info.Data = c.config.Geo.Datasets()
	info.Zones = len(c.p.zones)
	for i := range c.p.zones {
		if c.p.zones[i].kind != inactiveZone {
			info.ActiveZones++
		}
	}
	for i := range c.config.Rules {
		info.Rules += len(c.config.Rules[i].Rules)
	}
	info.TableBytes4, info.TableBytes6 = c.p.table.Bytes()
	info.Warnings = c.warnings
}

// fingerprint hashes everything that a decision depends on. Each part is
// preceded by its kind and length, so that no two Configs run together.
func (c *compiler) fingerprint() string {
	h := sha256.New()
	for _, document := range c.config.Zones {
		hashPart(h, "zones", document.Text)
	}
	for _, document := range c.config.Rules {
		hashPart(h, "rules", document.Text)
	}
	if document := c.config.ThreatInsight; document != nil {
		hashPart(h, "threat", append([]byte{byte(document.Action)}, document.Text...))
	}
	for _, feed := range c.config.ThreatFeeds {
		hashPart(h, "feed", feed.Text)
	}
	if document := c.config.SailPoint; document != nil {
		hashPart(h, "sailpoint", document.Text)
	}
	if document := c.config.AuthProfile; document != nil {
		hashPart(h, "profile", document.Text)
	}
	hashPart(h, "unknown-country", []byte{byte(c.config.UnknownCountry)})
	if c.config.Geo != nil {
		sum := c.config.Geo.Fingerprint()
		hashPart(h, "geo", sum[:])
	}
	if document := c.config.Overlay; document != nil {
		hashPart(h, "overlay", document.Text)
		for _, list := range [][]zone.OverlayEntry{c.p.overlay.deny, c.p.overlay.allow} {
			hashPart(h, "in-force", binary.BigEndian.AppendUint64(nil, uint64(len(list))))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func hashPart(h hash.Hash, kind string, data []byte) {
	h.Write([]byte(kind))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
	h.Write(data)
}
