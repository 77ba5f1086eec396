package asking

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Link headers as RFC 8288 allows them, and as nobody should write them (U5).
func TestNextLink(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   string // the target, or what is wrong after "error: "
	}{
		"none":                         {nil, ""},
		"empty":                        {[]string{"", " , "}, ""},
		"self alone":                   {[]string{`<https://a/z?limit=2>; rel="self"`}, ""},
		"two lines":                    {[]string{`<https://a/z>; rel="self"`, `<https://a/z?after=1>; rel="next"`}, "https://a/z?after=1"},
		"commas":                       {[]string{`<https://a/z>; rel="self", <https://a/z?after=1>; rel="next"`}, "https://a/z?after=1"},
		"next before self":             {[]string{`<https://a/z?after=1>; rel="next",<https://a/z>; rel="self"`}, "https://a/z?after=1"},
		"a comma in the target":        {[]string{`<https://a/z?after=1,2>; rel="next"`}, "https://a/z?after=1,2"},
		"a comma and > in a title":     {[]string{`<https://a/1>; title="x, <https://evil/>; rel=next"; rel="prev", <https://a/2>; rel="next"`}, "https://a/2"},
		"a quote in a title":           {[]string{`<https://a/1>; title="x\", y"; rel="next"`}, "https://a/1"},
		"no quotes":                    {[]string{`<https://a/1>;rel=next`}, "https://a/1"},
		"letter case and space":        {[]string{"<https://a/1>\t; REL = \"NeXt\""}, "https://a/1"},
		"several relations":            {[]string{`<https://a/1>; rel="last next"`}, "https://a/1"},
		"part of a word":               {[]string{`<https://a/1>; rel="nextish"`}, ""},
		"the first rel counts":         {[]string{`<https://a/1>; rel="self"; rel="next"`}, ""},
		"about something else":         {[]string{`<https://a/1>; rel="next"; anchor="#x"`}, ""},
		"a parameter without a value":  {[]string{`<https://a/1>; crossorigin; rel="next"`}, "https://a/1"},
		"the same twice":               {[]string{`<https://a/1>; rel="next"`, `<https://a/1>; rel="next"`}, "https://a/1"},
		"two that differ":              {[]string{`<https://a/1>; rel="next", <https://a/2>; rel="next"`}, "error: two different"},
		"to nowhere":                   {[]string{`<>; rel="next"`}, "error: nowhere"},
		"no link":                      {[]string{`https://a/1; rel="next"`}, "error: cannot be read"},
		"no end of the target":         {[]string{`<https://a/1; rel="next"`}, "error: cannot be read"},
		"no end of a quotation":        {[]string{`<https://a/1>; rel="next`}, "error: cannot be read"},
		"no end of an escape":          {[]string{`<https://a/1>; rel="next\`}, "error: cannot be read"},
		"rubbish behind a good link":   {[]string{`<https://a/1>; rel="self", rubbish`}, "error: cannot be read"},
		"no start of the target":       {[]string{`xhttps://a/1>; rel="next"`}, "error: cannot be read"},
		"a bare word at the end":       {[]string{`<https://a/1>; rel="next"; crossorigin`}, "https://a/1"},
		"a parameter without a name":   {[]string{`<https://a/1>;; =x; rel="next"`}, "https://a/1"},
		"no quotes, and more behind":   {[]string{`<https://a/1>; rel=next; title=x`}, "https://a/1"},
		"an empty value":               {[]string{`<https://a/1>; title=; rel=next`}, "https://a/1"},
		"something else than a ; or ,": {[]string{`<https://a/1> rel="next"`}, "error: cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := nextLink(c.values)
			if wrong, found := strings.CutPrefix(c.want, "error: "); found {
				require.ErrorContains(t, err, wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// A link is followed to the tenant's own address, however it is written, and to no
// other.
func TestFollow(t *testing.T) {
	for address, links := range map[string]map[string]string{
		"https://acme.okta.com": {
			"https://acme.okta.com/z?a=1": "/z?a=1", "https://ACME.okta.com:443/z": "/z", "HTTPS://acme.okta.com/z": "/z", "?a=2": "/api/zones?a=2", "//acme.okta.com/z": "/z",
			"https://acme.okta.com:80/z": "", "https://acme.okta.com:8443/z": "", "http://acme.okta.com/z": "", "http://acme.okta.com:443/z": "", "https://acme.okta.com.evil.example/z": "",
			"https://u@acme.okta.com/z": "", "https:acme.okta.com": "", "mailto:a@acme.okta.com": "", "//evil.example/z": "",
		},
		"https://acme.okta.com:8443": {"https://acme.okta.com:8443/z": "/z", "https://acme.okta.com/z": "", "https://acme.okta.com:443/z": "", "?a=2": "/api/zones?a=2"},
		"http://127.0.0.1":           {"http://127.0.0.1:80/z": "/z", "http://127.0.0.1:443/z": "", "http://127.0.0.1/z": "/z", "https://127.0.0.1/z": ""},
		"http://127.0.0.1:443":       {"http://127.0.0.1/z": "", "http://127.0.0.1:443/z": "/z"},
	} {
		own, err := url.Parse(address)
		require.NoError(t, err)
		for link, want := range links {
			got, err := New(Options{Vendor: "okta", Address: own}).follow("/api/zones?limit=200", link)
			require.Equal(t, want, got, "%s from %s", link, address)
			require.Equal(t, want == "", err != nil)
			if err != nil {
				require.ErrorContains(t, err, "and not to the tenant's own "+address+"; nobody else is asked")
			}
		}
	}
	_, err := New(Options{Vendor: "okta", Address: &url.URL{Scheme: "https", Host: "a"}}).follow("/z", "http://[::1")
	require.EqualError(t, err, "the link to the next page is no address")
}

// Whatever a Link header says, nobody but the tenant is asked.
func FuzzLink(f *testing.F) {
	f.Add(`<https://acme.okta.com/api/v1/zones?after=1>; rel="next"`, `<//evil.example/x>; rel=next`)
	f.Add(`<https://acme.okta.com:443/x>; rel="next", <https://user@acme.okta.com/>;rel=next`, "")
	f.Add(`<https:acme.okta.com>;rel=next`, `<\\evil.example>; rel=next`)
	f.Add(`<https://ACME.okta.com/#x>; rel="\n\e\x\t"`, `<?after=2>; rel=next`)
	address := &url.URL{Scheme: "https", Host: "acme.okta.com"}
	f.Fuzz(func(t *testing.T, first, second string) {
		link, err := nextLink([]string{first, second})
		if err != nil || link == "" {
			return
		}
		c := New(Options{Vendor: "okta", Address: address})
		path, err := c.follow("/api/v1/zones?limit=200", link)
		if err != nil {
			return
		}
		request, err := http.NewRequest(http.MethodGet, address.String()+path, nil)
		if err != nil {
			return // nobody is asked
		}
		if request.URL.Hostname() != "acme.okta.com" || request.URL.Scheme != "https" || request.URL.Port() != "" || request.URL.User != nil {
			t.Fatalf("%q leads to %s", link, request.URL)
		}
	})
}

// A link that another program wrote for us is read as it was meant.
func FuzzLinkRoundTrip(f *testing.F) {
	f.Add("https://a/z?after=1", "x, y; z\\\"", "next", true)
	f.Add("?after=%22", "", "self next last", false)
	f.Fuzz(func(t *testing.T, target, title, relations string, joined bool) {
		if strings.ContainsAny(target, "<>\r\n") || strings.TrimSpace(target) != target || target == "" || strings.ContainsAny(relations, "\"\\") {
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(title) + `"`
		values := []string{`<https://a/self>; title=` + quoted + `; rel="self"`, `<` + target + `>; title=` + quoted + `; rel="` + relations + `"`}
		if joined {
			values = []string{strings.Join(values, " , ")}
		}
		want := ""
		for relation := range strings.FieldsSeq(relations) {
			if strings.EqualFold(relation, "next") {
				want = target
			}
		}
		got, err := nextLink(values)
		if err != nil || got != want {
			t.Fatalf("%q: got %q, %v", values, got, err)
		}
	})
}
