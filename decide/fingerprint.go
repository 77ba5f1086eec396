package decide

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// fingerprint hashes everything that a decision or a membership says and depends
// on: the models, whether they were parsed or made in code, the content of the
// databases, the options, and which overlay entries have expired. White space,
// positions and the names of files do not count.
//
// Every text and list is preceded by its length and every document by whether it
// is there, so that no two Configs run together.
// See docs/semantics.md, policy-4.
func fingerprint(config *Config) string {
	sum := sha256.New()
	h := &hasher{out: bufio.NewWriterSize(sum, 1<<15)}
	h.count(len(config.Zones))
	for i := range config.Zones {
		each(h, config.Zones[i].Zones, h.zone)
	}
	h.count(len(config.Rules))
	for i := range config.Rules {
		each(h, config.Rules[i].Rules, h.rule)
	}
	if h.given(config.ThreatInsight != nil) {
		h.number(uint64(config.ThreatInsight.Action))
		each(h, config.ThreatInsight.ExcludeZones, h.zoneID)
	}
	h.count(len(config.ThreatFeeds))
	for i := range config.ThreatFeeds {
		each(h, config.ThreatFeeds[i].Entries, h.entry)
	}
	if document := config.SailPoint; h.given(document != nil) {
		each(h, document.Range, h.entry)
		each(h, document.Geolocation, func(country *zone.Term[string]) { h.text(country.Value) })
		h.flags(document.Allowlist)
	}
	if profile := config.AuthProfile; h.given(profile != nil) {
		h.flags(profile.OffNetwork, profile.UntrustedGeography)
	}
	h.number(uint64(config.UnknownCountry))
	h.table(config.Geo)
	h.number(uint64(config.AssumeNone))
	if document := config.Overlay; h.given(document != nil) {
		h.overlay(document, config.Now)
	}
	_ = h.out.Flush() // a hash takes everything
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// hasher writes values so that what was written can be told from the bytes.
type hasher struct {
	out   *bufio.Writer
	space [64]byte
}

// write hands bytes on. Neither the buffer nor the hash behind it ever fails.
func (h *hasher) write(data []byte) { _, _ = h.out.Write(data) }

func (h *hasher) number(n uint64) { h.write(binary.BigEndian.AppendUint64(h.space[:0], n)) }

func (h *hasher) count(n int) { h.number(uint64(n)) }

func (h *hasher) text(text string) {
	h.count(len(text))
	_, _ = h.out.WriteString(text)
}

func (h *hasher) flags(flags ...bool) {
	for _, flag := range flags {
		bit := byte(0)
		if flag {
			bit = 1
		}
		_ = h.out.WriteByte(bit)
	}
}

// given writes whether a document is there, and says so.
func (h *hasher) given(there bool) bool {
	h.flags(there)
	return there
}

func each[T any](h *hasher, list []T, write func(*T)) {
	h.count(len(list))
	for i := range list {
		write(&list[i])
	}
}

// network takes no IPv6 zone: a range with one holds what it would without.
func (h *hasher) network(r netipx.IPRange) {
	h.flags(r.IsValid())
	for _, addr := range []netip.Addr{r.From(), r.To()} {
		bytes, _ := addr.WithZone("").AppendBinary(h.space[:1]) // never fails; nothing for the zero Addr
		bytes[0] = byte(len(bytes) - 1)
		h.write(bytes)
	}
}

func (h *hasher) entry(e *zone.Entry) { h.network(e.Range) }

func (h *hasher) zoneID(id *zone.ZoneID) { h.text(id.ID) }

func (h *hasher) zone(z *zone.Zone) {
	h.text(z.ID)
	h.text(z.Name)
	h.text(string(z.Type))
	h.flags(z.Active, z.Blocklist, z.System, z.Exempt)
	each(h, z.Gateways, h.entry)
	each(h, z.Proxies, h.entry)
	place := func(p *zone.Term[zone.Place]) {
		h.text(p.Value.Country)
		h.text(p.Value.Region)
	}
	each(h, z.Locations.Include, place)
	each(h, z.Locations.Exclude, place)
	asn := func(asn *zone.Term[uint32]) { h.number(uint64(asn.Value)) }
	each(h, z.ASNs.Include, asn)
	each(h, z.ASNs.Exclude, asn)
	category := func(category *zone.Term[string]) { h.text(category.Value) }
	each(h, z.Categories.Include, category)
	each(h, z.Categories.Exclude, category)
	h.number(uint64(z.Proxy))
}

func (h *hasher) rule(r *zone.Rule) {
	h.text(r.ID)
	h.text(r.Label())
	h.flags(r.HasPriority, r.Active, r.Allow)
	h.number(uint64(r.Priority))
	h.number(uint64(r.Network.Connection))
	each(h, r.Network.Include, h.zoneID)
	each(h, r.Network.Exclude, h.zoneID)
	each(h, r.Narrowed, func(pointer *string) { h.text(*pointer) })
}

func (h *hasher) table(table *geo.Table) {
	if !h.given(table != nil) {
		return
	}
	sum := table.Fingerprint()
	h.write(sum[:])
}

func (h *hasher) overlay(document *zone.Overlay, now time.Time) {
	each(h, document.Deny, func(e *zone.OverlayEntry) { h.overlayEntry(e, now) })
	each(h, document.Allow, func(e *zone.OverlayEntry) { h.overlayEntry(e, now) })
}

// overlayEntry takes whether the entry has expired instead of the time, with
// which the fingerprint would change although nothing else does.
func (h *hasher) overlayEntry(e *zone.OverlayEntry, now time.Time) {
	h.network(e.Range)
	h.flags(e.Until.IsZero(), e.InForce(now))
	h.number(uint64(e.Until.Unix()))
	h.number(uint64(e.Until.Nanosecond()))
}
