package okta_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// openMany is a folder of as many zones, INACTIVE and none of the system's.
func openMany(t testing.TB, count int) *org {
	t.Helper()
	var list []string
	for i := range count {
		list = append(list, fmt.Sprintf(`{"id":"nzo%04d","type":"IP","name":"Zone %d","status":"INACTIVE","usage":"%s","gateways":[{"type":"CIDR","value":"10.%d.%d.0/24"}]}`,
			i, i, [2]string{"POLICY", "BLOCKLIST"}[i%2], i/256, i%256))
	}
	return openWith(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": "[" + strings.Join(list, ",") + "]"})
}

// ids are those of a list.
func (r reply) ids() []string {
	r.t.Helper()
	ids := []string{}
	for _, z := range r.list() {
		ids = append(ids, z["id"].(string))
	}
	return ids
}

// G1.
func TestLimit(t *testing.T) {
	o := openMany(t, 230)
	for limit, want := range map[string]int{
		"": 20, "limit=-1": 20, "limit=1": 1, "limit=20": 20, "limit=200": 200, "limit=201": 200, "limit=9999999999999999999999": 200, "limit=2147483648": 200,
		"limit=7&limit=0": 7, "colour=red": 20, "expand=x&search=y": 20, // G5
	} {
		answer := o.must("GET", zones+"?"+limit, "")
		require.Len(t, answer.list(), want, limit)
		require.Equal(t, fmt.Sprintf(`<%s/api/v1/zones?limit=%d>; rel="self"`, base, want), answer.header["Link"][0], limit)
		require.Len(t, answer.header["Link"], 2)
	}
	for _, limit := range []string{"0", "-2", "-9999999999999999999999", "ten", "", "1.5", "0x10", "1e2", "%20", "1,2"} {
		o.call("GET", zones+"?limit="+limit, "").invalid("limit", invalidText("limit"))
	}
}

// The links are a line each, their parameters in one order, and lead through the list
// (G2).
func TestLinks(t *testing.T) {
	o := openMany(t, 5)
	const filter = "filter=usage+eq+%22POLICY%22"
	first := o.must("GET", zones+"?"+filter+"&limit=2&x=y", "")
	require.Equal(t, []string{"nzo0000", "nzo0002"}, first.ids())
	next := first.next()
	require.Regexp(t, `^/api/v1/zones\?after=[A-Za-z0-9_-]+&filter=usage\+eq\+%22POLICY%22&limit=2$`, next)
	require.Equal(t, []string{
		"<" + base + "/api/v1/zones?" + filter + `&limit=2>; rel="self"`,
		"<" + base + next + `>; rel="next"`,
	}, first.header["Link"])
	second := o.must("GET", next, "")
	require.Equal(t, []string{"nzo0004"}, second.ids())
	require.Equal(t, []string{"<" + base + next + `>; rel="self"`}, second.header["Link"], "nothing follows")
	empty := o.must("GET", zones+"?filter=id+eq+%22x%22", "")
	require.Equal(t, "[]", empty.body)
	require.Empty(t, empty.next())
	require.Empty(t, o.must("GET", zones+"?limit=5", "").next(), "a full page that is the last")
	require.Equal(t, first.body, o.must("GET", zones+"?filter=usage%20eq%20%22POLICY%22&limit=2", "").body)
}

// G3, G4.
func TestCursors(t *testing.T) {
	o := openMany(t, 10)
	first := o.must("GET", zones+"?limit=3", "")
	remove := func(ids ...string) {
		for _, id := range ids {
			require.Equal(t, http.StatusNoContent, o.must("DELETE", zones+"/"+id, "").status)
		}
	}
	remove("nzo0002", "nzo0003") // the last of the page, and the first of the next
	require.Equal(t, []string{"nzo0004", "nzo0005", "nzo0006"}, o.must("GET", first.next(), "").ids())
	remove("nzo0001", "nzo0000") // all of the page
	o = o.again()
	require.Equal(t, []string{"nzo0004", "nzo0005", "nzo0006"}, o.must("GET", first.next(), "").ids(), "after a restart")
	remove("nzo0004", "nzo0005", "nzo0006", "nzo0007", "nzo0008")
	require.Equal(t, []string{"nzo0009"}, o.must("GET", first.next(), "").ids())
	made := o.must("POST", zones, office192("new", "")).id()
	require.Equal(t, []string{"nzo0009", made}, o.must("GET", first.next(), "").ids())
	end := o.must("GET", zones+"?limit=1", "").next()
	remove("nzo0009")
	require.Equal(t, []string{made}, o.must("GET", end, "").ids())

	cursor := strings.TrimPrefix(first.next(), zones+"?after=")
	cursor, _, _ = strings.Cut(cursor, "&")
	o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"p"}`)
	ofPolicies, _, _ := strings.Cut(strings.TrimPrefix(o.must("GET", policies+"?type=OKTA_SIGN_ON&limit=1", "").next(), policies+"?after="), "&")
	for _, wrong := range []string{
		"", "x", "nzo0009", "0", cursor + "=", cursor + "A", cursor[1:], strings.ToLower(cursor), ofPolicies,
		base64.RawURLEncoding.EncodeToString([]byte("z:")), base64.RawURLEncoding.EncodeToString([]byte("nzo0009")), base64.RawURLEncoding.EncodeToString([]byte("z:nzo9999")), "%00", "%ff", strings.Repeat("A", 10_000),
	} {
		o.call("GET", zones+"?limit=3&after="+wrong, "").refused(http.StatusBadRequest, "E0000029", "Invalid paging request.", "Invalid cursor.")
	}
	o.call("GET", policies+"?type=OKTA_SIGN_ON&after="+cursor, "").refused(http.StatusBadRequest, "E0000029", "Invalid paging request.", "Invalid cursor.")
}

// walk follows the links to the end, doing something between the pages, and returns
// the ids that came.
func (o *org) walk(limit int, between func()) []string {
	o.t.Helper()
	var seen []string
	for at := fmt.Sprintf("%s?limit=%d", zones, limit); at != ""; {
		page := o.must("GET", at, "")
		seen = append(seen, page.ids()...)
		if at = page.next(); at != "" {
			between()
		}
	}
	return seen
}

// exactlyOnce wants no id twice, and each of some.
func exactlyOnce(t *testing.T, seen, throughout []string, message ...any) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(seen))
	require.Len(t, slices.Compact(slices.Clone(sorted)), len(sorted), message...)
	for _, id := range throughout {
		require.Contains(t, seen, id, message...)
	}
}

// Whoever follows next sees each zone once that is there all the time, however many
// come and go meanwhile, and over restarts (G3).
func TestPagesWhileZonesComeAndGo(t *testing.T) {
	walks := 3
	if os.Getenv("NETWICKET_PROVE") != "" {
		walks = 12
	}
	for seed := range uint64(walks) {
		random := rand.New(rand.NewPCG(seed, 7))
		o := openMany(t, 40)
		there := o.must("GET", zones+"?limit=200", "").ids()
		throughout := slices.Clone(there)
		seen := o.walk(1+random.IntN(9), func() {
			for range 1 + random.IntN(3) {
				if random.IntN(3) == 0 || len(there) == 0 {
					id := o.must("POST", zones, office192(fmt.Sprintf("new %d", random.Uint64()), "")).id()
					o.must("POST", zones+"/"+id+"/lifecycle/deactivate", "")
					there = append(there, id)
					continue
				}
				i := random.IntN(min(len(there), 12)) // near to where the walk is
				if random.IntN(2) == 0 {
					i = random.IntN(len(there))
				}
				id := there[i]
				o.must("DELETE", zones+"/"+id, "")
				there = slices.Delete(there, i, i+1)
				throughout = slices.DeleteFunc(throughout, func(other string) bool { return other == id })
			}
			if random.IntN(4) == 0 {
				o.store.Close()
				next := openFolder(t, o.dir)
				o.store, o.vendor = next.store, next.vendor
			}
		})
		exactlyOnce(t, seen, throughout, "seed %d", seed)
	}
}

// The same while another client writes all the time.
func TestPagesWhileSomebodyWrites(t *testing.T) {
	o := openMany(t, 60)
	writer := *o
	var done sync.WaitGroup
	stop := make(chan struct{})
	done.Add(1)
	go func() {
		defer done.Done()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if i%3 == 0 && i < 60 {
				writer.call("DELETE", fmt.Sprintf("%s/nzo%04d", zones, i), "")
			} else {
				id := writer.call("POST", zones, office192(fmt.Sprintf("new %d", i), ""))
				if id.status == http.StatusOK {
					writer.call("POST", zones+"/"+id.id()+"/lifecycle/deactivate", "")
					writer.call("DELETE", zones+"/"+id.id(), "")
				}
			}
		}
	}()
	var throughout []string
	for i := range 60 {
		if i%3 != 0 {
			throughout = append(throughout, fmt.Sprintf("nzo%04d", i))
		}
	}
	for range 20 {
		exactlyOnce(t, o.walk(7, func() {}), throughout)
	}
	close(stop)
	done.Wait()
}

func TestFilter(t *testing.T) {
	o := openOrg(t)
	office := o.must("POST", zones, office192("Office", "")).id()
	bad := o.must("POST", zones, office192("Bad", `,"usage":"BLOCKLIST"`)).id()
	o.must("POST", zones, office192("Branch", ""))
	named := func(filter string) []string {
		names := []string{}
		for _, z := range o.must("GET", zones+"?filter="+strings.NewReplacer("%", "%25", " ", "+", "\t", "%09", `"`, "%22", "&", "%26", "#", "%23", "+", "%2B", ";", "%3B").Replace(filter), "").list() {
			names = append(names, z["name"].(string))
		}
		return names
	}
	system := []string{"LegacyIpZone", "BlockedIpZone", "DefaultExemptIpZone", "DefaultEnhancedDynamicZone"}
	all := append(slices.Clone(system), "Office", "Bad", "Branch")
	deep := func(depth int) string {
		return strings.Repeat("(", depth) + `id eq "` + office + `"` + strings.Repeat(")", depth)
	}
	for filter, want := range map[string][]string{
		"":    all,
		"   ": all, strings.Repeat(" ", 4096): all,
		`id eq "" or id eq "` + office + `"`:              {"Office"},
		`(id eq "` + office + `" or id eq "` + bad + `")`: {"Office", "Bad"},
		`id eq "nzo"`:                              {},
		`usage eq "BLOCKLIST"`:                     {"BlockedIpZone", "DefaultEnhancedDynamicZone", "Bad"},
		`usage eq "blocklist"`:                     {},
		`system eq true`:                           system,
		`system eq false`:                          {"Office", "Bad", "Branch"},
		`usage EQ "BLOCKLIST" AND system Eq false`: {"Bad"},
		`id eq "` + office + `" or usage eq "BLOCKLIST" and system eq false`:  {"Office", "Bad"},
		`(id eq "` + office + `" or usage eq "BLOCKLIST") and system eq true`: {"BlockedIpZone", "DefaultEnhancedDynamicZone"},
		`usage eq "BLOCKLIST" and system eq false oR id eq "` + office + `"`:  {"Office", "Bad"},
		"\tid  eq\t\"" + office + "\" ":                                       {"Office"},
		`id eq"` + office + `"`:                                               {"Office"},
		`((system eq true)and(usage eq "POLICY"))or(id eq "` + bad + `")`:     {"LegacyIpZone", "DefaultExemptIpZone", "Bad"},
		`usage eq "\u0050OLICY" and system eq false`:                          {"Office", "Branch"},
		deep(32): {"Office"},
		`id eq "` + office + `"` + strings.Repeat(` or system eq false`, 100):  {"Office", "Bad", "Branch"},
		`id eq "` + strings.Repeat("x", 4096-len(`id eq ""`)) + `"`:            {},
		`system eq true and system eq false or id eq "a\"b)" or id eq "(and)"`: {},
	} {
		require.Equal(t, want, named(filter), filter)
	}
	for _, filter := range []string{
		`name eq "Office"`, `status eq "ACTIVE"`, `type eq "IP"`, `Usage eq "BLOCKLIST"`, `ID eq "x"`, `system.x eq true`,
		`id ne "x"`, `id sw "nzo"`, `id co "o"`, `id pr`, `id gt "a"`, `not (system eq true)`, `not system eq true`, `id = "x"`, `id == "x"`,
		`id eq 'x'`, `id eq x`, `id eq nzo1`, `id eq true`, `id eq 1`, `id eq null`, `usage eq true`, `usage eq BLOCKLIST`, `system eq "true"`, `system eq TRUE`, `system eq 1`, `system eq null`,
		`(id eq "x"`, `id eq "x")`, `()`, `(`, `)`, `id eq ("x")`, `(id) eq "x"`, `((system eq true)`, `id eq "x" (system eq true)`,
		`id eq "x" or`, `or id eq "x"`, `id eq "x" and and id eq "y"`, `id eq "x" id eq "y"`, `id eq "x", id eq "y"`, `id eq "x" or or`, `id "x"`, `eq "x"`, `id`, `id eq`, `true`, `"x"`,
		`id eq "x`, `id eq "x\"`, `id eq "\x"`, `id eq "\ud800"`, "id eq \"\x00\"", "id eq \"\xff\"", "id\neq \"x\"", "id\u00a0eq \"x\"", `id eq "x" "y"`, `id eq "x"y`, `xid eq "x"`, `id eq "x" && system eq true`,
		deep(33), `id eq "` + strings.Repeat("x", 4097-len(`id eq ""`)) + `"`, strings.Repeat(" ", 4097),
	} {
		query := strings.NewReplacer("%", "%25", " ", "+", "\n", "%0A", "\x00", "%00", "\xff", "%FF", `"`, "%22", "&", "%26", ";", "%3B").Replace(filter)
		o.call("GET", zones+"?filter="+query, "").refused(http.StatusBadRequest, "E0000031", "Invalid search criteria.")
	}
	for _, query := range []string{"filter=%zz", "filter=id%20eq%20%22x%2", "filter=;"} { // which is not read as none
		o.call("GET", zones+"?"+query, "").refused(http.StatusBadRequest, "E0000031", "Invalid search criteria.")
	}
}

func TestThreatInsight(t *testing.T) {
	o := openGeo(t)
	first := o.must("GET", threats, "")
	require.Regexp(t, `^\{"action":"none","excludeZones":\[\],"created":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z)","lastUpdated":"`, first.body)
	require.Equal(t, first.at("created"), first.at("lastUpdated"))
	require.Contains(t, first.body, `"_links":{"self":{"href":"`+base+threats+`","hints":{"allow":["GET","POST"]}}}}`)
	require.Equal(t, []string{"action", "excludeZones", "created", "lastUpdated", "_links"}, first.keys())
	require.Equal(t, first.body, o.must("GET", threats, "").body)

	a, b := o.must("POST", zones, office192("A", "")).id(), o.must("POST", zones, office192("B", `,"usage":"BLOCKLIST"`)).id()
	dynamic := o.must("POST", zones, `{"type":"DYNAMIC","name":"D","proxyType":"Any"}`).id()
	set := o.must("POST", threats, `{"excludeZones":["`+b+`","`+a+`","`+b+`"],"action":"block","_links":{},"created":"x","lastUpdated":null,"more":[1]}`)
	require.Equal(t, http.StatusOK, set.status)
	require.Equal(t, []any{b, a}, set.at("excludeZones"), "the order stays, duplicates go") // T2
	require.Equal(t, first.at("created"), set.at("created"))
	require.NotEqual(t, first.at("lastUpdated"), set.at("lastUpdated"))
	o = o.again()
	require.Equal(t, set.body, o.must("GET", threats, "").body)
	for action, body := range map[string]string{"audit": `{"action":"audit","excludeZones":null}`, "none": `{"action":"none"}`} {
		o.must("POST", threats, `{"action":"block","excludeZones":["`+a+`"]}`)
		require.Equal(t, []any{}, o.must("POST", threats, body).at("excludeZones"), action)
	}
	o.must("POST", threats, `{"action":"block","excludeZones":["`+a+`"]}`)

	before, now := o.files(), o.must("GET", threats, "").body
	post := func(body string) reply { return o.call("POST", threats, body) }
	for body, cause := range map[string]string{ // T3
		`{}`: "action: " + blankText, `{"action":null}`: "action: " + blankText, `{"action":""}`: "action: " + blankText,
		`{"action":"deny"}`: invalidText("action"), `{"action":"Block"}`: invalidText("action"),
	} {
		post(body).invalid("action", cause)
	}
	post(`{"excludeZones":["nzo00000000000000000","`+a+`","`+dynamic+`",""],"action":"x"}`).invalid("excludeZones",
		"excludeZones: There is no network zone nzo00000000000000000.", "excludeZones: The network zone "+dynamic+" is of type DYNAMIC; only zones of type IP can be excluded.",
		"excludeZones: There is no network zone .", invalidText("action"))
	post(`{"action":"block","excludeZone":["`+a+`"]}`).invalid("excludeZone", `excludeZone: excludeZone: unknown key; did you mean "excludeZones"?`)
	for _, body := range []string{
		`{"action":"block","excludeZones":{}}`, `{"action":"block","excludeZones":{"0":"` + a + `"}}`, `{"action":"block","excludeZones":"` + a + `"}`,
		`{"action":"block","excludeZones":[null]}`, `{"action":"block","excludeZones":[["` + a + `"]]}`, `{"action":true}`, `{"action":"none","created":1}`, `{"action":"none","_links":1}`,
	} {
		post(body).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
	}
	require.Equal(t, before, o.files())
	require.Equal(t, now, o.must("GET", threats, "").body)
}

// BenchmarkList measures one request for a list of 10,000 zones.
func BenchmarkList(b *testing.B) {
	o := openMany(b, 10_000)
	middle := zones + "?limit=200&after=" + base64.RawURLEncoding.EncodeToString([]byte("z:nzo5000"))
	last, _ := json.Marshal("nzo9999")
	for name, at := range map[string]string{
		"first page": zones, "200 in the middle": middle,
		"filter one id": zones + "?filter=id+eq+" + strings.ReplaceAll(string(last), `"`, "%22"),
		"filter half":   zones + "?limit=200&filter=usage+eq+%22BLOCKLIST%22+and+system+eq+false",
		"filter none":   zones + "?filter=system+eq+true",
		"one zone":      zones + "/nzo9999",
	} {
		b.Run(name, func(b *testing.B) { measure(b, o, at) })
	}
	b.Run("200 in the middle while somebody writes", func(b *testing.B) {
		writer := *o
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					writer.call("POST", zones+"/nzo7000/lifecycle/"+[2]string{"activate", "deactivate"}[i%2], "")
				}
			}
		}()
		measure(b, o, middle)
		close(stop)
		<-stopped
	})
}

// measure makes requests, and reports how long the slowest of a hundred takes.
func measure(b *testing.B, o *org, at string) {
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		if answer := o.call("GET", at, ""); answer.status != http.StatusOK {
			b.Fatal(answer.body)
		}
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}
