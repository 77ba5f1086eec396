package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// compiled makes the snapshot policy.nws of the policy in the working directory.
func compiled(t *testing.T) {
	t.Helper()
	got := runIn(t, "", "compile", "-o", "policy.nws")
	require.Equal(t, 0, got.code, got.stderr)
	require.Empty(t, got.out)
}

func TestCompile(t *testing.T) {
	acme(t)
	before := names(t)
	got := runIn(t, "", "compile", "-o", "policy.nws")
	require.Equal(t, 0, got.code)
	require.Empty(t, got.out)
	require.Regexp(t, `^netwicket: fingerprint [0-9a-f]{32}, [0-9,]+ bytes, [0-9]+ IPv4 and [0-9]+ IPv6 intervals, csv\n$`, got.stderr)
	require.ElementsMatch(t, append(before[:len(before):len(before)], "policy.nws"), names(t), "nothing but the snapshot is written")

	first := readFile(t, "policy.nws")
	out := runIn(t, "", "compile", "-o", "-")
	require.Equal(t, 0, out.code)
	require.Equal(t, first, out.out, "the same policy gives the same bytes")
	require.Equal(t, got.stderr, out.stderr)

	said := runIn(t, "", "compile", "-o", "policy.nws", "--json")
	require.Equal(t, 0, said.code)
	require.Empty(t, said.stderr)
	object := objects(t, said.out)[0]
	require.Equal(t, "policy.nws", object["file"])
	require.EqualValues(t, len(first), object["bytes"])
	require.Equal(t, false, object["documents"])
	require.Equal(t, []any{map[string]any{"type": "csv", "built": nil}}, object["data"])
	require.Len(t, object["digest"], 64)
	require.NotContains(t, object, "verify")

	again := runIn(t, "", "compile", "-c", "policy.nws", "-o", "again.nws")
	require.Equal(t, 0, again.code, again.stderr)
	require.Equal(t, first, readFile(t, "again.nws"), "a snapshot of a snapshot is that snapshot")
}

// Whatever fails leaves the file that was there.
func TestCompileErrors(t *testing.T) {
	acme(t)
	writeFile(t, "policy.nws", "as before")
	writeFile(t, "broken.json", `{"okta": {"zones": ["absent.json"]}}`)
	writeFile(t, "ends.json", `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"], "overlay": "overlay.json"}`)
	writeFile(t, "overlay.json", `{"deny": [{"network": "198.51.100.7"}, {"network": "198.51.100.8", "until": "2001-01-01T00:00:00Z"}],
"allow": [{"network": "198.51.100.9", "until": "2999-01-01T00:00:00Z"}]}`)
	for want, args := range map[string][]string{
		"name the file to write with -o":       {},
		"both write to standard output":        {"-o", "-", "--json"},
		"absent.json:1:1: error":               {"-o", "policy.nws", "-c", "broken.json"},
		`unknown command "x"`:                  {"-o", "policy.nws", "x"},
		"absent/policy.nws: cannot be written": {"-o", "absent/policy.nws"},
		"zones.json is no snapshot":            {"--verify", "zones.json"},
		"policy.nws:1:1: error":                {"--verify", "policy.nws"},
		"absent.nws:1:1: error":                {"--verify", "absent.nws"},
		"overlay.json:2:23: error: \"198.51.100.9\": this entry ends at 2999": {"-o", "policy.nws", "-c", "ends.json"},
		"overlay.json:1:52: error: \"198.51.100.8\": this entry ends at 2001": {"-o", "policy.nws", "-c", "ends.json"},
		"[overlay-expiry]": {"-o", "policy.nws", "-c", "ends.json"},
	} {
		got := runIn(t, "", append([]string{"compile"}, args...)...)
		require.Equal(t, 1, got.code, want)
		require.Empty(t, got.out, want)
		require.Contains(t, got.stderr, want)
		require.Equal(t, "as before", readFile(t, "policy.nws"), want)
	}
}

// A snapshot is proven from its sources, or shown to be of others.
func TestCompileVerify(t *testing.T) {
	acme(t)
	compiled(t)
	got := runIn(t, "", "compile", "--verify", "policy.nws")
	require.Equal(t, 0, got.code)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, "policy.nws is equal: SHA-256 ")

	writeFile(t, "bare.json", readFile(t, "netwicket.json"))
	writeFile(t, "netwicket.json", strings.Replace(readFile(t, "netwicket.json"), `"okta"`, `"edge": {"source": "forwarded"}, "okta"`, 1))
	require.Equal(t, 0, runIn(t, "", "compile", "--verify", "policy.nws").code, "the edge is not in it")

	writeFile(t, "zones.json", strings.Replace(readFile(t, "zones.json"), "203.0.113.0/24", "192.0.2.128/25", 1))
	got = runIn(t, "", "compile", "--verify", "policy.nws")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, "policy.nws is another policy")
	require.Contains(t, got.out, "newly denied  128 IPv4 addresses")
	require.Equal(t, runIn(t, "", "diff", "policy.nws", "bare.json", "--reasons", "--summary").out, got.out, "as diff prints them")

	said := runIn(t, "", "compile", "--verify", "policy.nws", "-o", "new.nws", "--json")
	require.Equal(t, 2, said.code)
	verify := objects(t, said.out)[0]["verify"].(map[string]any)
	require.Equal(t, false, verify["equal"])
	require.Contains(t, verify["changes"], "otherReason")
	require.Equal(t, 0, runIn(t, "", "compile", "--verify", "new.nws").code)

	equal := runIn(t, "", "compile", "--verify", "new.nws", "--json")
	require.Equal(t, 0, equal.code)
	object := objects(t, equal.out)[0]
	require.Nil(t, object["file"])
	require.Equal(t, object["digest"], object["verify"].(map[string]any)["digest"])
}

// Every command takes a snapshot where it takes a policy, and says of it what it says of
// what it was compiled from.
func TestSnapshotEverywhere(t *testing.T) {
	acme(t)
	compiled(t)
	writeFile(t, "named.json", `{"snapshot": "policy.nws", "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}}`)
	writeFile(t, "edge.json", `{"edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}}`)
	writeFile(t, "log", `192.0.2.9 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 1`+"\n")
	writeFile(t, "tests.json", `[{"name":"in","remote":"192.0.2.9","want":{"decision":"allow"}}]`)
	addresses := []string{"192.0.2.9", "198.51.100.1", "203.0.113.9", "2001:db8::1", "9.9.9.9", "nonsense"}
	for _, args := range [][]string{
		append([]string{"eval"}, addresses...),
		append([]string{"eval", "--json"}, addresses...),
		{"eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 192.0.2.9"},
		{"replay", "log", "--json"},
		{"test", "tests.json"},
		{"check", "--must-allow", "192.0.2.9", "--must-deny", "203.0.113.9", "--must-deny", "192.0.2.8", "--json"},
		{"export", "--format", "csv"},
		{"export", "--format", "table"},
		{"export", "--format", "nftables"},
	} {
		want := runIn(t, "", args...)
		for _, path := range []string{"policy.nws"} {
			got := runIn(t, "", append(slices.Clone(args), "-c", path)...)
			require.Equal(t, want.code, got.code, "%v: %s", args, got.stderr)
			if args[0] == "check" { // which warns of documents
				require.Contains(t, want.out, strings.Replace(got.out, "policy.nws", "netwicket.json", 1))
				require.Len(t, objects(t, got.out), 1)
				continue
			}
			if args[0] == "replay" { // which tells countries
				require.Equal(t, objects(t, want.out)[0]["reasons"], objects(t, got.out)[0]["reasons"])
				continue
			}
			require.Equal(t, strings.ReplaceAll(want.out, "from netwicket.json", "from policy.nws"), got.out, "%v", args)
		}
	}
	want := runIn(t, "", "eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 203.0.113.9", "-c", "netwicket.json", "-c", "edge.json")
	require.Equal(t, want, runIn(t, "", "eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 203.0.113.9", "-c", "named.json"))
	require.Equal(t, want, runIn(t, "", "eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 203.0.113.9", "-c", "policy.nws", "-c", "edge.json"))

	same := runIn(t, "", "diff", "netwicket.json", "policy.nws", "--exit-code")
	require.Equal(t, 0, same.code, same.stderr)
	require.Contains(t, same.out, "no address is decided differently")
	require.NotContains(t, same.out, "Documents")

	for _, name := range []string{"map.png", "map.html"} {
		require.Equal(t, ran{}, runIn(t, "", "map", "-c", "policy.nws", "-o", name))
	}
	_, err := png.Decode(strings.NewReader(readFile(t, "map.png")))
	require.NoError(t, err)
	require.Contains(t, readFile(t, "map.html"), "A snapshot does not tell which networks")

	version := runIn(t, "", "version", "-c", "policy.nws", "--json")
	require.Equal(t, 0, version.code, version.stderr)
	policy := objects(t, version.out)[0]["policy"].(map[string]any)
	require.Equal(t, true, policy["snapshot"])
	ofSource := objects(t, runIn(t, "", "version", "-c", ".", "--json").out)[0]["policy"].(map[string]any)
	require.NotContains(t, ofSource, "snapshot")
	delete(policy, "snapshot")
	require.Equal(t, ofSource, policy)
	text := runIn(t, "", "version", "-c", "policy.nws").out
	require.Contains(t, text, "the documents and databases are not in it")
	require.NotContains(t, text, " , ")

	bench := runIn(t, "", "bench", "-c", "policy.nws", "--time", "1ms", "--json")
	require.Equal(t, 0, bench.code, bench.stderr)
	require.Nil(t, objects(t, bench.out)[0]["compileMilliseconds"])
	require.Contains(t, runIn(t, "", "bench", "-c", "policy.nws", "--time", "1ms").out, "load the snapshot")

	cover := runIn(t, "", "test", "-c", "policy.nws", "--coverage", "tests.json")
	require.Equal(t, 1, cover.code)
	require.Contains(t, cover.stderr, "policy.nws is a snapshot")
}

// What would have to be compiled with a snapshot is an error beside it.
func TestFlagsBesideASnapshot(t *testing.T) {
	acme(t)
	compiled(t)
	for _, flags := range [][]string{
		{"-g", "geo.csv"}, {"--service", "NORD_VPN=geo.csv"}, {"--threat", "geo.csv"}, {"--unknown-country", "deny"}, {"--unknown-country", "trust"},
		{"--assume-none", "vpn"}, {"-c", "zones.json"}, {"-c", "netwicket.json"},
	} {
		got := runIn(t, "", append([]string{"eval", "192.0.2.9", "-c", "policy.nws"}, flags...)...)
		require.Equal(t, 1, got.code, flags)
		require.Empty(t, got.out, flags)
		require.Contains(t, got.stderr, "[conflict]", flags)
	}
}

// Every code of a snapshot that is none, through a file: nothing is decided by it, and
// check lists it.
func TestCodesOfSnapshots(t *testing.T) {
	acme(t)
	compiled(t)
	whole := readFile(t, "policy.nws")
	changed := func(at int, to string) string { return whole[:at] + to + whole[at+len(to):] }
	writeFile(t, "named.json", `{"snapshot": "bad.nws"}`)
	for code, content := range map[string]string{
		"snapshot-format":    changed(8, "\x02"),
		"snapshot-truncated": whole[:len(whole)-1],
		"snapshot-digest":    changed(32, "damaged"),
		"snapshot-limit":     changed(24, "\xff\xff\xff\xff"),
		"snapshot-invalid":   whole + "behind",
	} {
		writeFile(t, "bad.nws", content)
		for _, path := range []string{"bad.nws", "named.json"} {
			got := runIn(t, "", "eval", "192.0.2.9", "-c", path)
			require.Equal(t, 1, got.code, code)
			require.Empty(t, got.out, code)
			require.Contains(t, got.stderr, "["+code+"]")
			require.True(t, strings.HasPrefix(got.stderr, "bad.nws:1:1: error: "), got.stderr)

			checked := runIn(t, "", "check", path, "--json")
			require.Equal(t, 3, checked.code, code)
			var found []string
			for _, object := range objects(t, checked.out) {
				found = append(found, object["file"].(string)+" "+object["code"].(string))
			}
			require.Equal(t, []string{"bad.nws " + code}, found)
		}
	}
	require.NoError(t, os.WriteFile("bad.nws", bytes.Repeat([]byte{0}, 100), 0o600))
	require.Contains(t, runIn(t, "", "eval", "192.0.2.9", "-c", "named.json").stderr, "[snapshot-invalid]")
	require.True(t, json.Valid([]byte(strings.TrimSpace(runIn(t, "", "check", "policy.nws", "--json").out+"{}"))))
}

// What explain says of a snapshot: the decision and the states, and that it has neither
// locations nor places of documents.
func TestExplainSnapshot(t *testing.T) {
	acme(t)
	compiled(t)
	for _, request := range [][]string{
		{"192.0.2.9"}, {"198.51.100.1"}, {"203.0.113.9"}, {"2001:db8::1"}, {"nonsense"}, {"--remote", "10.0.0.1", "-H", "X-Forwarded-For: 203.0.113.9, 192.0.2.9"},
	} {
		wanted := runIn(t, "", append([]string{"explain", "--json"}, request...)...)
		got := runIn(t, "", append([]string{"explain", "--json", "-c", "policy.nws"}, request...)...)
		require.Equal(t, wanted.code, got.code, got.stderr)
		require.Empty(t, got.stderr)
		want, object := objects(t, wanted.out)[0], objects(t, got.out)[0]
		require.Equal(t, "compiled snapshot; the databases are not in it", object["steps"].([]any)[0])
		require.Contains(t, object, "location")
		require.Nil(t, object["location"])
		require.Equal(t, true, object["policy"].(map[string]any)["snapshot"])
		provenance := object["provenance"].(map[string]any)
		require.Equal(t, map[string]any{"value": nil, "source": nil, "others": []any{}}, provenance["country"])
		require.Empty(t, provenance["zones"])
		for _, key := range []string{"decision", "reason", "reasons", "client", "zone", "rule", "chain", "zones", "unknown"} {
			require.Equal(t, want[key], object[key], "%v: %s", request, key)
		}
	}
	text := runIn(t, "", "explain", "-c", "policy.nws", "192.0.2.9")
	require.Equal(t, 0, text.code, text.stderr)
	require.Contains(t, text.out, "not in a snapshot")
	require.Contains(t, text.out, "192.0.2.0-192.0.2.255")
	require.NotContains(t, text.out, "geo.csv")
}

// Databases that went into a snapshot grow old in it.
func TestSnapshotOfOldData(t *testing.T) {
	acme(t)
	country := mmdbtest.File{Type: "GeoLite2-Country", Built: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}
	content, err := country.Bytes()
	require.NoError(t, err)
	writeFile(t, "country.mmdb", string(content))
	writeFile(t, "netwicket.json", strings.Replace(readFile(t, "netwicket.json"), `"geo.csv"`, `"geo.csv", "country.mmdb"`, 1))
	got := runIn(t, "", "compile", "-o", "policy.nws")
	require.Contains(t, got.stderr, "GeoLite2-Country of 2020-01-02")
	require.Contains(t, runIn(t, "", "check", "policy.nws").out, "policy.nws:1:1: warning: the database was built on 2020-01-02")
	require.Contains(t, runIn(t, "", "version", "-c", "policy.nws").out, "GeoLite2-Country  1 networks, built 2020-01-02")
}

// With its documents in it, a snapshot names the entries and places that explain names of
// the policy that it was compiled from, by the names of files alone.
func TestCompileDocuments(t *testing.T) {
	acme(t)
	require.NoError(t, os.Mkdir("okta", 0o755))
	require.NoError(t, os.Rename("zones.json", "okta/zones.json"))
	writeFile(t, "netwicket.json", strings.Replace(readFile(t, "netwicket.json"), `"zones.json"`, `"okta/zones.json"`, 1))
	compiled(t)
	got := runIn(t, "", "compile", "--documents", "-o", "whole.nws", "--json")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, true, objects(t, got.out)[0]["documents"])
	require.Greater(t, len(readFile(t, "whole.nws")), len(readFile(t, "policy.nws")))

	for _, addr := range []string{"192.0.2.9", "203.0.113.9"} {
		want := runIn(t, "", "explain", "--json", addr)
		provenance := func(out string) map[string]any { return objects(t, out)[0]["provenance"].(map[string]any) }
		told := runIn(t, "", "explain", "--json", "-c", "whole.nws", addr)
		require.Equal(t, want.code, told.code)
		for _, key := range []string{"zones", "entries"} {
			var of map[string]any
			text, err := json.Marshal(provenance(want.out)[key])
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(bytes.ReplaceAll(text, []byte("okta/"), nil), &of))
			require.NotEmpty(t, of)
			require.Equal(t, of, provenance(told.out)[key], key)
		}
		require.Equal(t, provenance(want.out)["rules"], provenance(told.out)["rules"])
		require.Empty(t, provenance(runIn(t, "", "explain", "--json", "-c", "policy.nws", addr).out)["entries"])
	}
	require.Contains(t, runIn(t, "", "explain", "-c", "whole.nws", "192.0.2.9").out, "192.0.2.9 is in gateway 192.0.2.0/24")

	require.Equal(t, 0, runIn(t, "", "compile", "--verify", "whole.nws").code, "with documents, since the file has them")
	require.Equal(t, 0, runIn(t, "", "compile", "--verify", "policy.nws").code)
	writeFile(t, "okta/zones.json", readFile(t, "okta/zones.json")+"\n")
	require.Equal(t, 2, runIn(t, "", "compile", "--verify", "whole.nws").code)
	require.Equal(t, 0, runIn(t, "", "compile", "--verify", "policy.nws").code)

	again := runIn(t, "", "compile", "-c", "whole.nws", "--documents", "-o", "again.nws")
	require.Equal(t, 1, again.code)
	require.Contains(t, again.stderr, "whole.nws is a snapshot")
}

// What is spared while a snapshot is read is not spared from then on.
func TestSnapshotIsReadSparingly(t *testing.T) {
	acme(t)
	compiled(t)
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(90)
	defer debug.SetGCPercent(percent)
	require.Equal(t, 0, runIn(t, "", "eval", "-c", "policy.nws", "192.0.2.9").code)
	require.Equal(t, limit, debug.SetMemoryLimit(-1))
	require.Equal(t, 90, debug.SetGCPercent(90))
	sparing(1<<20, func() { require.Equal(t, int64(20<<20), debug.SetMemoryLimit(-1)) })
	debug.SetMemoryLimit(1 << 40)
	defer debug.SetMemoryLimit(limit)
	sparing(1<<20, func() { require.Equal(t, int64(1<<40), debug.SetMemoryLimit(-1)) })
}

// compile --documents keeps the texts, which a snapshot has not any more; --verify says whether
// a snapshot is what would be compiled, and what differs if it is not.
func TestCompileVerifiesBriefly(t *testing.T) {
	country := mmdbtest.File{Type: "Test-Country", Built: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}
	content, err := country.Bytes()
	require.NoError(t, err)
	folder(t, map[string]string{"a.json": `{"range":["192.0.2.0/24"]}`, "b.json": `{"range":["192.0.2.0/25"]}`, "c.mmdb": string(content),
		"overlay.json": `{"deny":[{"network":"192.0.2.1","why":"x"}],"allow":[{"network":"192.0.2.2","until":"2036-01-01T00:00:00Z","why":"x"}]}`,
		"o.json":       `{"sailpoint":{"networkConfig":"a.json"},"overlay":"overlay.json"}`})
	compile := func(code int, args string) ran {
		t.Helper()
		got := runIn(t, "", words("compile "+args)...)
		require.Equal(t, code, got.code, "%s: %s", args, got.stderr)
		return got
	}
	require.Contains(t, compile(0, "-c a.json -g c.mmdb -o dated.nws").stderr, " intervals, Test-Country of 2026-01-02\n")
	plain := objects(t, compile(0, "-c a.json -o a.nws --json").out)[0]
	texts := objects(t, compile(0, "-c a.json -o texts.nws --documents --json").out)[0]
	require.Equal(t, []any{false, true}, []any{plain["documents"], texts["documents"]})
	require.Less(t, plain["bytes"], texts["bytes"])
	require.Equal(t, true, objects(t, compile(2, "-c a.json --verify a.nws -o both.nws --documents --json").out)[0]["documents"], "also where the snapshot has none")
	require.Contains(t, compile(1, "-c texts.nws -o x.nws --documents").stderr, "--documents: texts.nws is a snapshot, whose documents are not at hand")
	compile(0, "-c texts.nws -o again.nws")

	require.Equal(t, 1, strings.Count(compile(0, "-c a.json --verify a.nws").stderr, "netwicket: a.nws is equal: SHA-256 "+plain["digest"].(string)+"\n"))
	require.Contains(t, compile(0, "-c a.json --verify texts.nws").stderr, "texts.nws is equal", "with texts where the snapshot has them")
	equal := objects(t, compile(0, "-c a.json --verify a.nws --json").out)[0]
	require.Nil(t, equal["file"])
	require.Equal(t, map[string]any{"file": "a.nws", "fingerprint": plain["fingerprint"], "digest": plain["digest"], "equal": true}, equal["verify"])
	other := compile(2, "-c b.json --verify a.nws")
	require.Contains(t, other.stderr, "netwicket: a.nws is another policy: its content has SHA-256 "+plain["digest"].(string)+", and what was compiled ")
	require.Contains(t, other.out, "newly denied  128 IPv4 addresses")
	changed := compile(2, "-c b.json --verify a.nws --json")
	require.Empty(t, changed.stderr)
	verify := objects(t, changed.out)[0]["verify"].(map[string]any)
	require.Equal(t, false, verify["equal"])
	require.Equal(t, 128.0, verify["changes"].(map[string]any)["newlyDenied"].(map[string]any)["ipv4"])
	require.Equal(t, 0.0, verify["changes"].(map[string]any)["newlyAllowed"].(map[string]any)["ipv4"])
	compile(0, "-c b.json -o b.nws")
	require.Equal(t, readFile(t, "b.nws"), compile(2, "-c b.json -o - --verify a.nws").out, "standard output is the snapshot alone")
	require.Contains(t, compile(1, "-c b.json --verify a.json").stderr, "--verify: a.json is no snapshot, as compile -o writes it")
	require.Contains(t, compile(1, "-c b.json --verify absent.nws").stderr, "absent.nws")
	refused := compile(1, "-c o.json -o o.nws")
	require.Contains(t, refused.stderr, "overlay.json:1:")
	require.Equal(t, 1, strings.Count(refused.stderr, "overlay-expiry"), "the entry that ends, and no other")
	require.NoFileExists(t, "o.nws")
}

// That nobody can be told what was compiled, or how a comparison ended, is an error.
func TestCompileToldNobody(t *testing.T) {
	folder(t, map[string]string{"a.json": `{"range":["192.0.2.0/24"]}`, "b.json": `{"range":["192.0.2.0/25"]}`})
	require.Zero(t, runIn(t, "", words("compile -c a.json -o a.nws")...).code)
	for _, args := range []string{"compile -c a.json -o b.nws", "compile -c a.json --verify a.nws", "compile -c b.json --verify a.nws"} {
		whole := runIn(t, "", words(args)...)
		for _, room := range []int{0, len(whole.stderr) / 2, len(whole.stderr) - 1} {
			require.Equal(t, 1, run(words(args), strings.NewReader(""), io.Discard, &fullDevice{room}), "%s with room for %d bytes", args, room)
		}
	}
}
