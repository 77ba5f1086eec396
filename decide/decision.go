package decide

import (
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"math/bits"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/geo"
)

// Verdict is allow or deny. The zero value is [Deny].
type Verdict uint8

// The verdicts.
const (
	Deny Verdict = iota
	Allow
)

// String is "allow" or "deny"; any other value denies.
func (v Verdict) String() string {
	if v == Allow {
		return "allow"
	}
	return "deny"
}

// MarshalText is the verdict's text.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Reason says why a decision fell as it did. The texts are stable; the numbers are not.
type Reason uint8

// The reasons. Those up to UntrustedGeography deny, Overlay does either, the rest allow.
const (
	NoPolicy           Reason = iota // there was no policy to ask: the zero Policy or Live
	ClientUnresolved                 // the client's address cannot be determined
	Blocklisted                      // an ACTIVE blocklist zone holds an address of the chain
	Threat                           // ThreatInsight blocks the client
	RuleMatched                      // a policy rule decided, either way
	NoRule                           // a policy has rules and none of them applies
	NetworkUndefined                 // the network check is enforced without any network
	OffNetwork                       // the client is outside SailPoint's network
	EmptyAllowList                   // the geography check is enforced with an allow list of no country
	GeoUnavailable                   // no source provides countries
	GeoUnknown                       // the client's country is unknown
	UntrustedGeography               // the client's country is not trusted
	Overlay                          // the overlay decided, either way
	Permitted                        // a check was made and passed
	NotEnforced                      // the profile enforces nothing
	Unrestricted                     // nothing in the policy restricts
	reasonCount
)

var reasonTexts = [reasonCount]string{
	NoPolicy: "no_policy", ClientUnresolved: "client_unresolved", Blocklisted: "blocklisted", Threat: "threat",
	RuleMatched: "rule", NoRule: "no_rule", NetworkUndefined: "network_undefined", OffNetwork: "off_network",
	EmptyAllowList: "empty_allow_list", GeoUnavailable: "geo_unavailable", GeoUnknown: "geo_unknown",
	UntrustedGeography: "untrusted_geography", Overlay: "overlay", Permitted: "permitted",
	NotEnforced: "not_enforced", Unrestricted: "unrestricted",
}

// String is the reason's stable text.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonTexts[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// MarshalText is the reason's text.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Reasons is a set of reasons. A decision has one reason, or all SailPoint
// checks that failed.
type Reasons uint32

// AllReasons is the set of every reason.
const AllReasons Reasons = 1<<reasonCount - 1

func reasonsOf(r Reason) Reasons { return 1 << r }

// Has says whether the set holds r.
func (s Reasons) Has(r Reason) bool { return s&reasonsOf(r) != 0 }

// All ranges over the set; SailPoint's network checks come before its geography checks.
func (s Reasons) All() iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for rest := uint32(s); rest != 0; rest &= rest - 1 {
			if !yield(Reason(bits.TrailingZeros32(rest))) {
				return
			}
		}
	}
}

// MarshalJSON is an array of the reasons' texts.
func (s Reasons) MarshalJSON() ([]byte, error) {
	texts := []string{}
	for r := range s.All() {
		texts = append(texts, r.String())
	}
	return json.Marshal(texts)
}

// ZoneRef names a zone of a policy.
type ZoneRef struct {
	ID   string `json:"id"` // empty if the document gives none
	Name string `json:"name"`
}

// Decision is the answer for one request: what was judged, and about whom. It is
// comparable, and the zero value denies. Zone points into the policy that decided;
// two decisions of one policy are equal if and only if they say the same.
type Decision struct {
	Judgment
	Client netip.Addr // the resolved client; the zero Addr if it could not be resolved
}

// Judgment is a [Decision] without its client: a policy has few of them, and makes
// them when it is compiled. The zero value denies.
type Judgment struct {
	Verdict Verdict
	Reason  Reason
	Audit   bool      // ThreatInsight in audit mode would have denied
	Unknown geo.Field // data of the client that are unknown and on which the decision turned
	Reasons Reasons   // Reason, and further SailPoint checks that failed
	Zone    *ZoneRef  // the blocklist zone of Blocklisted, else nil
	Rule    string    // the denying rule, or on allow the matching rule of the last policy; else empty
}

// Allowed says that the request may pass.
func (d Judgment) Allowed() bool { return d.Verdict == Allow }

// String is the decision on one line, as the command line prints it.
func (d Decision) String() string {
	client := "-"
	if d.Client.IsValid() {
		client = d.Client.String()
	}
	text := d.Verdict.String() + " " + client + " " + d.Reason.String()
	for r := range d.Reasons.All() {
		if r != d.Reason {
			text += "," + r.String()
		}
	}
	if d.Zone != nil {
		text += fmt.Sprintf(" zone=%q", d.Zone.Name)
	}
	if d.Rule != "" {
		text += fmt.Sprintf(" rule=%q", d.Rule)
	}
	if d.Audit {
		text += " audit"
	}
	if d.Unknown != 0 {
		text += " unknown=" + strings.Join(d.Unknown.Names(), ",")
	}
	return text
}

// LogValue groups the decision for slog: decision, reason, client_ip, zone, rule, audit, unknown.
func (d Decision) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 7)
	attrs = append(attrs, slog.String("decision", d.Verdict.String()), slog.String("reason", d.Reason.String()))
	if d.Client.IsValid() {
		attrs = append(attrs, slog.String("client_ip", d.Client.String()))
	}
	if d.Zone != nil {
		attrs = append(attrs, slog.String("zone", d.Zone.Name))
	}
	if d.Rule != "" {
		attrs = append(attrs, slog.String("rule", d.Rule))
	}
	if d.Audit {
		attrs = append(attrs, slog.Bool("audit", true))
	}
	if d.Unknown != 0 {
		attrs = append(attrs, slog.Any("unknown", d.Unknown.Names()))
	}
	return slog.GroupValue(attrs...)
}

// MarshalJSON is the decision as the command line prints it: decision, reason,
// reasons, client, zone, rule, audit, unknown; absent values are null.
func (d Decision) MarshalJSON() ([]byte, error) {
	out := struct {
		Decision Verdict     `json:"decision"`
		Reason   Reason      `json:"reason"`
		Reasons  Reasons     `json:"reasons"`
		Client   *netip.Addr `json:"client"`
		Zone     *ZoneRef    `json:"zone"`
		Rule     *string     `json:"rule"`
		Audit    bool        `json:"audit"`
		Unknown  geo.Field   `json:"unknown"`
	}{Decision: d.Verdict, Reason: d.Reason, Reasons: d.Reasons, Zone: d.Zone, Audit: d.Audit, Unknown: d.Unknown}
	if d.Client.IsValid() {
		out.Client = &d.Client
	}
	if d.Rule != "" {
		out.Rule = &d.Rule
	}
	return json.Marshal(out)
}
