package doctor_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

const zones = `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`

// examine writes a policy file with these keys beside zones and a database, and
// examines it on a machine where everything is well but for what changes.
func examine(t *testing.T, keys string, changes ...func(*doctor.Options)) doctor.Report {
	t.Helper()
	return examineFile(t, `{"okta":{"zones":["zones.json"]},`+keys+`}`, changes...)
}

// examineFile is examine for the whole text of a policy file.
func examineFile(t *testing.T, policyFile string, changes ...func(*doctor.Options)) doctor.Report {
	t.Helper()
	t.Chdir(t.TempDir())
	database, err := mmdbtest.File{Type: "Test-Country", Built: noon.AddDate(0, 0, -30), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}.Bytes()
	require.NoError(t, err)
	for name, text := range map[string]string{"netwicket.json": policyFile, "zones.json": zones, "country.mmdb": string(database), "feed.txt": "203.0.113.9\n"} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	require.NoError(t, os.Chtimes("feed.txt", noon, noon.AddDate(0, 0, -3)))
	options := doctor.Options{Now: noon, System: doctor.System{
		Listens:  func(uint16) (string, bool) { return "", false },
		Writable: func(string) error { return nil },
		User:     "user netwicket", Descriptors: 20_000,
	}}
	for _, change := range changes {
		change(&options)
	}
	return doctor.Examine(options)
}

const goodEdge = `"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for"}`

// wrong are the checks of a report that are not good, as STATE TEXT.
func wrong(r doctor.Report) (texts []string) {
	for _, c := range r.Checks {
		if c.State != doctor.OK {
			texts = append(texts, string(c.State)+" "+c.Text)
		}
	}
	return texts
}

// has holds a report to one thing that is wrong, which begins so, and to saying what
// to do about every error.
func has(t *testing.T, r doctor.Report, want string) {
	t.Helper()
	for _, c := range r.Checks {
		require.True(t, c.State != doctor.Error || c.Do != "", "%s: what is to be done?", c.Text)
	}
	found := wrong(r)
	if want == "" {
		require.Empty(t, found)
	} else {
		require.Len(t, found, 1)
		require.Contains(t, found[0], want)
	}
	require.Equal(t, !strings.HasPrefix(want, "error"), r.Works())
}

func TestEdgeAndListeners(t *testing.T) {
	for _, row := range []struct{ name, keys, want string }{
		{"a proxy beside it", goodEdge, ""},
		{"no edge", `"mode":"enforce"`, `error serve needs an "edge"`},
		{"the peer", `"edge":{"trusted":["127.0.0.1"]}`, "error serve needs an edge.source other than"},
		{"a proxy elsewhere, and a listener for this machine", `"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`,
			"error listen is 127.0.0.1:9180, which only programs of this machine, from 127.0.0.0/8, can reach, and none of them is in edge.trusted"},
		{"part of the loopback network", `"edge":{"trusted":["127.9.0.0/16"],"source":"x-forwarded-for"}`, ""},
		{"everything", `"edge":{"trusted":["0.0.0.0/1"],"source":"x-forwarded-for"}`, "warning 1 warning about the documents"},
		{"mapped", `"edge":{"trusted":["::ffff:127.0.0.1/128"],"source":"x-forwarded-for"}`, ""},
		{"IPv6 for an IPv4 listener", `"edge":{"trusted":["::1"],"source":"x-forwarded-for"}`, "error listen is 127.0.0.1:9180, which only"},
		{"IPv6", `"edge":{"trusted":["::1"],"source":"x-forwarded-for"},"serve":{"listen":"[::1]:9180"}`, ""},
		{"either, by a name", `"edge":{"trusted":["::1"],"source":"x-forwarded-for"},"serve":{"listen":"localhost:9180"}`, ""},
		{"IPv4 for an IPv6 listener", `"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for"},"serve":{"listen":"[2001:db8::1]:9180","metrics":"127.0.0.1:9181"}`,
			"error listen is [2001:db8::1]:9180, which only IPv6 addresses can reach"},
		{"both families", `"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"listen":":9180","metrics":"127.0.0.1:9181"}`, ""},
		{"IPv6 for all of IPv4", `"edge":{"trusted":["2001:db8::/32"],"source":"x-forwarded-for"},"serve":{"listen":"0.0.0.0:9180","metrics":"127.0.0.1:9181"}`,
			"error listen is 0.0.0.0:9180, which only IPv4 addresses can reach"},
		{"a socket that nobody trusts", goodEdge + `,"serve":{"listen":"unix:ask.sock"}`, "error listen is the Unix socket ask.sock: who asks there has no address"},
		{"a socket", `"edge":{"trustUnix":true,"source":"x-forwarded-for"},"serve":{"listen":"unix:ask.sock"}`, ""},
		{"an address, where sockets are trusted", `"edge":{"trustUnix":true,"source":"x-forwarded-for"}`, "error listen is 127.0.0.1:9180, and nobody is in edge.trusted"},
		{"Envoy elsewhere", goodEdge + `,"serve":{"grpc":"[::1]:9191"}`, "error grpc is [::1]:9191, which only programs of this machine, from ::1, can reach"},
		{"one address twice", goodEdge + `,"serve":{"metrics":"127.0.0.1:9180"}`, "error listen and metrics are both 127.0.0.1:9180"},
		{"metrics for everybody", goodEdge + `,"serve":{"metrics":":9181"}`, "warning metrics is :9181: whoever reaches it reads /metrics"},
		{"PROXY headers of nobody", `"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"proxyProtocol":true}`, "error listen is 127.0.0.1:9180, which only"},
		{"a port for root", goodEdge + `,"serve":{"listen":"127.0.0.1:80"}`, "warning listen is 127.0.0.1:80: below port 1024 the system may not let user netwicket listen"},
		{"the proxy as its client", `"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for","onMissing":"peer"}`, "warning onMissing peer"},
		{"a claim", `"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for","allTrusted":"leftmost"}`, "warning allTrusted leftmost"},
		{"observing", goodEdge + `,"mode":"observe"`, "warning mode observe"},
		{"an address that must not be locked out", goodEdge + `,"serve":{"guard":["203.0.113.7"]}`, "error it denies 203.0.113.7, which is in serve.guard"},
		{"a certificate that is none", goodEdge + `,"serve":{"tlsCert":"zones.json","tlsKey":"feed.txt"}`, "error certificate zones.json with key feed.txt: "},
		{"no certificate", goodEdge + `,"serve":{"tlsCert":"absent.pem","tlsKey":"feed.txt"}`, "error certificate absent.pem: no such file"},
		{"a database in time", goodEdge + `,"geo":["country.mmdb"],"serve":{"maxAge":"30d"}`, ""},
		{"a database too old", goodEdge + `,"geo":["country.mmdb"],"serve":{"maxAge":"29d"}`,
			"error country.mmdb (Test-Country) was built 2026-10-27, 30 days ago: serve.maxAge is 29 days, and /readyz fails"},
	} {
		t.Run(row.name, func(t *testing.T) { has(t, examine(t, row.keys), row.want) })
	}
	flags := func(o *doctor.Options) { o.Listen, o.Metrics = "[::1]:9180", "127.0.0.1:9181" }
	has(t, examine(t, goodEdge, flags), "error listen is [::1]:9180, which only")
}

func TestMachine(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*doctor.Options)
		want   string
	}{
		{"a netwicket runs", func(o *doctor.Options) { o.System.Listens = func(uint16) (string, bool) { return "netwicket", true } }, ""},
		{"another program", func(o *doctor.Options) {
			o.System.Listens = func(port uint16) (string, bool) { return "nginx", port == 9180 }
		}, "error listen is 127.0.0.1:9180: nginx listens on that port"},
		{"somebody else's", func(o *doctor.Options) { o.System.Listens = func(uint16) (string, bool) { return "", true } }, "warning listen is 127.0.0.1:9180: somebody listens"},
		{"a system that does not say", func(o *doctor.Options) { o.System.Listens, o.System.Writable = nil, nil }, ""},
		{"root", func(o *doctor.Options) { o.System.Root = true }, "warning this is user netwicket, who may read every file"},
		{"few descriptors", func(o *doctor.Options) { o.System.Descriptors = 256 }, "warning 256 descriptors"},
		{"no number of them", func(o *doctor.Options) { o.System.Descriptors = 0 }, ""},
		{"a folder for the socket that is not ours", func(o *doctor.Options) {
			o.Listen, o.System.Writable = "unix:run/ask.sock", func(string) error { return errors.New("permission denied") }
		}, "error listen is the Unix socket run/ask.sock: nothing can be made in run: permission denied"},
		{"no socket in its place", func(o *doctor.Options) { o.Listen = "unix:zones.json" }, "error listen is the Unix socket zones.json, where something lies that is no socket"},
	} {
		t.Run(row.name, func(t *testing.T) {
			has(t, examine(t, `"edge":{"trusted":["127.0.0.1"],"trustUnix":true,"source":"x-forwarded-for"}`, row.change), row.want)
		})
	}
}

func TestCertificates(t *testing.T) {
	cert, key := doorwaytest.WriteCertificate(t, t.TempDir(), 1)
	keys := goodEdge + `,"serve":{"tlsCert":"` + cert + `","tlsKey":"` + key + `"}`
	at := func(now time.Time) func(*doctor.Options) { return func(o *doctor.Options) { o.Now = now } }
	report := examine(t, keys, at(time.Now()))
	for _, c := range report.Checks {
		require.NotEqual(t, doctor.Error, c.State, c.Text)
	}
	has(t, examine(t, keys, at(noon.AddDate(200, 0, 0))), "error certificate "+cert+" ended ")
	require.NoError(t, os.Chmod(key, 0o644))
	found := wrong(examine(t, keys, at(time.Now())))
	require.Contains(t, strings.Join(found, "\n"), "warning everybody on this machine may read the key "+filepath.Clean(key))
}

// What is broken is said with its place, and nothing else is looked at.
func TestBrokenPolicy(t *testing.T) {
	report := examine(t, `"geo":["absent.mmdb"],"mode":"x"`)
	require.False(t, report.Works())
	require.Nil(t, report.Edge)
	found := wrong(report)
	require.Len(t, found, 2)
	require.Contains(t, found[0], "error netwicket.json:1:")
	require.Contains(t, found[1], "error absent.mmdb:1:1: cannot be read")
}

// The screen says what is in force in the order of its parts.
func TestParts(t *testing.T) {
	report := examine(t, goodEdge+`,"geo":["country.mmdb"],"services":{"NORD_VPN":["feed.txt"]}`)
	var parts, texts []string
	for _, c := range report.Checks {
		if len(parts) == 0 || parts[len(parts)-1] != c.About {
			parts = append(parts, c.About)
		}
		texts = append(texts, c.Text)
	}
	require.Equal(t, []string{doctor.InForce, doctor.Data, doctor.Edge, doctor.Machine}, parts)
	all := strings.Join(texts, "\n")
	require.Regexp(t, `policy [0-9a-f]{32} from files: 1 zone, 1 of them ACTIVE, 0 rules\n`, all)
	require.Contains(t, all, "country.mmdb (Test-Country) was built 2026-10-27, 30 days ago; serve.maxAge sets no limit\n")
	require.Contains(t, all, "feed.txt (netset) has 1 network and changed 2026-11-23, 3 days ago\n")
	require.Contains(t, all, "4 files and 0 folders of the policy can be read as user netwicket, and are watched\n")
}

const someLog = `time=x level=INFO msg=text
{"time":"2026-11-26T11:00:00Z","level":"INFO","msg":"serving","address":"127.0.0.1:9180"}
{"time":"2026-11-26T11:00:01Z","level":"INFO","msg":"denied","decision":"deny","reason":"client_unresolved","peer_ip":"10.0.0.1","ip_source":"x-forwarded-for","hops":0,"error":"missing"}
{"time":"2026-11-26T11:00:02Z","level":"WARN","msg":"caller outside edge.trusted refused; if it is one of our proxies, add it there","decision":"deny","peer_ip":"127.0.0.1","policy":"f"}
{"time":"2026-11-26T11:00:03Z","level":"WARN","msg":"caller outside edge.trusted refused; if it is one of our proxies, add it there","decision":"deny","peer_ip":"192.0.2.9","policy":"f"}
{"time":"2026-11-26T11:00:04Z","level":"INFO","msg":"denied","decision":"deny","reason":"client_unresolved","peer_ip":"10.0.0.2","ip_source":"x-forwarded-for","error":"malformed","header":"\"x, y\""}
{"time":"2026-11-26T11:00:05Z","level":"INFO","msg":"denied","decision":"deny","reason":"blocklisted","client_ip":"203.0.113.9","peer_ip":"10.0.0.1","ip_source":"x-forwarded-for","hops":1,"headers":{"Host":"\"h\"","X-Id":"\"7\""},"reference":"AAAA-BBBB"}
{"time":"2026-11-26T11:00:06Z","level":"WARN","msg":"no policy of this name is served","decision":"deny","name":"x","peer_ip":"10.0.0.3"}
{"time":"2026-11-26T11:00:07Z","level":"INFO","msg":"denied","decision":"deny","reason":"client_unresolved","peer_ip":"10.7.0.0/24","error":"short","ip_source":"hops:2"}
`

func TestReadLog(t *testing.T) {
	last, used, err := doctor.ReadLog(strings.NewReader(someLog), netip.Addr{})
	require.NoError(t, err)
	require.Equal(t, 8, used)
	var peers []string
	for _, a := range last {
		peers = append(peers, a.Peer)
	}
	require.Equal(t, []string{"10.7.0.0/24", "10.0.0.1", "10.0.0.2", "192.0.2.9", "127.0.0.1"}, peers, "the latest first, each once")
	report := examine(t, goodEdge)
	var checks []string
	for _, a := range last {
		c := a.Check(report.Edge)
		require.Equal(t, doctor.Proxies, c.About)
		require.NotEmpty(t, c.Do)
		checks = append(checks, string(c.State)+" "+c.Text+" -> "+c.Do)
	}
	require.Equal(t, []string{
		`warning 10.7.0.0/24 asked at 2026-11-26T11:00:07Z: no client was found (short) by hops:2 -> lower the N of hops:N in edge.source to the proxies that there are`,
		`ok 10.0.0.1 asked at 2026-11-26T11:00:05Z: denied: blocklisted, client 203.0.113.9 by x-forwarded-for, reference AAAA-BBBB; Host: "h"; X-Id: "7" -> netwicket explain 203.0.113.9 says why`,
		`warning 10.0.0.2 asked at 2026-11-26T11:00:04Z: no client was found (malformed) by x-forwarded-for; it sent "x, y" -> have the proxy overwrite the header instead of passing on what its client sent, or add to it`,
		`warning 192.0.2.9 asked at 2026-11-26T11:00:03Z: refused: it is not in edge.trusted -> if it is one of our proxies, add it to edge.trusted`,
		`warning 127.0.0.1 asked at 2026-11-26T11:00:02Z: refused as a stranger, and now it is in edge.trusted: the running service has another policy -> reload: send SIGHUP, and look at what the log says of it`,
	}, checks)

	for only, want := range map[string]string{"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.2": "10.0.0.2", "10.7.0.200": "10.7.0.0/24", "10.0.0.3": ""} {
		last, _, err := doctor.ReadLog(strings.NewReader(someLog), netip.MustParseAddr(only))
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, last)
			continue
		}
		require.Len(t, last, 1)
		require.Equal(t, want, last[0].Peer)
	}
	_, _, err = doctor.ReadLog(strings.NewReader(strings.Repeat("x", 2<<20)), netip.Addr{})
	require.ErrorContains(t, err, "this is no log of netwicket serve")
}

// Every error of the edge has advice of its own.
func TestAdvice(t *testing.T) {
	seen := map[string]bool{}
	for _, code := range []string{"missing", "malformed", "obfuscated", "all_trusted", "too_long", "short", "bad_peer"} {
		do := doctor.Asked{Error: code, Source: "x-forwarded-for"}.Check(&policyfile.Parts{}).Do
		require.NotEmpty(t, do)
		require.False(t, seen[do], code)
		seen[do] = true
	}
}
