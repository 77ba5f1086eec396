package pull

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/credentials"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

const (
	zonesPath   = "/api/v1/zones?limit=200" // U4
	threatsPath = "/api/v1/threats/configuration"
)

// Tries are how often a tenant is read that changes while it is read (U8).
const tries = 3

// moved says that answers are not of one piece: the tenant changed while it was
// read, or answers wrongly.
type moved struct{ causes []string }

func (m *moved) Error() string { return strings.Join(m.causes, "; ") }

// oktaAnswers are Okta's documents, and what is to be said of them.
type oktaAnswers struct {
	documents generation.Okta
	counts    OktaCounts
	warnings  []string
}

// OktaCounts is how much there is.
type OktaCounts struct {
	Zones         int  `json:"zones"`
	Policies      int  `json:"policies"`
	Enforced      int  `json:"enforced"` // of the policies
	Rules         int  `json:"rules"`    // of those that are enforced
	ThreatInsight bool `json:"threatInsight"`
}

// readOkta reads the tenant until the answers are of one piece, three times at most
// (U8). If they never are, the error is a [moved], beside what was answered last.
func readOkta(ctx context.Context, client *asking.Client, chosen []string) (*oktaAnswers, error) {
	for try := 1; ; try++ {
		answers, err := readOktaOnce(ctx, client, chosen)
		var m *moved
		if !errors.As(err, &m) {
			return answers, err
		}
		if try == tries {
			return answers, &moved{[]string{fmt.Sprintf("okta: what the tenant answered is not of one piece, %d times in a row: %s", tries, m)}}
		}
	}
}

// reading is one reading of a tenant.
type reading struct {
	client *asking.Client
	causes []string // why it is not of one piece
	zones  map[string]bool
	out    oktaAnswers
}

func readOktaOnce(ctx context.Context, client *asking.Client, chosen []string) (*oktaAnswers, error) {
	r := &reading{client: client, zones: make(map[string]bool)}
	first, err := r.readZones(ctx)
	if err != nil {
		return nil, err
	}
	policies, err := r.readPolicies(ctx, chosen)
	if err != nil {
		return nil, err
	}
	if err := r.readThreats(ctx); err != nil {
		return nil, err
	}
	for _, p := range policies {
		r.checkRules(p)
	}
	if len(r.causes) == 0 {
		if err := r.readAgain(ctx, first); err != nil {
			return nil, err
		}
	}
	if len(r.causes) > 0 {
		return &r.out, &moved{r.causes}
	}
	return &r.out, nil
}

func zonesQuestion() asking.Question {
	return asking.Question{What: "zones", Path: zonesPath, Family: "zones", Scope: credentials.ZonesScope}
}

// readZones reads all zones, whose ids tell whether the list moved while it was
// read. first are those of the first page.
func (r *reading) readZones(ctx context.Context) (first []jsondoc.Node, err error) {
	all, first, err := r.client.List(ctx, zonesQuestion())
	if err != nil {
		return nil, err
	}
	for _, zone := range all {
		id := text(zone.Get("id"))
		switch {
		case id == "":
			r.causes = append(r.causes, "a zone without an id")
		case r.zones[id]:
			r.causes = append(r.causes, fmt.Sprintf("the zone %s is there twice", id))
		}
		r.zones[id] = true
	}
	r.out.counts.Zones = len(all)
	r.out.documents.Zones, err = generation.List(all)
	return first, err
}

// readThreats reads the ThreatInsight configuration, of which there may be none.
func (r *reading) readThreats(ctx context.Context) error {
	node, err := r.client.Object(ctx, asking.Question{What: "ThreatInsight", Path: threatsPath, Family: "threats", Scope: credentials.ThreatsScope})
	if isNone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, zone := range node.Get("excludeZones").Elements() {
		r.mustHave(zone, "ThreatInsight")
	}
	r.out.counts.ThreatInsight = true
	r.out.documents.Threat, err = generation.Pretty(node.Raw())
	return err
}

// checkRules looks whether the zones are there that rules in force name.
func (r *reading) checkRules(p *policy) {
	if !p.enforced {
		return
	}
	for _, rule := range p.rules {
		if status := text(rule.Get("status")); status != "" && status != "ACTIVE" {
			continue
		}
		network := rule.Get("conditions").Get("network")
		for _, list := range []string{"include", "exclude"} {
			for _, zone := range network.Get(list).Elements() {
				r.mustHave(zone, fmt.Sprintf("the rule %q", text(rule.Get("name"))))
			}
		}
	}
}

// mustHave notes a zone that something names and that is not there.
func (r *reading) mustHave(zone jsondoc.Node, who string) {
	id := text(zone)
	if zone.Kind() == jsondoc.String && !r.zones[id] && !slices.Contains([]string{"ALL_ZONES", "ALL_IP_ZONES"}, id) {
		r.causes = append(r.causes, fmt.Sprintf("%s names the zone %s, which is not there", who, id))
	}
}

// readAgain asks for the first zones once more: if they are others, the tenant
// changed while it was read.
func (r *reading) readAgain(ctx context.Context, before []jsondoc.Node) error {
	q := zonesQuestion()
	q.What = "zones, page 1 again"
	now, err := r.client.Page(ctx, q)
	if err != nil {
		return err
	}
	was, err := generation.List(before)
	if err != nil {
		return err
	}
	is, err := generation.List(now)
	if err != nil {
		return err
	}
	if !generation.Same(was, is) {
		r.causes = append(r.causes, "the zones changed while the rest was read")
	}
	return nil
}

// isNone says that a document is not there.
func isNone(err error) bool {
	var failure *asking.Failure
	return errors.As(err, &failure) && failure.Status == http.StatusNotFound
}

// text is the content of a string, empty for everything else.
func text(node jsondoc.Node) string {
	if node.Kind() != jsondoc.String {
		return ""
	}
	return node.String()
}
