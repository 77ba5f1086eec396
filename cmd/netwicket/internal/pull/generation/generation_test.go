package generation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// What a person wrote into the policy file stays; what a vendor that was not asked has
// in a generation is taken along, and what lies elsewhere is left there.
func TestOneVendorAtATime(t *testing.T) {
	const text = "{\n  // ours\n  \"okta\": {\"zones\": [\"mine.json\"], \"rules\": [\"r.json\"], \"threatInsight\": \"t.json\"},\n  \"overlay\": \"overlay.json\"\n}\n"
	f := newFolder(t, map[string]string{
		"netwicket.json": text, "mine.json": string(okta("nzo0").Zones), "r.json": rules("0"), "t.json": `{"action":"none"}`, "overlay.json": `{}`,
	})
	network := generation.Documents{SailPoint: sailPoint(`[]`)}
	first := pulled(t, f, network, noon)
	require.Equal(t, strings.Replace(text, `"overlay.json"`+"\n", `"overlay.json",`+"\n"+`  "sailpoint": {"networkConfig": "pulled/`+first+`/sailpoint/network-config.json"}`+"\n", 1), read(t, f, "netwicket.json"))
	require.NotContains(t, tree(t, f), "pulled/"+first+"/okta")

	zones := generation.Documents{Okta: okta("nzo1")}
	second := pulled(t, f, zones, noon)
	require.Equal(t, string(network.SailPoint.Network), read(t, f, "pulled/"+second+"/sailpoint/network-config.json"), "it is whole")
	require.Contains(t, read(t, f, "netwicket.json"), "// ours")
	require.NotContains(t, read(t, f, "netwicket.json"), first)
	require.NotContains(t, read(t, f, "netwicket.json"), "mine.json")
	require.Equal(t, string(okta("nzo0").Zones), read(t, f, "mine.json"))

	other := generation.Documents{SailPoint: sailPoint(`["CA"]`)}
	third := pulled(t, f, other, noon)
	require.NotContains(t, read(t, f, "netwicket.json"), second)
	for _, name := range []string{"okta/zones.json", "okta/rules/00p1.json", "okta/rules/00p3.json", "okta/threat-insight.json"} {
		require.Equal(t, read(t, f, "pulled/"+second+"/"+name), read(t, f, "pulled/"+third+"/"+name))
	}
	in, err := f.InForce()
	require.NoError(t, err)
	require.True(t, f.Same(in, generation.Documents{Okta: zones.Okta, SailPoint: other.SailPoint}))

	// What there is none of any more is not named any more.
	none := generation.Documents{Okta: &generation.Okta{Zones: []byte("[]\n"), Policies: []byte("[]\n")}, SailPoint: &generation.SailPoint{}}
	fourth := pulled(t, f, none, noon)
	require.JSONEq(t, `{"okta":{"zones":["pulled/`+fourth+`/okta/zones.json"]},"sailpoint":{},"overlay":"overlay.json"}`, strings.Replace(read(t, f, "netwicket.json"), "// ours", "", 1))

	// What is taken along has to be there.
	pulled(t, f, zones, noon)
	require.NoError(t, os.RemoveAll(filepath.Join(f.Path, "pulled")))
	in, err = f.InForce()
	require.NoError(t, err)
	_, err = f.Candidate(in, network)
	require.ErrorContains(t, err, "cannot be read: no such file or directory")
}

// What lies beside a vendor's generation stays as a person wrote it.
func TestOthersStayAsTheyAreWritten(t *testing.T) {
	f := newFolder(t, map[string]string{"a.json": string(okta("nzo1").Zones), "r.json": rules("1")})
	const old = "00112233445566778899aabbccddeeff"
	write(t, f, "pulled/"+old+"/okta/zones.json", string(okta("nzo2").Zones))
	write(t, f, "netwicket.json", `{"okta":{"zones":["a.json","pulled/`+old+`/okta/zones.json", "pulled/`+old+`"],"rules":[ "r.json" /* mine */ ],"threatInsight":7}}`)
	d := generation.Documents{SailPoint: sailPoint(`[]`)}
	name := pulled(t, f, d, noon)
	require.Equal(t, `{"okta":{"zones":["a.json","pulled/`+name+`/okta/zones.json","pulled/`+old+`"],"rules":[ "r.json" /* mine */ ],"threatInsight":7}, "sailpoint": {"networkConfig": "pulled/`+name+`/sailpoint/network-config.json"}}`, read(t, f, "netwicket.json"))
}

// A profile that was not asked for stays, in force and in the generation.
func TestProfileStays(t *testing.T) {
	f := newFolder(t, nil)
	d := generation.Documents{SailPoint: sailPoint(`[]`)}
	in, err := f.InForce()
	require.NoError(t, err)
	require.False(t, in.HasProfile())
	d.SailPoint.Profile, d.SailPoint.Profiled = []byte(`{"offNetwork":true}`), true
	pulled(t, f, d, noon)
	in, err = f.InForce()
	require.NoError(t, err)
	require.True(t, in.HasProfile())
	name := pulled(t, f, generation.Documents{SailPoint: sailPoint(`["CA"]`)}, noon)
	require.Equal(t, `{"offNetwork":true}`, read(t, f, "pulled/"+name+"/sailpoint/auth-profile.json"))
	gone := generation.Documents{SailPoint: sailPoint(`["CA"]`)}
	gone.SailPoint.Profiled = true
	pulled(t, f, gone, noon)
	in, err = f.InForce()
	require.NoError(t, err)
	require.False(t, in.HasProfile())
}

// The policy file of a generation finds from there what the folder's finds, and holds
// what decides alone.
func TestGenerationsOwnPolicyFile(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "geo.csv")
	require.NoError(t, os.WriteFile(elsewhere, []byte("192.0.2.0/24,CA,,,\n"), 0o600))
	f := newFolder(t, map[string]string{
		"geo/here.csv": "198.51.100.0/24,FR,,,\n", "feeds/nord.txt": "203.0.113.0/28\n", "feeds/threats.txt": "203.0.113.64\n", "overlay.json": "{}", "t.json": `{"action":"none"}`,
		"pulled/11111111111111111111111111111111/x/geo.csv": "192.0.2.0/25,DE,,,\n",
		"netwicket.json": `{"$schema":"s","mode":"observe","geo":["` + elsewhere + `","./geo/../geo/here.csv","./pulled/11111111111111111111111111111111/x/geo.csv"],"services":{"NORD_VPN":["feeds/nord.txt"]},
			"assumeNone":["tor"],"overlay":"overlay.json","okta":{"zones":["z.json"],"threatFeeds":["feeds/threats.txt"],"threatInsight":"t.json"},"sailpoint":{"unknownCountry":"trust"},
			"serve":{"listen":"127.0.0.1:0"},"pull":{"okta":{"url":"https://acme.okta.com"}}}`,
	})
	d := generation.Documents{Okta: okta("nzo1")}
	name := pulled(t, f, d, noon)
	require.JSONEq(t, `{"geo":["`+elsewhere+`","../../geo/here.csv","../11111111111111111111111111111111/x/geo.csv"],"services":{"NORD_VPN":["../../feeds/nord.txt"]},
		"assumeNone":["tor"],"overlay":"../../overlay.json","okta":{"zones":["okta/zones.json"],"rules":["okta/rules/00p1.json","okta/rules/00p3.json"],"threatFeeds":["../../feeds/threats.txt"],"threatInsight":"okta/threat-insight.json"},
		"sailpoint":{"unknownCountry":"trust"}}`, read(t, f, "pulled/"+name+"/netwicket.json"))
	require.Equal(t, decides(t, policyfile.Options{Paths: []string{f.Path}}), decides(t, policyfile.Options{Paths: []string{filepath.Join(f.Path, "pulled", name)}}))
}

// What is in force says what was pulled, or does not, wherever it lies (U10).
func TestSame(t *testing.T) {
	zones := func(texts ...string) []byte { return []byte("[" + strings.Join(texts, ",") + "]") }
	const one, two = `{"id":"1","name":"A","_links":{"self":"https://a"}}`, `{"name":"B","id":"2"}`
	f := newFolder(t, map[string]string{
		"one.json": string(zones(one)), "two.json": string(zones(two)), "object.json": `{}`, "both.json": string(zones(one, two)),
		"r.json": rules("1"), "r2.json": rules("2"), "t.json": `{"action":"block"}`, "keys.json": `{"action":"none","action":"block"}`, "more.json": `{"action":"block"} x`,
		"twice.json": `[{"id":"2","id":"1"}]`, "behind.json": string(zones(one)) + "x", "n.json": `{"whitelisted":true}`, "p.json": `{"offNetwork":true}`,
	})
	okta := func(zones []byte, rules ...generation.Rules) generation.Documents {
		return generation.Documents{Okta: &generation.Okta{Zones: zones, Rules: rules}}
	}
	enforced := func(id string) generation.Rules {
		return generation.Rules{Policy: id, Enforced: true, Text: []byte(rules(id))}
	}
	off := generation.Rules{Policy: "9", Text: []byte(rules("9"))}
	threat := okta(zones(one))
	threat.Okta.Threat = []byte(`{ "action": "block" }`)
	sail := func(network, profile string, profiled bool) generation.Documents {
		d := generation.Documents{SailPoint: &generation.SailPoint{Profiled: profiled}}
		if network != "" {
			d.SailPoint.Network = []byte(network)
		}
		if profile != "" {
			d.SailPoint.Profile = []byte(profile)
		}
		return d
	}
	for _, c := range []struct {
		file string
		d    generation.Documents
		want bool
	}{
		{`{}`, generation.Documents{}, true},
		{`{"okta":{"zones":["one.json"]}}`, okta(zones(`{"name":"A","id":"1"}`)), true},
		{`{"okta":{"zones":["one.json"]}}`, okta(zones(`{"name":"B","id":"1"}`)), false},
		{`{"okta":{"zones":["one.json"]}}`, okta(zones(one, two)), false},
		{`{"okta":{"zones":["one.json","two.json"]}}`, okta(zones(one, two)), true},
		{`{"okta":{"zones":["two.json","one.json"]}}`, okta(zones(one, two)), false},
		{`{"okta":{"zones":["both.json"]}}`, okta(zones(one, two)), true},
		{`{"okta":{"zones":["one.json","object.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["one.json","missing.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["missing.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["` + filepath.Join(f.Path, "one.json") + `"]}}`, okta(zones(one)), true},
		{`{"okta":{"zones":["twice.json"]}}`, okta(zones(`{"id":"1"}`)), false},
		{`{"okta":{"zones":["behind.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["one.json"],"threatInsight":"keys.json"}}`, threat, false},
		{`{"okta":{"zones":["one.json"],"threatInsight":"more.json"}}`, threat, false},
		{`{"okta":{"zones":["one.json","netwicket.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":[]}}`, okta(zones()), false},
		{`{}`, okta(zones()), false},
		{`{"okta":{"zones":["one.json"]}}`, okta([]byte(`{`)), false},
		{`{"okta":{"zones":["one.json","two.json"]}}`, okta([]byte(`{`)), false},
		{`{"okta":{"zones":["one.json"],"rules":["r.json"]}}`, okta(zones(one), enforced("1")), true},
		{`{"okta":{"zones":["one.json"],"rules":["r.json"]}}`, okta(zones(one), off, enforced("1")), true},
		{`{"okta":{"zones":["one.json"],"rules":["r.json"]}}`, okta(zones(one), enforced("2")), false},
		{`{"okta":{"zones":["one.json"],"rules":["r.json"]}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["one.json"]}}`, okta(zones(one), enforced("1")), false},
		{`{"okta":{"zones":["one.json"],"rules":["r.json","r2.json"]}}`, okta(zones(one), enforced("1"), enforced("2")), true},
		{`{"okta":{"zones":["one.json"],"rules":["r.json","r2.json"]}}`, okta(zones(one), enforced("2"), enforced("1")), false},
		{`{"okta":{"zones":["one.json"],"rules":["r.json","missing.json"]}}`, okta(zones(one), enforced("1"), enforced("2")), false},
		{`{"okta":{"zones":["one.json"],"threatInsight":"t.json"}}`, threat, true},
		{`{"okta":{"zones":["one.json"],"threatInsight":"p.json"}}`, threat, false},
		{`{"okta":{"zones":["one.json"],"threatInsight":"t.json"}}`, okta(zones(one)), false},
		{`{"okta":{"zones":["one.json"],"threatInsight":7}}`, okta(zones(one)), true},
		{`{"okta":{"zones":["one.json"]}}`, threat, false},
		{`{"sailpoint":{"networkConfig":"n.json"}}`, sail(`{"whitelisted":true}`, "", false), true},
		{`{"sailpoint":{"networkConfig":"n.json"}}`, sail(`{"whitelisted":false}`, "", false), false},
		{`{"sailpoint":{"networkConfig":"n.json"}}`, sail("", "", false), false},
		{`{"sailpoint":{"networkConfig":"n.json","authProfile":"p.json"}}`, sail(`{"whitelisted":true}`, "", false), true},
		{`{"sailpoint":{"networkConfig":"n.json","authProfile":"p.json"}}`, sail(`{"whitelisted":true}`, "", true), false},
		{`{"sailpoint":{"networkConfig":"n.json","authProfile":"p.json"}}`, sail(`{"whitelisted":true}`, `{"offNetwork":true}`, true), true},
		{`{"sailpoint":{"networkConfig":"n.json","authProfile":"p.json"}}`, sail(`{"whitelisted":true}`, `{"offNetwork":false}`, true), false},
	} {
		write(t, f, "netwicket.json", c.file)
		in, err := f.InForce()
		require.NoError(t, err)
		require.Equal(t, c.want, f.Same(in, c.d), "%s %+v", c.file, c.d)
		require.Equal(t, []byte(c.file), f.Current(in)[filepath.Join(f.Path, "netwicket.json")])
	}
	for _, c := range [][2]string{{`{"a":1}`, `{"a":1.0}`}, {`{"a":12345678901234567890}`, `{"a":12345678901234567891}`}, {`{"a":[{"b":{"_links":1,"c":2}}]}`, `{"a":[{"b":{"c":3}}]}`}, {"", ""}, {"{}", ""}} {
		require.False(t, generation.Same([]byte(c[0]), []byte(c[1])), c)
		require.False(t, generation.Same([]byte(c[1]), []byte(c[0])), c)
	}
	require.True(t, generation.Same([]byte(`{"a":[{"b":{"_links":1,"c":2}}]}`), []byte(`{"a":[{"b":{"c":2}}],"_links":{}}`)))
}

// A vendor's documents are named, if one of them is.
func TestNames(t *testing.T) {
	f := newFolder(t, nil)
	both := generation.Documents{Okta: &generation.Okta{}, SailPoint: &generation.SailPoint{}}
	for file, want := range map[string][2]bool{
		`{}`: {}, `{"okta":{"threatFeeds":["x"]}}`: {}, `{"okta":{"zones":["x"]}}`: {true, false}, `{"okta":{"rules":["x"]}}`: {true, false}, `{"okta":{"threatInsight":"x"}}`: {true, false},
		`{"sailpoint":{"networkConfig":"x"}}`: {false, true}, `{"sailpoint":{"authProfile":"x"}}`: {false, true}, `{"sailpoint":{"unknownCountry":"trust"}}`: {},
	} {
		write(t, f, "netwicket.json", file)
		in, err := f.InForce()
		require.NoError(t, err)
		require.Equal(t, want[0], in.Names(generation.Documents{Okta: both.Okta}), file)
		require.Equal(t, want[1], in.Names(generation.Documents{SailPoint: both.SailPoint}), file)
		require.Equal(t, want[0] || want[1], in.Names(both), file)
		require.False(t, in.Names(generation.Documents{}), file)
	}
}

// What cannot be read is said before anything is written.
func TestWhatCannotBeRead(t *testing.T) {
	d := generation.Documents{Okta: okta("nzo1")}
	_, err := generation.Folder{Path: filepath.Join(t.TempDir(), "nowhere")}.InForce()
	require.ErrorContains(t, err, "nowhere: expected a folder, which is to hold the policy file and what is pulled")
	file := newFolder(t, map[string]string{"file": ""})
	_, err = generation.Folder{Path: filepath.Join(file.Path, "file")}.InForce()
	require.ErrorContains(t, err, "file")
	_, err = newFolder(t, map[string]string{"netwicket.json/x": ""}).InForce()
	require.ErrorContains(t, err, "netwicket.json: cannot be read: ")
	_, err = newFolder(t, map[string]string{"netwicket.json": "{\n]"}).InForce()
	require.ErrorContains(t, err, "netwicket.json:2:1: ")

	for text, want := range map[string]string{`{"okta":[]}`: "netwicket.json:1:9 /okta: expected an object", `{"okta":{"zones":["x"],"rules":7}}`: ""} {
		f := newFolder(t, map[string]string{"netwicket.json": text})
		in, err := f.InForce()
		require.NoError(t, err)
		_, err = f.Candidate(in, d)
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
	}
	large := newFolder(t, map[string]string{"netwicket.json": ""})
	require.NoError(t, os.Truncate(filepath.Join(large.Path, "netwicket.json"), files.DocumentLimit+1))
	_, err = large.InForce()
	require.ErrorContains(t, err, "larger than the limit")
	f := newFolder(t, map[string]string{"pulled": ""})
	in, err := f.InForce()
	require.NoError(t, err)
	_, err = f.Candidate(in, d)
	require.ErrorContains(t, err, "cannot be read: not a directory")

	// A folder that nothing may leave.
	outside := newFolder(t, map[string]string{"netwicket.json": "{}"})
	within := newFolder(t, nil)
	require.NoError(t, os.Symlink(filepath.Join(outside.Path, "netwicket.json"), filepath.Join(within.Path, "netwicket.json")))
	_, err = generation.Folder{Path: within.Path, Within: within.Path}.InForce()
	require.ErrorContains(t, err, "netwicket.json: cannot be read: ")
	require.NoError(t, os.Remove(filepath.Join(within.Path, "netwicket.json")))
	_, err = generation.Folder{Path: outside.Path, Within: within.Path}.InForce()
	require.Error(t, err)
}

// A document is stored as it was received, two spaces a level, and a list of objects
// from several pages as one.
func TestPretty(t *testing.T) {
	text, err := generation.Pretty([]byte(" {\"b\":1.50,\"a\":[\"\\u00e9\"]}\n\n"))
	require.NoError(t, err)
	require.Equal(t, "{\n  \"b\": 1.50,\n  \"a\": [\n    \"\\u00e9\"\n  ]\n}\n", string(text))
	_, err = generation.Pretty([]byte("{"))
	require.Error(t, err)
	root, err := jsondoc.Parse("x", []byte(`[{"id":1},{"id":2}, 3]`))
	require.NoError(t, err)
	var nodes []jsondoc.Node
	for _, node := range root.Elements() {
		nodes = append(nodes, node)
	}
	text, err = generation.List(nodes)
	require.NoError(t, err)
	require.Equal(t, "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  },\n  3\n]\n", string(text))
	text, err = generation.List(nil)
	require.NoError(t, err)
	require.Equal(t, "[]\n", string(text))
}

// The name of a generation is that of all its files, each in its place.
func TestNamesOfGenerations(t *testing.T) {
	seen := make(map[string]string)
	for name, d := range map[string]generation.Documents{
		"one": {Okta: okta("nzo1")}, "another": {Okta: okta("nzo2")}, "with a network": {Okta: okta("nzo1"), SailPoint: sailPoint(`[]`)},
		"the texts of rules swapped": {Okta: func() *generation.Okta {
			o := okta("nzo1")
			o.Rules[0].Text, o.Rules[2].Text = o.Rules[2].Text, o.Rules[0].Text
			return o
		}()},
		"a rule called otherwise": {Okta: func() *generation.Okta { o := okta("nzo1"); o.Rules[2].Policy = "00p4"; return o }()},
		"cut elsewhere": {Okta: func() *generation.Okta {
			o := okta("nzo1")
			o.Rules[0].Text, o.Rules[0].Policy = []byte("okta/rules/00p2.json"+rules("1")), "00p1"
			return o
		}()},
	} {
		made := prepared(t, newFolder(t, nil), d)
		require.Equal(t, made.Name, prepared(t, newFolder(t, nil), d).Name, "wherever it lies")
		require.Empty(t, seen[made.Name], name)
		seen[made.Name] = name
	}
}

// Since when the policy file has been as it is.
func TestAge(t *testing.T) {
	f := newFolder(t, nil)
	require.True(t, f.Age().IsZero())
	write(t, f, "netwicket.json", "{}")
	require.NoError(t, os.Chtimes(filepath.Join(f.Path, "netwicket.json"), noon, noon))
	require.True(t, f.Age().Equal(noon))
}
