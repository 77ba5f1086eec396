package console_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// acme is a copy of the example's policy.
func acme(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "..", "..", "examples", "acme"))))
	return dir
}

// changer is a site over a folder, and who visits it.
type changer struct {
	t       testing.TB
	dir     string
	site    *console.Console
	visitor console.Visitor
}

func newChanger(t *testing.T, dir string, change ...func(*console.Options)) *changer {
	t.Helper()
	options := console.Options{Policy: policyfile.Options{Paths: []string{dir}}, Folder: dir}
	options.Store = func(loaded policyfile.Opened) (*tenant.Store, func(), error) {
		with := policyfile.Options{Before: loaded.Parts, Previous: loaded.Policy}
		store, err := tenant.Open(tenant.Options{Folder: dir, Between: true, AsFound: true, Policy: with})
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
	for _, one := range change {
		one(&options)
	}
	site, err := console.New(options)
	require.NoError(t, err)
	return &changer{t, dir, site, console.Visitor{Name: "ann", MayChange: true}}
}

func (c *changer) do(r *http.Request) *httptest.ResponseRecorder {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.site.Handler().ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), c.visitor)))
	return w
}

func (c *changer) get(file string) *httptest.ResponseRecorder {
	c.t.Helper()
	return c.do(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change?file="+url.QueryEscape(file), nil))
}

// post sends a form as a browser does: with all line ends of its values CRLF.
func (c *changer) post(part string, fields map[string]string) *httptest.ResponseRecorder {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		value = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(value)
		require.NoError(c.t, form.WriteField(name, value))
	}
	require.NoError(c.t, form.Close())
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "http://127.0.0.1")
	if part != "" {
		r.Header.Set("X-Part", part)
	}
	return c.do(r)
}

func (c *changer) read(file string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(file)))
	require.NoError(c.t, err)
	return string(text)
}

func (c *changer) write(file, text string) {
	c.t.Helper()
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, filepath.FromSlash(file)), []byte(text), 0o600))
}

// draft is the form of a document with another text.
func (c *changer) draft(file, text string) map[string]string {
	c.t.Helper()
	return map[string]string{"file": file, "begun": tenant.HashOf([]byte(c.read(file))), "text": text}
}

var (
	sealPattern = regexp.MustCompile(`name="seal" value="([0-9a-f]{64})"`)
	tags        = regexp.MustCompile(`<[^>]*>`)
)

// save previews a draft and then saves it as the preview offers.
func (c *changer) save(draft map[string]string) *httptest.ResponseRecorder {
	c.t.Helper()
	preview := c.post("result", draft)
	require.Equal(c.t, http.StatusOK, preview.Code, preview.Body)
	if seal := sealPattern.FindStringSubmatch(preview.Body.String()); seal != nil {
		draft["seal"] = seal[1]
	}
	draft["do"] = "save"
	return c.post("", draft)
}

// blocked blocks one more network in the example.
func blocked(zones string) string {
	return strings.Replace(zones, `{"type": "CIDR", "value": "198.18.0.0/15"},`, `{"type": "CIDR", "value": "198.18.0.0/15"},
      {"type": "CIDR", "value": "192.0.2.0/25"},`, 1)
}

// read is what a person reads of a page.
func read(page string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
}

// The difference that a draft shows is that of two folders, of which one has it.
func TestChangeShowsTheDifferenceOfFolders(t *testing.T) {
	for file, edit := range map[string]func(string) string{
		"okta/zones.json": blocked,
		"okta/rules.json": func(s string) string { return strings.Replace(s, `"access": "ALLOW"`, `"access": "DENY"`, 1) },
		"sailpoint/network-config.json": func(s string) string {
			return strings.Replace(s, `"198.51.100.0/24"`, `"198.51.100.0/25", "192.0.2.128/25"`, 1)
		},
		"feeds/threat.txt": func(s string) string { return s + "192.0.2.64/26\n2001:db8:b::/48\n" },
		"netwicket.json": func(s string) string {
			return strings.Replace(s, `"unknownCountry": "deny"`, `"unknownCountry": "trust"`, 1)
		},
	} {
		t.Run(file, func(t *testing.T) {
			c := newChanger(t, acme(t))
			edited := edit(c.read(file))
			require.NotEqual(t, c.read(file), edited)
			page := c.post("result", c.draft(file, edited))
			require.Equal(t, http.StatusOK, page.Code, page.Body)

			other := &changer{t: t, dir: acme(t)}
			other.write(file, edited)
			pair, err := policyfile.OpenPair(policyfile.Options{Paths: []string{c.dir}}, policyfile.Options{Paths: []string{other.dir}})
			require.NoError(t, err)
			denied, allowed, seen := uint64(0), uint64(0), read(page.Body.String())
			ranges := 0
			for change := range decide.Diff(pair[0].Policy, pair[1].Policy) {
				if change.Before.Verdict == change.After.Verdict {
					continue
				}
				ranges++
				if change.Range.From().Is4() {
					first, last := change.Range.From().As4(), change.Range.To().As4()
					size := uint64(be(last)-be(first)) + 1
					if change.After.Verdict == decide.Deny {
						denied += size
					} else {
						allowed += size
					}
				}
				if ranges <= 20 {
					require.Contains(t, seen, change.Range.From().String())
				}
			}
			require.Equal(t, denied > 0, strings.Contains(seen, "newly denied"))
			require.Equal(t, allowed > 0, strings.Contains(seen, "newly allowed"))
			for way, size := range map[string]uint64{"newly denied": denied, "newly allowed": allowed} {
				if size > 0 {
					require.Contains(t, seen, fmt.Sprintf("%s %s ", way, withCommas(size)))
				}
			}
		})
	}
}

func be(b [4]byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func withCommas(n uint64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// What is wrong stands beside its line, and what was odd before is told apart.
func TestChangeShowsFindings(t *testing.T) {
	c := newChanger(t, acme(t))
	zones := c.read("okta/zones.json")
	none := c.post("check", c.draft("okta/zones.json", zones)).Body.String()
	require.Contains(t, none, "Nothing has changed yet")
	require.Contains(t, none, `data-clean="no"`)

	broken := c.post("check", c.draft("okta/zones.json", strings.Replace(zones, `"CIDR", "value": "198.18.0.0/15"`, `"CIDR", "value": "198.18.0.0/35"`, 1))).Body.String()
	require.Contains(t, broken, `href="#L24"`)
	require.Contains(t, broken, `data-clean="no"`)
	require.Contains(t, read(broken), "198.18.0.0/35")

	// A zone that repeats itself is legal and odd.
	odd := c.post("check", c.draft("okta/zones.json", strings.Replace(zones, `{"type": "CIDR", "value": "198.18.0.0/15"},`, `{"type": "CIDR", "value": "198.18.0.0/15"},
      {"type": "CIDR", "value": "198.18.1.0/24"},`, 1))).Body.String()
	require.Contains(t, odd, `data-clean="yes"`)
	require.Contains(t, read(odd), "This text brings warnings")
	require.Contains(t, odd, `href="#L25"`)

	// What another document says of it leads there.
	elsewhere := c.post("check", c.draft("okta/zones.json", strings.ReplaceAll(zones, "nzo4berlinOfficeAc004", "nzo4berlinOfficeAc404"))).Body.String()
	require.Contains(t, elsewhere, "okta%2frules.json#L")
}

// A save makes one generation: the file has the text to the letter, the history the one
// before, and whoever keeps the policy the new decisions.
func TestChangeSaves(t *testing.T) {
	c := newChanger(t, acme(t))
	live, err := keeper.Open(c.dir)
	require.NoError(t, err)
	before := c.read("okta/zones.json")
	page := c.save(c.draft("okta/zones.json", blocked(before)))
	require.Equal(t, http.StatusOK, page.Code, page.Body)
	require.Contains(t, read(page.Body.String()), "Saved as generation 2: okta/zones.json")
	require.Contains(t, read(page.Body.String()), "netwicket admin revert 1")
	require.Equal(t, blocked(before), c.read("okta/zones.json"))

	history, err := tenant.OpenHistory(c.dir)
	require.NoError(t, err)
	generation, err := history.Generation(2)
	require.NoError(t, err)
	require.Equal(t, "ann", generation.Caller)
	require.Equal(t, "save okta/zones.json", generation.Action)
	old, err := history.Contents(1)
	require.NoError(t, err)
	require.Equal(t, before, string(old["okta/zones.json"]))
	require.Contains(t, read(c.get("okta/zones.json").Body.String()), generation.Fingerprint[:12], "the site shows the new policy")
	entries, err := filepath.Glob(filepath.Join(c.dir, "okta", "*"))
	require.NoError(t, err)
	require.Len(t, entries, 3, "a folder gets nothing that it lacks")

	addr := netip.MustParseAddr("192.0.2.7")
	was := live.Live().Policy().Decide(addr)
	go live.Run(t.Context())
	require.NoError(t, live.Refresh(t.Context()))
	is := live.Live().Policy().Decide(addr)
	require.NotEqual(t, was.String(), is.String())
	require.Contains(t, is.String(), "deny")
}
