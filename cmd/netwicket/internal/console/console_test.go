package console_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// The link is good once, and no cookie is as good as none.
func TestLinkIsGoodOnce(t *testing.T) {
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}})
	require.NoError(t, err)
	var links []string
	door := console.NewLocal(site, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, console.Visitor{Name: "somebody"}, func(link string) error {
		links = append(links, link)
		return nil
	})
	require.NoError(t, door.Invite())
	ask := func(target string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		door.Handler().ServeHTTP(w, r)
		return w
	}
	link, err := url.Parse(links[0])
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:9/ask").Code)
	first := ask(link.String())
	require.Equal(t, http.StatusOK, first.Code)
	cookies := first.Result().Cookies()
	require.Len(t, cookies, 1)
	require.Equal(t, http.StatusForbidden, ask(link.String()).Code)
	require.Equal(t, http.StatusOK, ask("http://127.0.0.1:9/ask", cookies...).Code)
	require.Equal(t, http.StatusMisdirectedRequest, ask(strings.Replace(link.String(), "127.0.0.1", "rebound.example", 1), cookies...).Code)
	cookies[0].Value += "x"
	require.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:9/ask", cookies...).Code)
}

// A door that forgets to say who visits lets nobody in.
func TestNobodyIsAnswered(t *testing.T) {
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}})
	require.NoError(t, err)
	for _, visitor := range []console.Visitor{{}, {MayChange: true, SignsOut: true}} {
		for _, path := range []string{"/", "/ask", "/nothing"} {
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9"+path, nil)
			w := httptest.NewRecorder()
			site.Handler().ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), visitor)))
			require.Equal(t, http.StatusForbidden, w.Code, path)
		}
	}
}
