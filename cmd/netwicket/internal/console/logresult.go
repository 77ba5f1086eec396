package console

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// shownRows is how many rows each list has.
const shownRows = 25

// logFilter says which decisions of a log are shown. The zero logFilter: all.
type logFilter struct {
	Only   string // allow, deny
	Reason string // as decide.Reason has it
}

func filterOf(values url.Values) logFilter {
	f := logFilter{Only: values.Get("only"), Reason: values.Get("reason")}
	if f.Only != decide.Allow.String() && f.Only != decide.Deny.String() {
		f.Only = ""
	}
	return f
}

func (f logFilter) verdict(v decide.Verdict) bool { return f.Only == "" || f.Only == v.String() }

func (f logFilter) reason(r decide.Reason) bool { return f.Reason == "" || f.Reason == r.String() }

func (f logFilter) shows(o decide.Outcome) bool { return f.verdict(o.Verdict) && f.reason(o.Reason) }

// logResultView is what came out, as the filter lets it.
type logResultView struct {
	Report              *replay.Report
	ByNetwork           bool // clients were too many to tell apart
	Filtered, Denies    bool // some decisions are left out; denied ones are not
	ByReason            bool // those of other reasons are left out
	Chart               *chartView
	Outcomes            []logRow
	Zones, Rules        []logRow
	Unknown             []logRow
	Countries           []replay.CountryCount
	Clients             []clientRow
	ReasonNames         []string // to filter by
	MoreZones           int      // that are not shown
	MoreRules           int
	MoreCountries       int
	MoreFaults          uint64
	Shown               uint64 // decisions that the filter lets
	UnknownCountryAlone bool
}

// logRow is a row of a list.
type logRow struct {
	Name     string
	Verdict  string
	Filter   string // link that shows these alone
	Requests uint64
	Share    string
	Example  string // question for Ask; empty: none
}

// logRows is a list as the page has it.
type logRows struct {
	Caption            string // key of english.txt, which has .column as well
	Verdicts, Examples bool   // some rows have one
	Rows               []logRow
	More               int // that are not shown
}

func newLogRows(caption string, rows []logRow, more int) logRows {
	list := logRows{Caption: caption, Rows: rows, More: more}
	for _, row := range rows {
		list.Verdicts = list.Verdicts || row.Verdict != ""
		list.Examples = list.Examples || row.Example != ""
	}
	return list
}

// clientRow is a client that was denied.
type clientRow struct {
	replay.Client
	Name     string
	Question string
	Reasons  string
}

func (c *Console) resultView(result *logResult, view *logView) *logResultView {
	report, filter := result.Report, view.Filter
	v := &logResultView{
		Report: report, ByNetwork: report.Grain.Bits4 != netip.IPv4Unspecified().BitLen(),
		Filtered: filter != logFilter{}, Denies: filter.verdict(decide.Deny), ByReason: filter.Reason != "",
		Chart: c.chart(&report.Over, filter), MoreFaults: report.Unreadable - uint64(len(report.Faults)),
	}
	for _, count := range outcomesOf(&report.Over) {
		name := count.Of.Reason.String()
		if !slices.Contains(v.ReasonNames, name) {
			v.ReasonNames = append(v.ReasonNames, name)
		}
		if !filter.shows(count.Of) {
			continue
		}
		v.Shown += count.Requests
		v.Outcomes = append(v.Outcomes, logRow{
			Name: name, Verdict: count.Of.Verdict.String(), Requests: count.Requests, Share: shareText(count.Requests, report.Decided), Example: result.Examples.Reasons[count.Of],
			Filter: logLink(url.Values{"log": {view.Log.ID}, "reason": {name}, "only": {count.Of.Verdict.String()}}, view.Reading),
		})
	}
	if filter.shows(decide.Outcome{Verdict: decide.Deny, Reason: decide.Blocklisted}) {
		for _, count := range report.Zones {
			v.Zones = append(v.Zones, logRow{Name: cmp.Or(count.Of.Name, count.Of.ID), Requests: count.Requests, Share: shareText(count.Requests, report.Decided), Example: result.Examples.Zones[count.Of]})
		}
	}
	for _, count := range report.Rules {
		if filter.shows(decide.Outcome{Verdict: count.Of.Verdict, Reason: decide.RuleMatched}) {
			v.Rules = append(v.Rules, logRow{Name: count.Of.Name, Verdict: count.Of.Verdict.String(), Requests: count.Requests, Share: shareText(count.Requests, report.Decided), Example: result.Examples.Rules[count.Of]})
		}
	}
	v.Zones, v.MoreZones = firstOf(v.Zones)
	v.Rules, v.MoreRules = firstOf(v.Rules)
	for _, count := range report.Unknown {
		v.Unknown = append(v.Unknown, logRow{Name: nameOf(count.Of), Requests: count.Requests, Share: shareText(count.Requests, report.Decided)})
	}
	v.countries(filter)
	for _, client := range result.Denied {
		if hasReason(client.Reasons, filter) {
			v.Clients = append(v.Clients, newClientRow(client, result.Examples.Clients[client.Network]))
		}
	}
	return v
}

// countries lists those that the filter lets by verdict; where denials alone are shown,
// those with the most of them come first.
func (v *logResultView) countries(filter logFilter) {
	v.UnknownCountryAlone = len(v.Report.Countries) == 1 && v.Report.Countries[0].Country == ""
	for _, count := range v.Report.Countries {
		if filter.Only == "" || filter.Only == decide.Deny.String() && count.Denied > 0 || filter.Only == decide.Allow.String() && count.Denied < count.Requests {
			v.Countries = append(v.Countries, count)
		}
	}
	if filter.Only == decide.Deny.String() {
		slices.SortStableFunc(v.Countries, func(a, b replay.CountryCount) int { return cmp.Compare(b.Denied, a.Denied) })
	}
	v.Countries, v.MoreCountries = firstOf(v.Countries)
}

func firstOf[T any](rows []T) (first []T, more int) {
	n := min(len(rows), shownRows)
	return rows[:n], len(rows) - n
}

func hasReason(reasons decide.Reasons, filter logFilter) bool {
	for reason := range reasons.All() {
		if filter.reason(reason) {
			return true
		}
	}
	return false
}

func newClientRow(client replay.Client, question string) clientRow {
	row := clientRow{Client: client, Name: clientName(client.Network)}
	row.Question = cmp.Or(question, row.Name)
	var names []string
	for reason := range client.Reasons.All() {
		names = append(names, reason.String())
	}
	row.Reasons = strings.Join(names, ", ")
	return row
}

// clientName is a client: an address, or the network that it was counted by.
func clientName(network netip.Prefix) string {
	if network.IsSingleIP() {
		return network.Addr().String()
	}
	return network.String()
}

// outcomesOf are all decisions by verdict and reason, the most first.
func outcomesOf(over *replay.Over) []replay.Count[decide.Outcome] {
	sums := make(map[decide.Outcome]uint64)
	for _, bucket := range append(slices.Clip(over.Buckets), over.Untimed) {
		for _, count := range bucket.Outcomes {
			sums[count.Of] += count.Requests
		}
	}
	var list []replay.Count[decide.Outcome]
	for of, n := range sums {
		list = append(list, replay.Count[decide.Outcome]{Of: of, Requests: n})
	}
	slices.SortFunc(list, func(a, b replay.Count[decide.Outcome]) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Of.Reason.String(), b.Of.Reason.String()), cmp.Compare(a.Of.Verdict, b.Of.Verdict))
	})
	return list
}

func nameOf(datum geo.Field) string { return datum.Names()[0] }

func shareText(n, all uint64) string {
	return strconv.FormatFloat(float64(n)*100/float64(all), 'f', 1, 64) + " %"
}
