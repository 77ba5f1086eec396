package decide

import (
	"errors"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// What Compile refuses, for callers that branch on it.
var (
	// ErrEmptyPolicy: the Config holds no zones, no rules, no ThreatInsight and no SailPoint document.
	ErrEmptyPolicy = errors.New("the policy is empty: it needs Okta zones, Okta rules, a ThreatInsight configuration or a SailPoint document")
	// ErrNoData: an ACTIVE zone asks for a datum that no geo source provides.
	ErrNoData = errors.New("no geo source provides the data")
	// ErrUnknownZone: a rule refers to a zone that the policy does not have.
	ErrUnknownZone = errors.New("no such zone")
)

// UnknownCountry says what a client of unknown country is to SailPoint's block list.
type UnknownCountry uint8

// The zero value denies.
const (
	DenyUnknownCountry UnknownCountry = iota
	TrustUnknownCountry
)

// Config is what a policy is compiled from. The zero Config is empty and does
// not compile. Compile does not change what it is given, and what it compiles
// shares nothing with that: no decision, membership or description of a policy
// changes with its documents. [Policy.Explain] however reads the documents, which
// the policy refers to and does not copy: whoever wants explanations leaves them
// as they are, and gives a Config that differs documents of its own.
type Config struct {
	Zones         []zone.Zones // Okta zone documents; ids are unique across all of them
	Rules         []zone.RuleSet
	ThreatInsight *zone.ThreatInsight // nil: no ThreatInsight
	ThreatFeeds   []zone.Feed

	SailPoint      *zone.NetworkConfig // nil: no SailPoint check, unless AuthProfile is set
	AuthProfile    *zone.AuthProfile   // nil: tenant-wide, every non-empty list is enforced
	UnknownCountry UnknownCountry

	Geo        *geo.Table // nil: nothing is known of any address
	AssumeNone geo.Sorts  // sorts of anonymizers that are taken for known to be none wherever no source of Geo states them

	Overlay *zone.Overlay // nil: none
	Now     time.Time     // the present time, which entries of the overlay that end need
}
