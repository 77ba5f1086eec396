package decide

import (
	"encoding/hex"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
)

// WithOverlay is the policy with the entries of an overlay that are in force at now, beside
// those that it was compiled with. The policy itself stays what it is: when
// [Info.OverlayUntil] of the result has come, it is asked again, and not the result, which
// would keep what has expired. This is how entries that end reach a policy from a
// snapshot. A nil overlay changes nothing.
//
// The policy of a snapshot costs about a [ReadSnapshot]; one that was compiled, a
// [Recompile], for which its documents have to be what they were. Errors are those of
// Compile about an overlay; a nil policy is one too.
// See docs/semantics.md, overlay-4.
func (p *Policy) WithOverlay(overlay *zone.Overlay, now time.Time) (*Policy, error) {
	switch {
	case p == nil || p.classAt == nil:
		return nil, errNoPolicy
	case overlay == nil:
		return p, nil
	case !p.info.Snapshot:
		return p.recompileWith(overlay, now)
	}
	next := *p
	c := &compiler{config: Config{Overlay: overlay, Now: now}, p: &next}
	c.checkOverlay()
	c.addOverlay()
	if err := c.errors.Err(); err != nil {
		return nil, err
	}
	next.layOver(p, []list{
		{features{p.ipBits}.flag(overlayDenied), overlayRanges(c.deny)},
		{features{p.ipBits}.flag(overlayAllowed), overlayRanges(c.allow)},
	})
	next.finish(nil, nil)
	next.info.Warnings = slices.Concat(p.info.Warnings, c.warnings)
	sum := newHashing().of(func(h *hasher) {
		h.text(p.info.Fingerprint)
		h.overlay(overlay, now)
	})
	next.info.Fingerprint = hex.EncodeToString(sum[:16])
	return &next, nil
}

// recompileWith is the policy of its own documents and of an overlay more.
func (p *Policy) recompileWith(overlay *zone.Overlay, now time.Time) (*Policy, error) {
	config := p.documents.config
	if fingerprint(&config) != p.info.Fingerprint {
		return nil, errors.New("the documents were changed after the policy was compiled: it cannot be compiled with an overlay more")
	}
	merged := *overlay
	if own := config.Overlay; own != nil {
		merged = zone.Overlay{
			Deny: slices.Concat(own.Deny, overlay.Deny), Allow: slices.Concat(own.Allow, overlay.Allow),
			Warnings: slices.Concat(own.Warnings, overlay.Warnings),
		}
	}
	config.Overlay, config.Now = &merged, now
	return Recompile(p, config)
}

// overlaid gives the classes of a policy, over which lists of flags were laid, their
// numbers.
type overlaid struct {
	from     *Policy
	patterns []addressPattern
	numbers  map[patternKey]uint32
	classes  classInterner
}

// layOver settles the classes that those of a policy come to under lists of flags.
func (p *Policy) layOver(from *Policy, lists []list) {
	v4, v6 := eventsOf(lists)
	o := &overlaid{from, slices.Clone(from.addressPatterns), map[patternKey]uint32{}, newClassInterner(len(from.geoPatterns))}
	for i := range o.patterns {
		o.numbers[o.patterns[i].key()] = uint32(i)
	}
	in4 := iptable.Edges4{First: make([]uint32, 0, from.info.Intervals4), Value: make([]uint32, 0, from.info.Intervals4)}
	in6 := iptable.Edges6{First: make([]addrnum.Number, 0, from.info.Intervals6), Value: make([]uint32, 0, from.info.Intervals6)}
	over4, over6 := newPatternState(p), newPatternState(p)
	sweep(v4, edges4(from.classAt), over4, func(at addrnum.Number, over, class uint32) {
		in4.Add(uint32(at.Lo), o.class(class, over4.patterns[over].flags))
	})
	sweep(v6, from.classAt.Edges6(), over6, func(at addrnum.Number, over, class uint32) {
		in6.Add(at, o.class(class, over6.patterns[over].flags))
	})
	p.addressPatterns, p.classes = o.patterns, o.classes.list
	p.info.Intervals4, p.info.Intervals6 = len(in4.First), len(in6.First)
	p.classAt = iptable.Build(in4, in6)
}

func (o *overlaid) class(class uint32, flags flags) uint32 {
	c := o.from.classes[class]
	if flags != 0 {
		c.address = o.pattern(c.address, flags)
	}
	return o.classes.id(c)
}

func (o *overlaid) pattern(number uint32, flags flags) uint32 {
	pattern := o.patterns[number]
	pattern.flags |= flags
	id, found := o.numbers[pattern.key()]
	if !found {
		id = uint32(len(o.patterns))
		o.patterns = append(o.patterns, pattern)
		o.numbers[pattern.key()] = id
	}
	return id
}

// edges4 are the edges of a table's IPv4 part with addresses as sweeps have them.
func edges4(table *iptable.Table) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		for at, value := range table.Edges4() {
			if !yield(addrnum.Number{Lo: uint64(at)}, value) {
				return
			}
		}
	}
}
