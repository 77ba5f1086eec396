package console_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/decide/policyfile"
)

const blockingOne = `[{"type":"IP","id":"z1","name":"Bad","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":%q}]}]`

// fingerprintOf is what the map's page says of the policy.
func fingerprintOf(t *testing.T, d *desk) string {
	t.Helper()
	status, page := d.get("somebody", "map")
	require.Equal(t, http.StatusOK, status)
	found := regexp.MustCompile(`data-fingerprint="([0-9a-f]+)"`).FindStringSubmatch(page)
	require.NotNil(t, found, page)
	return found[1]
}

func mapDesk(t *testing.T) *desk {
	t.Helper()
	return newDesk(t, fmt.Sprintf(blockingOne, "198.18.0.0/16"), uploads.Limits{})
}

// A tile is a picture that a browser may keep, of the policy that its address names and of
// no other one.
func TestTile(t *testing.T) {
	d := mapDesk(t)
	print := fingerprintOf(t, d)
	target := "/tile?family=4&by=decision&z=3&x=5&y=2&fingerprint=" + print
	first := d.do("somebody", httptest.NewRequest(http.MethodGet, target, nil))
	require.Equal(t, http.StatusOK, first.Code)
	require.Equal(t, "image/png", first.Header().Get("Content-Type"))
	require.Contains(t, first.Header().Get("Cache-Control"), "private")
	picture, err := png.Decode(bytes.NewReader(first.Body.Bytes()))
	require.NoError(t, err)
	require.Equal(t, 256, picture.Bounds().Dx())
	again := httptest.NewRequest(http.MethodGet, target, nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, d.do("somebody", again).Code)
	other := d.do("somebody", httptest.NewRequest(http.MethodGet, "/tile?family=4&by=reason&z=3&x=5&y=2&fingerprint="+print, nil))
	require.NotEqual(t, first.Header().Get("ETag"), other.Header().Get("ETag"))
}

// What is no tile and no point is refused, with what was expected.
func TestTileIsRefused(t *testing.T) {
	d := mapDesk(t)
	print := fingerprintOf(t, d)
	good := func() url.Values {
		return url.Values{"family": {"4"}, "by": {"decision"}, "z": {"1"}, "x": {"0"}, "y": {"1"}, "fingerprint": {print}}
	}
	for name, values := range map[string][]string{
		"family": {"5", "4 ", "-4", "0x4"}, "by": {"colour", "change", "<b>"}, "z": {"", "-1", "9", "1.5", "99999999999", "a"},
		"x": {"", "2", "-1"}, "y": {"2", "+1"}, "against": {"1", "-1", "../zones.json", "99999999999999"}, "fingerprint": {"", "0", "../x"},
	} {
		for _, value := range values {
			asked := good()
			asked.Set(name, value)
			status, said := d.get("somebody", "tile?"+asked.Encode())
			want := http.StatusBadRequest
			if name == "fingerprint" {
				want = http.StatusConflict
			}
			require.Equal(t, want, status, "%s=%s: %s", name, value, said)
			require.NotContains(t, said, "PNG")
		}
	}
	for _, target := range []string{"point?level=17&x=0&y=0", "point?level=2&x=4&y=0", "point?level=a", "map?at=nonsense", "map?at=::ffff:192.0.2.0/120", "map?by=x", "map?against=7", "map?level=99"} {
		status, said := d.part("somebody", target, "view")
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", target, said)
	}
	status, page := d.get("somebody", "map?at="+url.QueryEscape(`"><script>alert(1)</script>`))
	require.Equal(t, http.StatusBadRequest, status)
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, "expected an address or a network")
}

// Without a script the page has the picture, the legend and the ranges, with links that
// lead on.
func TestMapPage(t *testing.T) {
	d := mapDesk(t)
	status, page := d.get("somebody", "map?at=198.18.7.0/24&by=reason")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "198.18.7.0/24</bdi></h2>")
	require.Regexp(t, `100\.0 % \(256\)`, page)
	require.Contains(t, page, "blocklisted")
	require.Contains(t, page, `href="map?at=198.18.4.0%2F22&amp;by=reason"`)
	_, page = d.get("somebody", "map?by=zone")
	require.Contains(t, page, "<bdi>Bad</bdi>")
	require.Contains(t, page, `src="tile?family=4&amp;by=zone`)
	require.Contains(t, page, "198.18.0.0/16</bdi></a>")
	status, page = d.get("somebody", "map?at=2001:db8::/32")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, page, "in no network that the policy names")
}

// A pointer is told what Ask would tell: decision, zones and what the network is for.
func TestPoint(t *testing.T) {
	d := mapDesk(t)
	_, view := d.part("somebody", "map?at=198.18.3.4", "view")
	mark := regexp.MustCompile(`data-mark="(\d+) (\d+) (\d+)"`).FindStringSubmatch(view)
	require.NotNil(t, mark)
	status, point := d.part("somebody", fmt.Sprintf("point?level=%s&x=%s&y=%s", mark[1], mark[2], mark[3]), "point")
	require.Equal(t, http.StatusOK, status)
	for _, said := range []string{"198.18.3.4/32", "deny", "blocklisted", "<bdi>Bad</bdi>", "benchmarking", "ask?q=198.18.3.4"} {
		require.Contains(t, point, said)
	}
}

// Names of zones are shown and nothing else, whatever stands in them.
func TestMapOfHostileNames(t *testing.T) {
	name, err := json.Marshal("<img src=x onerror=alert(1)>\u202e\x07\"'{{.}}")
	require.NoError(t, err)
	zones := fmt.Sprintf(`[{"type":"IP","id":"z1","name":%s,"status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.0.0/16"}]}]`, name)
	d := newDesk(t, zones, uploads.Limits{})
	_, page := d.get("somebody", "map?at=198.51.0.0/16&by=zone")
	_, point := d.part("somebody", "point?by=zone&level=0", "point")
	for _, markup := range []string{page, point} {
		require.Contains(t, markup, "&lt;img src=x onerror")
		require.NotContains(t, markup, "<img src=x")
		require.NotContains(t, markup, "\u202e")
		require.NotContains(t, markup, "\x07")
	}
}

// The map against a generation of the folder says what has changed since.
func TestMapAgainstAGeneration(t *testing.T) {
	before, now := fmt.Sprintf(blockingOne, "198.18.0.0/16"), fmt.Sprintf(blockingOne, "198.19.0.0/16")
	folder := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	settings := `{"okta":{"zones":["zones.json"]}}`
	put("zones.json", now)
	put("netwicket.json", settings)
	changed := make(map[string]string)
	for name, text := range map[string]string{"zones.json": before, "netwicket.json": settings} {
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		changed[name] = hash
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		put(".netwicket/history/objects/"+hash[:2]+"/"+hash+".gz", packed.String())
	}
	line, err := json.Marshal(map[string]any{"generation": 1, "time": "2026-03-01T10:00:00Z", "caller": "eve <b>", "action": "first start", "fingerprint": "f", "changed": changed})
	require.NoError(t, err)
	put(".netwicket/history/generations.jsonl", string(line)+"\n")

	d := deskAt(t, folder, uploads.Limits{})
	status, page := d.get("somebody", "map?against=1")
	require.Equal(t, http.StatusOK, status, page)
	require.Contains(t, page, "generation 1, 2026-03-01 10:00, eve &lt;b&gt;")
	require.Regexp(t, `(?s)newly allowed.*\(65,536\).*newly denied.*\(65,536\)`, page)
	require.Contains(t, page, "198.18.0.0/16</bdi></a>")
	_, view := d.part("somebody", "map?against=1&at=198.18.0.0/16", "view")
	require.Contains(t, view, "newly allowed")
	require.NotContains(t, view, "newly denied")
	status, _ = d.get("somebody", "tile?by=country&z=0&x=0&y=0&against=1&fingerprint="+fingerprintOf(t, d))
	require.Equal(t, http.StatusOK, status)
	status, _ = d.get("somebody", "map?against=2")
	require.Equal(t, http.StatusBadRequest, status)
}

// The map against another policy says what differs between the two as their files are now,
// and never a picture of what they were.
func TestMapAgainstAnotherPolicy(t *testing.T) {
	folder := t.TempDir()
	now, before := filepath.Join(folder, "now.json"), filepath.Join(folder, "before.json")
	put := func(path, network string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, blockingOne, network), 0o600))
	}
	put(now, "198.19.0.0/16")
	put(before, "198.18.0.0/16")
	options := console.Options{
		Policy:  policyfile.Options{Paths: []string{now}},
		Against: policyfile.Options{Paths: []string{before}}, AgainstName: "before <i>.json",
	}
	site, err := console.New(options)
	require.NoError(t, err)
	t.Cleanup(site.Close)
	d := &desk{t, site, site.Handler()}

	look := func() (view, tile string) {
		t.Helper()
		status, page := d.get("somebody", "map?against=other")
		require.Equal(t, http.StatusOK, status, page)
		require.Contains(t, page, `<option value="other" selected>before &lt;i&gt;.json</option>`)
		require.Contains(t, page, "compared with before &lt;i&gt;.json")
		found := regexp.MustCompile(`data-fingerprint="([0-9a-f]+-[0-9a-f]+)"`).FindStringSubmatch(page)
		require.NotNil(t, found, page)
		return page, "tile?by=decision&z=0&x=0&y=0&against=other&fingerprint=" + found[1]
	}
	page, tile := look()
	require.Regexp(t, `(?s)newly allowed.*\(65,536\).*newly denied.*\(65,536\)`, page)
	status, first := d.get("somebody", tile)
	require.Equal(t, http.StatusOK, status)
	_, point := d.part("somebody", "point?level=0&against=other", "point")
	require.Contains(t, point, "Compared with before &lt;i&gt;.json")
	require.Contains(t, point, "newly denied")
	_, point = d.part("somebody", "point?level=0", "point")
	require.NotContains(t, point, "Compared with")

	put(before, "198.16.0.0/15")
	page, next := look()
	require.Regexp(t, `(?s)newly allowed.*\(131,072\).*newly denied.*\(65,536\)`, page)
	status, _ = d.get("somebody", tile)
	require.Equal(t, http.StatusConflict, status)
	status, second := d.get("somebody", next)
	require.Equal(t, http.StatusOK, status)
	require.NotEqual(t, first, second)

	put(before, "198.18.0.0/40") // the one before is in force, as with the policy itself
	page, same := look()
	require.Equal(t, next, same)
	require.Contains(t, page, "(131,072)")
	_, err = console.New(options)
	require.ErrorContains(t, err, "before.json:1:")

	alone := mapDesk(t)
	status, page = alone.get("somebody", "map?against=other")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, page, "--against")
	status, page = alone.get("somebody", "map?against=some")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, page, "expected the number of a generation, or other")
}
