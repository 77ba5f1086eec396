package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// shop is a console over a folder of files, for somebody who is signed in.
type shop struct {
	t      *testing.T
	folder string
	site   http.Handler
}

func openShop(t *testing.T, files map[string]string, change func(*policyfile.Options)) shop {
	t.Helper()
	s := shop{t: t, folder: t.TempDir()}
	for name, text := range files {
		s.write(name, text)
	}
	options := policyfile.Options{Paths: []string{s.folder}}
	if change != nil {
		change(&options)
	}
	site, err := console.New(console.Options{Policy: options})
	require.NoError(t, err)
	s.site = site.Handler()
	return s
}

func (s shop) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
}

// file is the name of a file of the folder, as the policy has it.
func (s shop) file(name string) string { return url.QueryEscape(filepath.Join(s.folder, name)) }

func (s shop) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
	return w
}

func (s shop) get(target, part string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, "/"+target, nil)
	if part != "" {
		r.Header.Set("X-Part", part)
	}
	w := s.ask(r)
	return w.Code, w.Body.String()
}

func (s shop) page(target string) string {
	s.t.Helper()
	code, text := s.get(target, "")
	require.Equal(s.t, http.StatusOK, code, target)
	require.NotRegexp(s.t, `[> "](documents|effect|kind|tests|finding)\.[a-z.-]+[<" ]`, text, "a text of english.txt is missing")
	return text
}

const (
	ownPolicy = `{"okta":{"zones":["zones.json"]}}`
	ownZones  = `[{"type":"IP","id":"b","name":"Block","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`
)

// Nobody reads by this page what is no file of the policy, or what is a secret.
func TestDocumentsShowFilesOfThePolicyOnly(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"threatFeeds":["tls.key","link.txt","hard.txt"]},"serve":{"tlsCert":"tls.pem","tlsKey":"tls.key"}}`,
		"zones.json":     ownZones, "tls.key": "192.0.2.77 # SECRET", "tls.pem": "x", "beside.txt": "SECRET",
	}, nil)
	outside := filepath.Join(t.TempDir(), "outside.txt")
	require.NoError(t, os.WriteFile(outside, []byte("192.0.2.78 # SECRET"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(s.folder, "link.txt")))
	require.NoError(t, os.Link(filepath.Join(s.folder, "tls.key"), filepath.Join(s.folder, "hard.txt")))
	require.Contains(t, s.page("documents?file="+s.file("zones.json")), "203.0.113.0/24")
	for _, name := range []string{
		"beside.txt", "tls.key", "hard.txt", "tls.pem", "zones.json/../tls.key", "zones.json/../beside.txt", "./beside.txt", "beside.txt\x00", "zones.json\x00beside.txt", "..", ".", "",
	} {
		code, text := s.get("documents?file="+s.file(name), "")
		if name != "." && name != "" { // the folder stands for the policy file in it
			require.Equal(t, http.StatusNotFound, code, name)
		}
		require.NotContains(t, text, "SECRET", name)
	}
	for _, name := range []string{"/etc/passwd", "../../../../etc/passwd", "file:///etc/passwd", "tls.key", "./zones.json/../tls.key", url.QueryEscape(outside), "%2e%2e%2fbeside.txt", "beside.txt"} {
		code, _ := s.get("documents?file="+name, "")
		require.Equal(t, http.StatusNotFound, code, name)
	}
	require.NotContains(t, s.page("documents"), "tls.key</bdi></a></th>", "a secret is no document")

	// Where no path may leave the folder, a link that does is not followed.
	for _, inside := range []bool{false, true} {
		code, text := openShopAt(t, s.folder, inside).get("documents?file="+s.file("link.txt"), "")
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, !inside, strings.Contains(text, "SECRET"))
	}
}

func openShopAt(t *testing.T, folder string, inside bool) shop {
	options := policyfile.Options{Paths: []string{folder}}
	if inside {
		options.Within = folder
	}
	site, err := console.New(console.Options{Policy: options})
	require.NoError(t, err)
	return shop{t: t, folder: folder, site: site.Handler()}
}

// What proves who asks for releases is read by nobody here.
func TestDocumentsShowNoToken(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": `{"from":{"url":"https://releases.example","channel":"c","keys":["token"],"state":"state","tokenFile":"token"}}`,
		"token":          "SECRET",
	}, nil)
	code, text := s.get("documents?file="+s.file("token"), "")
	require.Equal(t, http.StatusNotFound, code)
	require.NotContains(t, text, "SECRET")
	require.NotContains(t, s.page("documents"), "SECRET")
}

// ownValue is what one has typed oneself, which stays in its field.
var ownValue = regexp.MustCompile(`value="[^"]*"`)

// Names in documents are text, whatever they hold.
func TestDocumentsAreInert(t *testing.T) {
	evil := `</bdi></script><script>alert(1)</script><img src=x onerror=alert(2)>'\"` + "\\u202e\\u0007\\u2028"
	s := openShop(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zo<b>nes.json"],"rules":["ru\"les.json"],"threatFeeds":["fe'ed.txt"]},"overlay":"over<i>lay.json"}`,
		"zo<b>nes.json":  `[{"type":"IP","id":"` + evil + `","name":"` + evil + `","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]},{"type":"IP","name":"` + evil + `","usage":"BLOCKLIST","gateways":[]}]`,
		"ru\"les.json":   `[{"id":"` + evil + `","name":"` + evil + `","priority":1,"conditions":{"network":{"connection":"ZONE","include":["` + evil + `"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"fe'ed.txt":      "192.0.2.1 # <script>alert(3)</script>\u202e\n", "over<i>lay.json": `{"deny":[{"network":"192.0.2.9","why":"` + evil + `"}]}`,
	}, nil)
	key := url.QueryEscape(strings.NewReplacer(`\"`, `"`, `\u202e`, "\u202e", `\u0007`, "\a", `\u2028`, "\u2028").Replace(evil))
	for _, target := range []string{
		"documents", "documents?q=" + key, "documents?zone=" + key + "&without=1", "documents?rule=" + key + "&policy=0&without=1",
		"documents?file=" + s.file("zo<b>nes.json"), "documents?file=" + s.file("ru\"les.json"), "documents?file=" + s.file("fe'ed.txt"), "documents?file=" + s.file("over<i>lay.json"),
	} {
		text := s.page(target)
		require.NotContains(t, text, "alert(1)</script>", target)
		require.NotRegexp(t, `<(img|b|i)[ >]`, text, target)
		require.NotRegexp(t, "[\u202e\u2028\a]", ownValue.ReplaceAllString(text, ""), target)
		require.Equal(t, 1+strings.Count(text, `<script type="application/json"`), strings.Count(text, "<script"), target)
		require.Contains(t, text, "alert(", target)
	}
	_, text := s.get("documents?zone="+key+"x<script>", "")
	require.NotContains(t, text, "<script>")
}

// One finds a zone by what one knows of it.
func TestDocumentsFindZones(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"geo":["geo.csv"]}`,
		"geo.csv":        "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,,\n",
		"zones.json": `[{"type":"IP","id":"z1","name":"beta","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"192.0.2.10-192.0.2.20"}],"proxies":[{"type":"CIDR","value":"10.1.0.0/16"}]},
{"type":"DYNAMIC_V2","id":"z2","name":"Alpha","locations":{"include":[{"country":"DE"},{"country":"FR"}]},"asns":{"exclude":["64500"]}},
{"type":"IP","id":"z3","name":"gamma","status":"INACTIVE","gateways":[{"type":"CIDR","value":"2001:db8::/32"}]}]`,
	}, nil)
	names := regexp.MustCompile(`documents\?zone=(z\d)"`)
	for query, want := range map[string]string{
		"": "z1 z2 z3", "q=ALPHA": "z2", "q=z3": "z3", "q=192.0.2.15": "z1", "q=192.0.2.21": "", "q=10.1.2.3": "z1", "q=192.0.2.0/24": "z1", "q=2001:db8::5": "z3", "q=::192.0.2.15": "",
		"q=0.0.0.0/0": "z1", "q=fr": "z2", "q=as64500": "z2", "q=blocklist": "z1", "q=inactive": "z3", "q=dynamic": "z2", "q=nothing": "",
		"sort=name": "z2 z1 z3", "sort=type": "z2 z1 z3", "sort=entries": "z2 z1 z3", "sort=uses": "z1 z2 z3", "sort=nonsense": "z1 z2 z3", "q=a&sort=name": "z2 z1 z3",
	} {
		code, text := s.get("documents?"+query, "zones")
		require.Equal(t, http.StatusOK, code)
		require.NotContains(t, text, "<html")
		var found []string
		for _, match := range names.FindAllStringSubmatch(text, -1) {
			found = append(found, match[1])
		}
		require.Equal(t, want, strings.Join(found, " "), query)
		require.Contains(t, s.page("documents?"+query), text, "the link says exactly this")
	}
}

// Of a large file one sees a part, the lines that were asked for and what is found in them.
func TestDocumentsShowAPartOfLargeFiles(t *testing.T) {
	var text strings.Builder
	const lines = 60_000
	for i := range lines {
		fmt.Fprintf(&text, "80.%d.%d.%d # a comment that makes the list longer than one shows\n", i>>16, i>>8&255, i&255)
		if i == 49_999 {
			text.WriteString("80.0.0.1/24\n") // with host bits, which is a finding
		}
	}
	s := openShop(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt"]}}`, "zones.json": ownZones, "threat.json": `{"action":"block"}`, "feed.txt": text.String()}, nil)
	for line, want := range map[int]string{0: "1 to 1,000 of 60,001", 50_001: "49,501 to 50,500 of 60,001", 60_001: "59,002 to 60,001 of 60,001", -5: "1 to 1,000 of 60,001", 1 << 40: "59,002 to 60,001 of 60,001"} {
		shown := s.page(fmt.Sprintf("documents?file=%s&line=%d", s.file("feed.txt"), line))
		require.Contains(t, shown, "these are lines "+want)
		require.Equal(t, 1000, strings.Count(shown, `<li id="L`))
		require.Equal(t, line == 50_001, strings.Contains(shown, `beneath">`), shown[:4000])
	}
}

// Documents that make no policy are shown with what is wrong, and mended ones as they are.
func TestDocumentsFollowTheirFiles(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}, nil)
	require.Contains(t, s.page("documents"), "Neither the checks nor the linter")
	s.write("zones.json", "[\n"+ownZones[1:len(ownZones)-1]+",\n{\"type\":\"IP\",\"id\":\"x\",\"name\":\"X\",\"gateways\":[{\"type\":\"CIDR\",\"value\":\"nonsense\"}]}]")
	broken := s.page("documents?file=" + s.file("zones.json"))
	require.Contains(t, broken, `<li class="error"`)
	require.Contains(t, broken, "nonsense")
	require.Contains(t, s.page("documents"), "1 error")
	s.write("zones.json", strings.Replace(ownZones, "Block", "Anew", 1))
	require.Contains(t, s.page("documents"), "Anew")
}

// Of two zones with one name and no id each is one of its own.
func TestDocumentsOfTwins(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy,
		"zones.json": `[{"type":"IP","name":"twin","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]},{"type":"IP","name":"twin","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"11.0.0.0/16"}]}]`}, nil)
	require.Contains(t, s.page("documents?zone=twin&without=1"), `<data value="16777216">`)
	require.Contains(t, s.page("documents?zone=twin&nth=1&without=1"), `<data value="65536">`)
	for _, target := range []string{"documents?zone=twin&nth=2", "documents?zone=twin&nth=-1", "documents?zone=", "documents?rule=x&policy=0", "documents?rule=x&policy=-1"} {
		code, _ := s.get(target, "")
		require.Equal(t, http.StatusNotFound, code, target)
	}
}
