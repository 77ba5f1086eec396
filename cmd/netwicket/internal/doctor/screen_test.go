package doctor_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// said are the texts of a part of a report, as STATE TEXT.
func said(r doctor.Report, about string) (texts []string) {
	for _, c := range r.Checks {
		if c.About == about {
			texts = append(texts, string(c.State)+" "+c.Text)
		}
	}
	return texts
}

// Who is trusted is listed, but not all of many.
func TestEdgeInWords(t *testing.T) {
	trusted := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"127.0.0.%d"`, i+1))
		}
		return strings.Join(list, ",")
	}
	for edge, want := range map[string]string{
		`"trusted":[` + trusted(5) + `]`:                  "127.0.0.1/32, 127.0.0.2/32, 127.0.0.3/32, 127.0.0.4/32, 127.0.0.5/32",
		`"trusted":[` + trusted(6) + `]`:                  "127.0.0.1/32, 127.0.0.2/32, 127.0.0.3/32, 127.0.0.4/32, 127.0.0.5/32, and others",
		`"trusted":[` + trusted(1) + `],"trustUnix":true`: "127.0.0.1/32, Unix sockets",
	} {
		report := examine(t, `"edge":{`+edge+`,"source":"x-forwarded-for"}`)
		require.Equal(t, []string{"ok the client is read from x-forwarded-for of proxies at " + want}, said(report, doctor.Edge))
	}
	report := examine(t, goodEdge+`,"serve":{"proxyProtocol":true,"grpc":"127.0.0.1:9191"}`)
	require.Equal(t, []string{
		"ok the client is read from x-forwarded-for of proxies at 127.0.0.1/32",
		"ok proxyProtocol: every proxy in edge.trusted has to begin with a PROXY header, and the address in it has to be in edge.trusted too",
	}, said(report, doctor.Edge))
}

// Ports and sockets, as they are found.
func TestListenersInWords(t *testing.T) {
	ports := map[uint16]string{9180: "netwicket", 9191: ""}
	listens := func(o *doctor.Options) {
		o.System.Listens = func(port uint16) (string, bool) {
			program, found := ports[port]
			return program, found
		}
	}
	report := examine(t, goodEdge+`,"serve":{"listen":"127.0.0.1:9180","grpc":"127.0.0.1:9191","metrics":"127.0.0.1:9181"}`, listens)
	require.Equal(t, []string{
		"ok 2 files and 0 folders of the policy can be read as user netwicket, and are watched",
		"ok listen is 127.0.0.1:9180: a netwicket listens on that port", "warning grpc is 127.0.0.1:9191: somebody listens on that port",
		"ok metrics is 127.0.0.1:9181: nobody listens on that port, so that no netwicket runs there", "ok 20000 descriptors as doctor runs",
	}, said(report, doctor.Machine))
	report = examine(t, goodEdge+`,"serve":{"listen":"127.0.0.1:0"}`, listens)
	require.Len(t, said(report, doctor.Machine), 2, "any port that is free is")
	report = examine(t, goodEdge, func(o *doctor.Options) { o.System.Listens = nil })
	require.Contains(t, said(report, doctor.Machine), "ok listen is 127.0.0.1:9180; whether it is free cannot be told on this system without opening it")
	for port, want := range map[int]string{1023: "warning listen is 127.0.0.1:1023: below port 1024 the system may not let user netwicket listen", 1024: ""} {
		has(t, examine(t, fmt.Sprintf(`%s,"serve":{"listen":"127.0.0.1:%d"}`, goodEdge, port)), want)
	}
	for descriptors, want := range map[uint64]string{1023: "warning 1023 descriptors as doctor runs: each connection of a proxy takes one, and strangers have a fourth", 1024: ""} {
		has(t, examine(t, goodEdge, func(o *doctor.Options) { o.System.Descriptors = descriptors }), want)
	}
	root := examine(t, goodEdge+`,"serve":{"listen":"127.0.0.1:80"}`, func(o *doctor.Options) { o.System.Root = true })
	require.Len(t, wrong(root), 1, "root may take any port")

	const unix = `"edge":{"trusted":["127.0.0.1"],"trustUnix":true,"source":"x-forwarded-for"},"serve":{"listen":"unix:ask.sock"}`
	require.Contains(t, said(examine(t, unix), doctor.Machine), "ok listen is the Unix socket ask.sock, which is not there: no netwicket runs there")
	require.Len(t, said(examine(t, unix, func(o *doctor.Options) { o.System.Writable = nil }), doctor.Machine), 2, "nobody can tell")
	there := func(*doctor.Options) {
		listener, err := net.Listen("unix", "ask.sock")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
	}
	require.Contains(t, said(examine(t, unix, there), doctor.Machine), "ok listen is the Unix socket ask.sock, which is there: a netwicket runs, or ended without removing it")
	has(t, examine(t, strings.Replace(unix, "ask.sock", "zones.json/ask.sock", 1)), "error listen is the Unix socket zones.json/ask.sock: ")
	has(t, examine(t, strings.Replace(unix, "}}", `},"metrics":"unix:ask.sock"}`, 1)+"", func(o *doctor.Options) { o.Metrics = "unix:ask.sock" }), "error listen and metrics are both unix:ask.sock: the second cannot be opened")

	// One that cannot be opened twice is looked at once, and the others all the same.
	report = examine(t, goodEdge+`,"serve":{"listen":"127.0.0.1:9180","grpc":"127.0.0.1:9180","metrics":"127.0.0.1:9181"}`, listens)
	require.Equal(t, []string{
		"ok listen is 127.0.0.1:9180: a netwicket listens on that port", "error listen and grpc are both 127.0.0.1:9180: the second cannot be opened",
		"ok metrics is 127.0.0.1:9181: nobody listens on that port, so that no netwicket runs there",
	}, said(report, doctor.Machine)[1:4])
	report = examine(t, unix, func(o *doctor.Options) { o.System.Writable = func(string) error { return os.ErrPermission } })
	require.Equal(t, []string{"error listen is the Unix socket ask.sock: nothing can be made in .: permission denied"}, said(report, doctor.Machine)[1:2])
	require.NotContains(t, strings.Join(said(report, doctor.Machine), "\n"), "not there")

	// Whoever reaches the questions reaches the metrics, unless they are elsewhere.
	has(t, examine(t, `"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"listen":":9180"}`), "warning listen is :9180: whoever reaches it reads /metrics and /status")
	has(t, examine(t, `"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"listen":":9180","metrics":"localhost:9181"}`), "")
	has(t, examine(t, goodEdge+`,"serve":{"metrics":"unix:metrics.sock"}`), "")
	has(t, examine(t, goodEdge+`,"serve":{"metrics":"192.0.2.1:9181"}`), "warning metrics is 192.0.2.1:9181: whoever")
}

// A certificate by the days that it has.
func TestCertificateInWords(t *testing.T) {
	cert, key := doorwaytest.WriteCertificate(t, t.TempDir(), 1)
	pair, err := tls.LoadX509KeyPair(cert, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	require.NoError(t, err)
	keys := goodEdge + `,"serve":{"tlsCert":"` + cert + `","tlsKey":"` + key + `"}`
	ends := leaf.NotAfter.UTC().Format(time.RFC3339)
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]string{
		15 * day: "ok certificate " + cert + " ends " + ends + ", in 15 days", 14 * day: "ok certificate " + cert + " ends " + ends + ", in 14 days",
		14*day - 1: "warning certificate " + cert + " ends " + ends + ", in 13 days", day: "warning certificate " + cert + " ends " + ends + ", in 1 day",
		day - 1: "warning certificate " + cert + " ends " + ends + ", in less than a day", 0: "error certificate " + cert + " ended " + ends, -day: "error certificate " + cert + " ended " + ends,
	} {
		report := examine(t, keys, func(o *doctor.Options) { o.Now = leaf.NotAfter.Add(-left) })
		require.Contains(t, said(report, doctor.Machine), want)
		require.NotContains(t, strings.Join(said(report, doctor.Machine), "\n"), "everybody")
	}
	has(t, examine(t, goodEdge+`,"serve":{"tlsCert":"zones.json","tlsKey":"absent.pem"}`), "error key absent.pem: no such file or directory")
}

// Data by its age, and lists by when they changed.
func TestDataInWords(t *testing.T) {
	undated := func(*doctor.Options) {
		database, err := mmdbtest.File{Type: "Test-Country", Built: time.Unix(1<<60, 0), Networks: []mmdbtest.Network{{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}}}}.Bytes()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("country.mmdb", database, 0o600))
	}
	require.Equal(t, []string{"warning country.mmdb (Test-Country) does not say when it was built"}, said(examine(t, goodEdge+`,"geo":["country.mmdb"]`, undated), doctor.Data))
	require.Equal(t, []string{"error country.mmdb (Test-Country) does not say when it was built: with serve.maxAge /readyz fails"},
		said(examine(t, goodEdge+`,"geo":["country.mmdb"],"serve":{"maxAge":"30d"}`, undated), doctor.Data))
	require.Equal(t, []string{"ok country.mmdb (Test-Country) was built 2026-10-27, 30 days ago; serve.maxAge is 30 days"}, said(examine(t, goodEdge+`,"geo":["country.mmdb"],"serve":{"maxAge":"30d"}`), doctor.Data))

	feeds := func(*doctor.Options) {
		for name, days := range map[string]int{"feed.txt": 1, "other.txt": 0} {
			require.NoError(t, os.WriteFile(name, []byte("203.0.113.9\n203.0.113.10\n"), 0o600))
			require.NoError(t, os.Chtimes(name, noon, noon.AddDate(0, 0, -days)))
		}
		require.NoError(t, os.WriteFile("threat.json", []byte(`{"action":"block"}`), 0o600))
	}
	report := examineFile(t, `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt","other.txt"]},"services":{"NORD_VPN":["feed.txt"]},`+goodEdge+`}`, feeds)
	require.Equal(t, []string{
		"ok feed.txt (netset) has 2 networks and changed 2026-11-25, 1 day ago", "ok other.txt (threat feed) has 2 networks and changed 2026-11-26, less than a day ago",
	}, said(report, doctor.Data), "each once")
}

// What was compiled into a snapshot has no files of its own.
func TestDataOfASnapshot(t *testing.T) {
	compiled := func(*doctor.Options) {
		policy, err := policyfile.Load(policyfile.Options{Paths: []string{"files.json"}}).Compile()
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, policy.WriteSnapshot(&out))
		require.NoError(t, os.WriteFile("policy.nws", out.Bytes(), 0o600))
	}
	files := func(*doctor.Options) {
		require.NoError(t, os.WriteFile("files.json", []byte(`{"okta":{"zones":["zones.json"]},"geo":["country.mmdb"],"services":{"NORD_VPN":["feed.txt"]}}`), 0o600))
	}
	report := examineFile(t, `{"snapshot":"policy.nws",`+goodEdge+`}`, files, compiled)
	require.Equal(t, []string{"ok Test-Country was built 2026-10-27, 30 days ago; serve.maxAge sets no limit", "ok a netset of 1 network"}, said(report, doctor.Data))
	require.Regexp(t, `^ok policy [0-9a-f]{32} from the snapshot policy.nws: `, said(report, doctor.InForce)[0])
}

// Who can reach a listener, by the spelling of its address.
func TestWhoReachesAListener(t *testing.T) {
	for listen, trusted := range map[string][2]string{ // one who can, and one who cannot
		"127.0.0.1:9180": {"127.0.0.1", "::1"}, "[::ffff:127.0.0.1]:9180": {"127.0.0.1", "::1"}, "[::1]:9180": {"::1", "127.0.0.1"}, "[::]:9180": {"10.0.0.1", ""}, ":9180": {"2001:db8::1", ""},
		"[::ffff:192.0.2.1]:9180": {"10.0.0.1", "2001:db8::1"}, "[2001:db8::9]:9180": {"2001:db8::1", "10.0.0.1"},
	} {
		for i, proxy := range trusted {
			if proxy == "" {
				continue
			}
			report := examine(t, `"edge":{"trusted":["`+proxy+`"],"source":"x-forwarded-for"},"serve":{"listen":"`+listen+`","metrics":"127.0.0.1:9181"}`)
			require.Equal(t, i == 0, report.Works(), "%s from %s: %q", listen, proxy, wrong(report))
		}
	}
	all := examine(t, `"edge":{"trusted":["::ffff:0:0/96"],"allowTrustAll":true,"source":"x-forwarded-for"}`)
	require.True(t, all.Works(), "all of IPv4: %q", wrong(all))
	// A network of addresses that are written mapped is of IPv4.
	has(t, examine(t, `"edge":{"trusted":["::ffff:127.0.0.0/104"],"source":"x-forwarded-for"}`), "")
}

// What is in force: emergency entries by the hour, warnings, and what must not be locked
// out.
func TestInForceInWords(t *testing.T) {
	overlay := func(*doctor.Options) {
		text, err := json.Marshal(map[string]any{
			"deny":  []map[string]string{{"network": "192.0.2.1", "why": "x", "until": "2026-11-26T13:00:00Z"}, {"network": "192.0.2.2", "why": "x", "until": "2026-11-26T11:00:00Z"}, {"network": "192.0.2.3", "why": "x"}},
			"allow": []map[string]string{{"network": "192.0.2.4", "why": "x", "until": "2026-11-27T13:00:00Z"}},
		})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("overlay.json", text, 0o600))
	}
	require.Contains(t, said(examine(t, goodEdge+`,"overlay":"overlay.json"`, overlay), doctor.InForce), "ok overlay: 2 entries deny and 1 allow, the next of which ends at 2026-11-26T13:00:00Z")
	never := func(*doctor.Options) { require.NoError(t, os.WriteFile("overlay.json", []byte("{}"), 0o600)) }
	require.Contains(t, said(examine(t, goodEdge+`,"overlay":"overlay.json"`, never), doctor.InForce), "ok overlay: 0 entries deny and 0 allow")
	require.NotContains(t, strings.Join(said(examine(t, goodEdge), doctor.InForce), "\n"), "overlay")
	require.Contains(t, said(examine(t, goodEdge), doctor.InForce), "ok mode enforce: what the policy denies is denied")
	has(t, examine(t, `"serve":{"guard":["203.0.113.7"]}`), `error serve needs an "edge"`)

	has(t, examine(t, goodEdge+`,"serve":{"guard":["192.0.2.1","198.51.100.1"]}`), "")
	// What loads may not compile; then nothing else is looked at.
	rules := func(*doctor.Options) {
		require.NoError(t, os.WriteFile("rules.json", []byte(`[{"id":"1","name":"r","priority":1,"conditions":{"network":{"connection":"ZONE","include":["absent"]}},"actions":{"signon":{"access":"ALLOW"}}}]`), 0o600))
	}
	report := examineFile(t, `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},`+goodEdge+`}`, rules)
	has(t, report, "error rules.json:1:")
	require.Nil(t, report.Edge)
	require.Len(t, report.Checks, 1)

	// Of many errors some are shown, and the others counted.
	for more, want := range map[int]string{0: "", 1: "error and 1 more errors", 3: "error and 3 more errors"} {
		var zones []string
		for i := range finding.Shown + more {
			zones = append(zones, fmt.Sprintf(`{"type":"IP","id":"z%d","name":"Z%d","gateways":[{"type":"CIDR","value":"203.0.113.0/99"}]}`, i, i))
		}
		many := func(*doctor.Options) {
			require.NoError(t, os.WriteFile("zones.json", []byte("["+strings.Join(zones, ",")+"]"), 0o600))
		}
		found := wrong(examine(t, goodEdge, many))
		if want == "" {
			require.Len(t, found, finding.Shown)
			continue
		}
		require.Len(t, found, finding.Shown+1)
		require.Equal(t, want, found[finding.Shown])
	}
}

// The last questions of a log: none but the latest of each peer, a thousandfold.
func TestLongLogs(t *testing.T) {
	line := func(i int, peer string) string {
		return fmt.Sprintf(`{"time":"2026-11-26T11:00:00Z","msg":"denied","decision":"deny","reason":"blocklisted","client_ip":"203.0.113.9","peer_ip":%q,"hops":%d}`+"\n", peer, i)
	}
	var log strings.Builder
	for i := range 10_000 {
		log.WriteString(line(i, fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
	}
	last, used, err := doctor.ReadLog(strings.NewReader(log.String()+line(7, "10.0.0.0")), netip.Addr{})
	require.NoError(t, err)
	require.Equal(t, 10_001, used)
	require.Len(t, last, 10_000)
	require.Equal(t, "10.0.0.0", last[0].Peer, "of one time the lower name comes first")
	require.Equal(t, 7, last[0].Hops)
	_, _, err = doctor.ReadLog(strings.NewReader(log.String()+line(1, "10.1.0.0")), netip.Addr{})
	require.EqualError(t, err, "more than 10000 peers from line 10001 on; name one with --proxy")
	long := strings.Repeat(" ", 1<<20-len(line(1, "10.1.0.0"))) + line(1, "10.1.0.0")
	last, _, err = doctor.ReadLog(strings.NewReader(long), netip.Addr{})
	require.NoError(t, err)
	require.Len(t, last, 1)
	_, _, err = doctor.ReadLog(strings.NewReader(" "+long), netip.Addr{})
	require.EqualError(t, err, "a line of more than 1048576 bytes: this is no log of netwicket serve")
	socket, _, err := doctor.ReadLog(strings.NewReader(`{"msg":"denied","decision":"deny"}`+"\n"+`{"msg":"denied","decision":"deny","peer":"@"}`), netip.Addr{})
	require.NoError(t, err)
	require.Equal(t, []string{"@", "a local socket, or no address"}, []string{socket[0].Peer, socket[1].Peer})
	nobody := doctor.Asked{Message: "denied", Reason: "blocklisted", Client: "203.0.113.9", Source: "x-forwarded-for"}
	require.True(t, strings.HasSuffix(nobody.Check(nil).Text, "denied: blocklisted, client 203.0.113.9 by x-forwarded-for"), "no reference was given")
	require.Equal(t, "refused: it is not in edge.trusted", strings.SplitN(doctor.Asked{Peer: "@", Message: "caller outside edge.trusted refused; if it is one of our proxies, add it there"}.Check(nil).Text, ": ", 2)[1])
	six := examine(t, `"edge":{"trusted":["2001:db8::1","::ffff:192.0.2.0/120"],"source":"x-forwarded-for"},"serve":{"listen":"[::]:9180","metrics":"127.0.0.1:9181"}`).Edge
	for peer, inside := range map[string]bool{"2001:db8::1": true, "2001:db8::2": false, "192.0.2.9": true, "::ffff:192.0.2.9": true, "192.0.3.1": false} {
		text := doctor.Asked{Peer: peer, Message: "caller outside edge.trusted refused; if it is one of our proxies, add it there"}.Check(six).Text
		require.Equal(t, inside, strings.Contains(text, "now it is in edge.trusted"), text)
	}
	_, used, err = doctor.ReadLog(strings.NewReader("{}\n{\"msg\":\"x\"}\n7\n"), netip.Addr{})
	require.NoError(t, err)
	require.Equal(t, 1, used, "what has no message is no line of serve's")
	_, _, err = doctor.ReadLog(brokenLog{}, netip.Addr{})
	require.ErrorIs(t, err, os.ErrClosed)
}

type brokenLog struct{}

func (brokenLog) Read([]byte) (int, error) { return 0, os.ErrClosed }
