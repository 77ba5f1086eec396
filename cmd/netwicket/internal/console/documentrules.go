package console

import (
	"cmp"
	"net/url"
	"strconv"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// maxRuleRows is how many rules of a policy are listed.
const maxRuleRows = 1000

// ruleSetTable is the rules of one document, in the order in which they are tried.
type ruleSetTable struct {
	File string
	Rows []ruleRow
	More int // that are not listed
}

// ruleRow is one rule.
type ruleRow struct {
	*zone.Rule
	Policy int // place of its document among those of rules
	Nth    int // of the rules of the document with this key
	Zones  []ruleZone
}

// ruleZone is a zone that a rule names.
type ruleZone struct {
	Key  string // of its view; empty: it has none
	Name string
}

func ruleSetsOf(config *decide.Config) []ruleSetTable {
	var tables []ruleSetTable
	zones := zonesByID(config)
	for policy := range config.Rules {
		table := ruleSetTable{File: config.Rules[policy].File, Rows: ruleRows(config, policy)}
		if table.More = max(len(table.Rows)-maxRuleRows, 0); table.More > 0 {
			table.Rows = table.Rows[:maxRuleRows]
		}
		for i := range table.Rows {
			table.Rows[i].Zones = namedZones(zones, table.Rows[i].Rule)
		}
		tables = append(tables, table)
	}
	return tables
}

// ruleRows are the rules of one document, in the order in which they are tried.
func ruleRows(config *decide.Config, policy int) []ruleRow {
	numbers, seen := map[*zone.Rule]int{}, map[string]int{}
	set := &config.Rules[policy]
	for i := range set.Rules {
		key := (ruleRow{Rule: &set.Rules[i]}).Key()
		numbers[&set.Rules[i]] = seen[key]
		seen[key]++
	}
	var rows []ruleRow
	for _, rule := range set.InOrder() {
		rows = append(rows, ruleRow{Rule: rule, Policy: policy, Nth: numbers[rule]})
	}
	return rows
}

func zonesByID(config *decide.Config) map[string]*zone.Zone {
	zones := map[string]*zone.Zone{}
	for d := range config.Zones {
		for i := range config.Zones[d].Zones {
			z := &config.Zones[d].Zones[i]
			zones[z.ID] = z
		}
	}
	return zones
}

func namedZones(zones map[string]*zone.Zone, rule *zone.Rule) []ruleZone {
	var named []ruleZone
	for _, id := range rule.Network.Listed() {
		one := ruleZone{Name: id.ID}
		if z := zones[id.ID]; z != nil && id.ID != "" {
			one = ruleZone{z.Key(), cmp.Or(z.Name, z.ID)}
		}
		named = append(named, one)
	}
	return named
}

// Key is the rule's id, or what it is called.
func (r ruleRow) Key() string { return cmp.Or(r.ID, r.Label()) }

// Place is where the rule stands.
func (r ruleRow) Place() place { return placeOf(r.Position) }

// Access is what the rule gives.
func (r ruleRow) Access() string {
	if r.Allow {
		return "allow"
	}
	return "deny"
}

// Condition is the key of what the rule's network condition is.
func (r ruleRow) Condition() string {
	switch r.Network.Connection {
	case zone.InZones:
		if r.Network.Excludes() {
			return "not-in-zones"
		}
		return "in-zones"
	case zone.InSystemZone:
		return "on-network"
	case zone.OutsideSystemZone:
		return "off-network"
	case zone.Disabled:
		return "disabled"
	case zone.Anywhere:
	}
	return "anywhere"
}

// ruleView is one rule with all that there is to say of it.
type ruleView struct {
	ruleRow
	File     string
	Findings finding.List
	Removal  *removal
}

func (c *Console) ruleView(on *subject, query url.Values) *ruleView {
	config := &on.Parts.Config
	policy, _ := strconv.Atoi(query.Get("policy"))
	if policy < 0 || policy >= len(config.Rules) {
		return nil
	}
	number, _ := strconv.Atoi(query.Get("nth"))
	for _, row := range ruleRows(config, policy) {
		if row.Key() != query.Get("rule") || row.Nth != number {
			continue
		}
		row.Zones = namedZones(zonesByID(config), row.Rule)
		v := &ruleView{ruleRow: row, File: config.Rules[policy].File, Findings: within(c.reviewed(on), row.Position)}
		if query.Has("without") && on.Policy != nil {
			change := c.removeRule(on, row.Rule)
			v.Removal = &change
		}
		return v
	}
	return nil
}
