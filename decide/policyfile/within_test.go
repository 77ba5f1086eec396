//go:build unix

package policyfile_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// loadSoon is Load. One that never ends fails the test.
func loadSoon(t *testing.T, options policyfile.Options) *policyfile.Parts {
	t.Helper()
	done := make(chan *policyfile.Parts, 1)
	go func() { done <- policyfile.Load(options) }()
	select {
	case parts := <-done:
		return parts
	case <-time.After(20 * time.Second):
		require.FailNow(t, "it waits for ever")
		return nil
	}
}

// TestWithin: what leads out of the folder is an error where it is named, whatever
// names it, and nothing of it is read.
func TestWithin(t *testing.T) {
	secret := t.TempDir()
	for name, text := range map[string]string{
		"zones.json": zonesText, "list.txt": feedText, "geo.csv": geoText, "passwords": "root:hunter2\n", "geo/x.csv": geoText, "overlay.json": overlayText,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(secret, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(secret, name), []byte(text), 0o600))
	}
	good := map[string]string{
		"p/zones.json": zonesText, "p/geo/a.csv": geoText, "p/list.txt": feedText, "p/cert.pem": "", "p/netwicket.json": `{"okta": {"zones": ["zones.json"]}}`,
	}
	for _, test := range []struct {
		name    string
		policy  string
		links   map[string]string
		options policyfile.Options
		want    []string
	}{
		{
			name: "nothing", policy: `{"okta":{"zones":["zones.json"],"threatFeeds":["list.txt"]},"geo":["geo"],"services":{"VPN":["list.txt"]},"serve":{"tlsCert":"cert.pem","tlsKey":"missing.pem"}}`,
		},
		{
			name: "paths of every key",
			policy: `{"okta":{"zones":["` + secret + `/zones.json"],"rules":["../../x"],"threatInsight":"../../x","threatFeeds":["` + secret + `/list.txt"]},
 "sailpoint":{"networkConfig":"../../x","authProfile":"../../x"},
 "geo":["` + secret + `/geo.csv","` + secret + `/geo"],"services":{"VPN":["` + secret + `/passwords"]},
 "overlay":"` + secret + `/overlay.json",
 "serve":{"tlsCert":"` + secret + `/passwords","tlsKey":"../../x"}}`,
			want: []string{
				"/okta/zones/0", "/okta/rules/0", "/okta/threatInsight", "/okta/threatFeeds/0", "/sailpoint/networkConfig", "/sailpoint/authProfile",
				"/geo/0", "/geo/1", "/services/VPN/0", "/overlay", "/serve/tlsCert", "/serve/tlsKey",
			},
		},
		{
			name: "links", policy: `{"okta":{"zones":["zones.json","link.json"],"threatFeeds":["link/list.txt"]},"geo":["geo"]}`,
			links: map[string]string{"p/link.json": secret + "/zones.json", "p/link": secret, "p/geo/b.csv": secret + "/geo.csv"},
			want:  []string{"/okta/zones/1", "/okta/threatFeeds/0", "/geo/0"},
		},
		{
			name: "one path twice", policy: `{"okta":{"zones":["` + secret + `/zones.json","` + secret + `/zones.json"]}}`,
			want: []string{"/okta/zones/0", "/okta/zones/1"},
		},
		{
			name: "a link that stays", policy: `{"okta":{"zones":["link.json"]}}`,
			links: map[string]string{"p/link.json": "zones.json"},
		},
		{
			name:    "the command line",
			options: policyfile.Options{Geo: []string{secret + "/geo.csv", secret}, Threats: []string{secret + "/list.txt"}, Services: []policyfile.ServiceList{{Name: "VPN", Path: secret + "/list.txt"}}},
			want:    []string{"", "", ""}, // of a path that is given twice once
		},
		{name: "a policy elsewhere", options: policyfile.Options{Paths: []string{secret + "/passwords"}}, want: []string{""}},
		{name: "the default policy", links: map[string]string{"netwicket.json": secret + "/passwords"}, want: []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, good)
			if test.policy != "" {
				require.NoError(t, os.WriteFile("p/netwicket.json", []byte(test.policy), 0o600))
			}
			for name, target := range test.links {
				require.NoError(t, os.Symlink(target, name))
			}
			options := test.options
			if options.Paths == nil && test.links["netwicket.json"] == "" {
				options.Paths = []string{"p"}
			}
			options.Within = "."
			parts := loadSoon(t, options)
			var got []string
			for _, f := range parts.Findings {
				require.Equal(t, "outside-folder", f.Code, f)
				require.NotContains(t, f.Error(), "hunter2")
				if f.Path != "" {
					require.Equal(t, "p/netwicket.json", f.File)
				}
				got = append(got, f.Path)
			}
			require.ElementsMatch(t, test.want, got)
			require.Nil(t, parts.Config.Overlay)
			if test.want != nil {
				require.Error(t, parts.Err())
			}
		})
	}
}

// TestEdgeStaysWithin: who asks for the edge alone gets no other policy's.
func TestEdgeStaysWithin(t *testing.T) {
	folder(t, map[string]string{"a/netwicket.json": `{"edge":{}}`, "b/netwicket.json": `{"edge":{}}`})
	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"a"}, Within: "a"})
	require.NoError(t, err)
	require.NotNil(t, edge)
	_, err = policyfile.LoadEdge(policyfile.Options{Paths: []string{"b"}, Within: "a"})
	require.ErrorContains(t, err, "leads outside of the folder a")
}

// TestWhatIsNoFile: what stands among the files and is none is said and not waited for.
func TestWhatIsNoFile(t *testing.T) {
	const policy = `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt"]},"geo":["geo"],"services":{"VPN":["nord.txt"]}}`
	good := map[string]string{
		"netwicket.json": policy, "zones.json": zonesText, "threat.json": threatText, "feed.txt": feedText, "geo/a.csv": geoText, "nord.txt": feedText, "geo/b.csv": geoText,
	}
	for _, path := range []string{"netwicket.json", "zones.json", "threat.json", "feed.txt", "geo/b.csv", "geo/c.mmdb", "nord.txt"} {
		for kind, make := range map[string]func(string) error{
			"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
			"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
			"a socket": func(path string) error {
				listener, err := net.Listen("unix", path)
				if err == nil {
					t.Cleanup(func() { listener.Close() })
				}
				return err
			},
		} {
			t.Run(path+" is "+kind, func(t *testing.T) {
				folder(t, good)
				require.Empty(t, loadSoon(t, policyfile.Options{}).Err())
				require.NoError(t, os.RemoveAll(path))
				require.NoError(t, make(path))
				if path == "netwicket.json" && kind == "a folder" {
					return // which may hold the policy file
				}
				for _, paths := range [][]string{nil, {"."}} {
					parts := loadSoon(t, policyfile.Options{Paths: paths})
					require.Len(t, parts.Findings, 1)
					require.Equal(t, path+":1:1", parts.Findings[0].Position())
					require.ErrorContains(t, parts.Findings[0], "it is "+kind+"; expected a regular file")
					require.Contains(t, parts.Files, path, "it is watched all the same")
				}
			})
		}
	}
}

// TestPipesThatAreNamed: a process substitution is a pipe.
func TestPipesThatAreNamed(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{}`})
	substitute := func(name, content string) string {
		require.NoError(t, syscall.Mkfifo(name, 0o600))
		go func() { _ = os.WriteFile(name, []byte(content), 0o600) }() // Load tells
		return name
	}
	parts := loadSoon(t, policyfile.Options{
		Paths: []string{substitute("zones", zonesText)}, Geo: []string{substitute("geo", geoText)},
		Threats: []string{substitute("threats", feedText)}, Services: []policyfile.ServiceList{{Name: "VPN", Path: substitute("vpn", feedText)}},
	})
	require.Empty(t, parts.Findings)
	require.Len(t, parts.Config.Zones, 1)
	require.Len(t, parts.Config.ThreatFeeds, 1)
	require.Len(t, parts.Config.Geo.Datasets(), 2)
	checked := policyfile.Check(policyfile.Options{Paths: []string{substitute("alone.csv", geoText)}}, false)
	require.Empty(t, checked.Findings)
}

// What the documents that were not read would have brought along is not missed.
func TestOutsideIsSaidOnce(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "geo.csv")
	require.NoError(t, os.WriteFile(outside, []byte(geoText), 0o600))
	folder(t, map[string]string{
		"p/netwicket.json": `{"okta":{"zones":["zones.json"]},"geo":["` + outside + `"]}`,
		"p/zones.json":     `[{"type":"DYNAMIC","id":"nzo1","name":"Germany","locations":[{"country":"DE"}]}]`,
	})
	checked := policyfile.Check(policyfile.Options{Paths: []string{"p"}, Within: "p"}, false)
	require.Equal(t, []string{"p/netwicket.json:1:41 /geo/0 outside-folder"}, lines(checked.Findings))
}
