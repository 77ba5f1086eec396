package lint

import (
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

func quote(text string) string { return strconv.Quote(finding.Cut(text)) }

// countries are the values of SailPoint's geolocation with their positions.
func (l *linter) countries() []term {
	if l.Config.SailPoint == nil {
		return nil
	}
	return textTerms(l.Config.SailPoint.Geolocation, wordText)
}

// networkConfig looks at SailPoint's document by itself.
func (l *linter) networkConfig() {
	config := l.Config.SailPoint
	if config == nil {
		return
	}
	l.meet(config.Position.File)
	l.overlaps(config.Range)
	for i := range config.Range {
		l.pseudoEntry(&config.Range[i])
		if entry := &config.Range[i]; strings.Contains(entry.Text, "/") && entry.Mask() {
			l.warn(entry.Position, entry.Text, "bare-mask", "this begins with a network mask, which no client has for an address, so that the entry matches nobody; write the network itself, such as 192.0.2.0/24")
		}
	}
	l.repeatedTerms(l.countries(), func(a, b string) bool { return a == b })
	if len(config.Geolocation) > 0 && config.AllowlistPosition == (zone.Position{}) {
		l.warn(config.GeolocationPosition, "", "implicit-block-list", "without whitelisted the list is a block list: everybody is let in who is in none of these countries; write whitelisted false if that is meant, or true for an allow list")
	}
	if config.Allowlist && len(config.Geolocation) == 0 && len(config.Range) > 0 && l.Config.AuthProfile == nil {
		l.warn(config.AllowlistPosition, "", "unchecked-country", "whitelisted is about countries alone, and none is listed, so that the network decides and no country is checked; list the trusted countries, or leave whitelisted out")
	}
}

// enforcement looks at what the profile and ThreatInsight switch on.
func (l *linter) enforcement() {
	if threat := l.Config.ThreatInsight; threat != nil && threat.Action == zone.ThreatNone && len(l.Config.ThreatFeeds) > 0 {
		l.warn(threat.Position, "", "unused-feed", "the action is none, so that the threat feeds block nobody; write block or audit, or leave the feeds out")
	}
	profile, config := l.Config.AuthProfile, l.Config.SailPoint
	if profile == nil {
		return
	}
	if config == nil {
		config = &zone.NetworkConfig{}
	}
	if profile.UntrustedGeography && !config.Allowlist && len(config.Geolocation) == 0 {
		l.warn(profile.Position, "", "empty-block-list", "the profile blocks untrusted geographies, but the block list of countries is empty, so that every country is trusted; list countries in geolocation, or write untrustedGeography false")
	}
	if !profile.OffNetwork && !profile.UntrustedGeography && len(config.Range)+len(config.Geolocation) > 0 {
		l.warn(profile.Position, "", "nothing-enforced", "offNetwork and untrustedGeography are both off, so that SailPoint's network configuration denies nobody; switch on what it is meant to enforce")
	}
}
