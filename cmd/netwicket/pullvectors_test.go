package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// pullCase is what a case of the area pull says that holds for all of them; what it
// says in words is what pullScripts do.
type pullCase struct {
	ID, Area, Title string
	Expect          struct {
		Exit   *int   `json:"exit"`
		Stderr string `json:"stderr"`
	} `json:"expect"`
}

// The cases of netwicket pull (testdata/management.json), against a scripted tenant
// over a socket.
func TestPullVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/management.json")
	require.NoError(t, err)
	var file struct {
		Cases []pullCase `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	known := 0
	for _, c := range file.Cases {
		if c.Area != "pull" {
			continue
		}
		known++
		t.Run(c.ID, func(t *testing.T) {
			script := pullScripts()[c.ID]
			require.NotNil(t, script, c.Title)
			s := &pullStage{pulling: newPulling(t), tenant: newTenant(t)}
			got := script(s)
			if c.Expect.Exit != nil {
				require.Equal(t, *c.Expect.Exit, got.code, "%s\n%s", got.out, got.stderr)
			}
			if pattern, found := strings.CutPrefix(c.Expect.Stderr, "~"); found {
				require.Regexp(t, pattern, got.stderr)
			}
			require.NotContains(t, got.out+got.stderr, "00secret")
		})
	}
	require.Len(t, pullScripts(), known)
}

// pullStage is where a case plays.
type pullStage struct {
	*pulling
	tenant *scriptedTenant
}

func (s *pullStage) okta() ran {
	s.t.Helper()
	return s.run("--okta", s.tenant.server.URL)
}

// earlier pulls, and forgets that it did.
func (s *pullStage) earlier() map[string]string {
	s.t.Helper()
	got := s.okta()
	require.Equal(s.t, 0, got.code, got.stderr)
	s.tenant.forget()
	return s.tree()
}

// unchanged runs, and holds the folder against what it was before.
func (s *pullStage) unchanged(before map[string]string, run func() ran) ran {
	s.t.Helper()
	got := run()
	require.Equal(s.t, before, s.tree(), "byte for byte as before")
	return got
}

// refused is a case in which what an earlier pull left stays.
func refused(upstream func(*pullStage)) func(*pullStage) ran {
	return func(s *pullStage) ran {
		before := s.earlier()
		upstream(s)
		return s.unchanged(before, func() ran { return s.okta() })
	}
}

// intercept answers requests whose path and query begin so.
func (s *pullStage) intercept(prefix string, answer func(w http.ResponseWriter, nth int) bool) {
	n := 0
	s.tenant.script = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.RequestURI(), prefix) {
			return false
		}
		n++
		return answer(w, n)
	}
}

const secondPage = "/api/v1/zones?after="

// paged makes two pages of the zones.
func (s *pullStage) paged() { s.tenant.pageSize = 2 }

func pullScripts() map[string]func(*pullStage) ran {
	return map[string]func(*pullStage) ran{
		"U001": wholeTenant,
		"U003": func(s *pullStage) ran {
			s.paged()
			s.earlier()
			s.intercept(secondPage, func(w http.ResponseWriter, nth int) bool {
				if nth == 1 {
					fail(w, 500, "E0000009", "Internal Server Error")
				}
				return nth == 1
			})
			got := s.okta()
			require.Equal(s.t, 2, s.tenant.count("GET "+secondPage))
			require.Equal(s.t, []string{"GET /api/v1/zones?limit=200", "GET /api/v1/zones?after=2&limit=200", "GET /api/v1/zones?after=2&limit=200"}, s.tenant.asked()[:3])
			require.Equal(s.t, 2, s.tenant.count("GET /api/v1/zones?limit=200"), "once for the page, once to see whether it is still the same (U8)")
			return got
		},
		"U004": refused(func(s *pullStage) {
			s.paged()
			s.intercept(secondPage, func(w http.ResponseWriter, _ int) bool {
				fail(w, 500, "E0000009", "Internal Server Error")
				return true
			})
		}),
		"U006": func(s *pullStage) ran {
			s.earlier()
			s.intercept("/api/v1/zones", func(w http.ResponseWriter, nth int) bool {
				if nth > 2 {
					return false
				}
				w.Header()["Date"] = nil
				fail(w, 429, "E0000047", "API call exceeded rate limit due to too many requests.")
				return true
			})
			got := s.okta()
			require.Len(s.t, s.waits, 2)
			require.Greater(s.t, s.waits[1], s.waits[0], "it grows")
			require.LessOrEqual(s.t, s.waits[0]+s.waits[1], 10*time.Second)
			return got
		},
		"U007": func(s *pullStage) ran {
			s.earlier()
			s.intercept("/api/v1/zones", func(w http.ResponseWriter, nth int) bool {
				if nth == 1 {
					limits(w, 0, 0, s.now.Add(time.Hour), s.now)
					fail(w, 429, "E0000047", "API call exceeded rate limit due to too many requests.")
				}
				return nth == 1
			})
			got := s.okta()
			require.Len(s.t, s.waits, 1)
			require.Less(s.t, s.waits[0], 2*time.Second)
			return got
		},
		"U009": func(s *pullStage) ran {
			before := s.earlier()
			evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.t.Error("the other host was asked") }))
			defer evil.Close()
			for _, other := range []string{"https://evil.example/api/v1/zones?after=x", evil.URL + "/api/v1/zones?after=x", "//evil.example/x"} {
				s.intercept("/api/v1/zones", func(w http.ResponseWriter, _ int) bool {
					w.Header().Set("Link", "<"+other+`>; rel="next"`)
					return false
				})
				got := s.unchanged(before, func() ran { return s.okta() })
				require.Equal(s.t, 1, got.code)
				require.Contains(s.t, got.stderr, "nobody else is asked")
			}
			return s.okta()
		},
		"U010": func(s *pullStage) ran {
			s.earlier()
			s.intercept("/api/v1/zones", func(w http.ResponseWriter, _ int) bool {
				w.Header().Set("Link", "<"+s.tenant.server.URL+`/api/v1/zones?limit=200>; rel="next"`)
				return false
			})
			got := s.okta()
			require.LessOrEqual(s.t, s.tenant.count("GET /api/v1/zones"), 2)
			return got
		},
		"U012": refused(func(s *pullStage) {
			s.intercept("/api/v1/zones", func(w http.ResponseWriter, _ int) bool {
				w.Header().Set("Location", "https://login.example/")
				w.WriteHeader(302)
				return true
			})
		}),
		"U013": func(s *pullStage) ran {
			before := s.earlier()
			s.tenant.zones = append(s.tenant.zones, s.tenant.zones[2])
			s.tenant.pageSize = 3
			got := s.unchanged(before, func() ran { return s.okta() })
			require.Equal(s.t, 3, s.tenant.count("GET /api/v1/zones?limit=200"), "three tries")
			require.Contains(s.t, got.stderr, "nzo3 is there twice")
			return got
		},
		"U015": refused(func(s *pullStage) { s.tenant.zones = nil }),
		"U016": func(s *pullStage) ran {
			for i := range 21 {
				s.tenant.zones = append(s.tenant.zones, ipZone(fmt.Sprintf("nzx%d", i), fmt.Sprintf("Zone %d", i), "POLICY", false, "192.0.2.7/32"))
			}
			return refused(func(s *pullStage) { s.tenant.zones = s.tenant.zones[:12] })(s)
		},
		"U018": refused(func(s *pullStage) { s.tenant.zones[1] = ipZone("nzo2", "BlockedIpZone", "BLOCKLIST", true) }),
		"U019": refused(func(s *pullStage) {
			s.tenant.zones = append(s.tenant.zones, `{"type":"DYNAMIC_V3","id":"nzo9","name":"New","status":"ACTIVE","usage":"BLOCKLIST","system":false}`)
		}),
		"U021": func(s *pullStage) ran {
			before := s.earlier()
			s.intercept("/", func(w http.ResponseWriter, _ int) bool {
				fail(w, 401, "E0000011", "Invalid token provided")
				return true
			})
			got := s.unchanged(before, func() ran { return s.okta() })
			require.Len(s.t, s.tenant.asked(), 1)
			return got
		},
		"U022": refused(func(s *pullStage) {
			s.intercept("/api/v1/policies", func(w http.ResponseWriter, _ int) bool {
				fail(w, 403, "E0000006", "You do not have permission to perform the requested action")
				return true
			})
		}),
		"U024": demandsDPoP,
		"U025": expiresHalfWay,
		"U027": func(s *pullStage) ran {
			got := s.run("--sailpoint", s.tenant.server.URL)
			require.NotContains(s.t, s.read("netwicket.json"), "networkConfig")
			return got
		},
		"U028": func(s *pullStage) ran {
			s.tenant.network = `{"range":["192.0.2.0/24"],"geolocation":null,"whitelisted":true}`
			got := s.run("--sailpoint", s.tenant.server.URL)
			require.Equal(s.t, 0, got.code, got.stderr)
			before := s.tree()
			s.tenant.network = ""
			got = s.unchanged(before, func() ran { return s.run("--sailpoint", s.tenant.server.URL) })
			require.Contains(s.t, got.stderr, "SailPoint network configuration is gone")
			return got
		},
		"U030": fullDisk,
		"U031": func(s *pullStage) ran {
			before := s.earlier()
			s.tenant.zones = append(s.tenant.zones, ipZone("nzo4", "New", "POLICY", false, "192.0.2.9/32"))
			var second ran
			s.intercept("/api/v1/threats", func(http.ResponseWriter, int) bool { // the first is under way
				require.Equal(s.t, before, s.tree())
				second = (&pulling{t: s.t, folder: s.folder, env: s.env}).run("--okta", s.tenant.server.URL)
				return false
			})
			first := s.okta()
			require.Equal(s.t, 0, first.code, first.stderr)
			require.Equal(s.t, 1, second.code)
			require.Regexp(s.t, fmt.Sprintf(`netwicket pull, process %d, is writing to this folder`, os.Getpid()), second.stderr)
			require.NotEqual(s.t, before, s.tree())
			return first
		},
		"U033": func(s *pullStage) ran {
			s.earlier()
			s.env["HTTP_PROXY"] = s.tenant.server.URL
			got := s.run("--okta", "http://192.0.2.10")
			require.Empty(s.t, s.tenant.asked())
			require.Contains(s.t, got.stderr, "https://")
			return got
		},
	}
}

func wholeTenant(s *pullStage) ran {
	for i := range 42 {
		s.tenant.zones = append(s.tenant.zones, ipZone(fmt.Sprintf("nzx%d", i), fmt.Sprintf("Zone %d", i), "POLICY", false, "192.0.2.7/32"))
	}
	s.tenant.pageSize = 20
	s.tenant.policies["OKTA_SIGN_ON"] = append(s.tenant.policies["OKTA_SIGN_ON"], `{"id":"00p2","status":"ACTIVE","name":"Default Policy","priority":2,"system":true,"type":"OKTA_SIGN_ON"}`)
	s.tenant.policies["ACCESS_POLICY"] = []string{`{"id":"rst1","status":"ACTIVE","name":"App","priority":0,"system":false,"type":"ACCESS_POLICY"}`}
	s.tenant.rules["00p2"] = []string{`{"id":"0pr3","status":"ACTIVE","name":"Default Rule","priority":1,"system":true,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}`}
	s.tenant.rules["rst1"] = []string{`{"id":"rul1","status":"ACTIVE","name":"Catch-all Rule","priority":99,"system":true,"conditions":null,"actions":{"appSignOn":{"access":"ALLOW"}}}`}
	s.tenant.threat = `{"action":"audit","excludeZones":["nzo3"]}`
	got := s.okta()
	require.Equal(s.t, []string{
		"GET /api/v1/zones?limit=200", "GET /api/v1/zones?after=20&limit=200", "GET /api/v1/zones?after=40&limit=200",
		"GET /api/v1/policies?type=OKTA_SIGN_ON", "GET /api/v1/policies?type=ACCESS_POLICY",
		"GET /api/v1/policies/00p1/rules", "GET /api/v1/policies/00p2/rules", "GET /api/v1/policies/rst1/rules",
		"GET /api/v1/threats/configuration",
		"GET /api/v1/zones?limit=200", // again (U8)
	}, s.tenant.asked())
	for _, r := range s.tenant.requests {
		require.Equal(s.t, "SSWS 00secret", r.Header.Get("Authorization"))
		require.Regexp(s.t, "^netwicket/.", r.Header.Get("User-Agent"))
	}
	parts := s.check()
	require.Len(s.t, parts.Config.Zones[0].Zones, 45)
	require.Len(s.t, parts.Config.Rules, 3)
	g := "pulled/" + s.generations()[0]
	require.Len(s.t, s.generations(), 1)
	require.Equal(s.t, "{\n  // ours\n  \"geo\": [\"geo.csv\"],\n  \"edge\": {},\n  \"okta\": {\"zones\": [\""+g+"/okta/zones.json\"], \"rules\": [\""+
		strings.Join([]string{g + "/okta/rules/00p1.json", g + "/okta/rules/00p2.json", g + "/okta/rules/rst1.json"}, `","`)+
		"\"], \"threatInsight\": \""+g+"/okta/threat-insight.json\"},\n}\n",
		strings.ReplaceAll(s.read("netwicket.json"), `", "pulled/`, `","pulled/`))
	require.Equal(s.t, 0, runIn(s.t, "", "check", "-c", s.folder).code)
	return got
}

// limits are the headers of a rate limit.
func limits(w http.ResponseWriter, limit, remaining int, reset, date time.Time) {
	w.Header().Set("X-Rate-Limit-Limit", fmt.Sprint(limit))
	w.Header().Set("X-Rate-Limit-Remaining", fmt.Sprint(remaining))
	w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(reset.Unix()))
	w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
}

// privateKey puts the credentials of an OAuth client into the environment.
func (s *pullStage) privateKey() *ecdsa.PublicKey {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(s.t, err)
	s.env = map[string]string{
		"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEYID": "kid1",
		"OKTA_CLIENT_PRIVATEKEY": pemOf(s.t, key),
	}
	return &key.PublicKey
}

func pemOf(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	text, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// assertion holds a token request against what it has to be (U3).
func (s *pullStage) assertion(r *http.Request, key *ecdsa.PublicKey, seen map[string]bool) {
	s.t.Helper()
	require.NoError(s.t, r.ParseForm())
	require.Empty(s.t, r.URL.RawQuery)
	require.Equal(s.t, "client_credentials", r.PostForm.Get("grant_type"))
	require.Equal(s.t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", r.PostForm.Get("client_assertion_type"))
	require.Equal(s.t, "okta.networkZones.read okta.policies.read okta.threatInsights.read", r.PostForm.Get("scope"))
	token, err := jwt.ParseSigned(r.PostForm.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(s.t, err)
	require.Equal(s.t, "kid1", token.Headers[0].KeyID)
	var claims map[string]any
	require.NoError(s.t, token.Claims(key, &claims))
	require.Equal(s.t, s.tenant.server.URL+"/oauth2/v1/token", claims["aud"])
	require.Equal(s.t, "0oa1", claims["iss"])
	require.Equal(s.t, "0oa1", claims["sub"])
	require.EqualValues(s.t, s.now.Add(5*time.Minute).Unix(), claims["exp"])
	s.fresh(claims["jti"], seen)
}

func (s *pullStage) fresh(jti any, seen map[string]bool) {
	s.t.Helper()
	id, _ := jti.(string)
	require.NotEmpty(s.t, id)
	require.False(s.t, seen[id], "a jti is used once")
	seen[id] = true
}

// proof holds a DPoP proof against RFC 9449 and gives its claims.
func (s *pullStage) proof(r *http.Request, seen map[string]bool) map[string]any {
	s.t.Helper()
	proofs := r.Header.Values("DPoP")
	require.Len(s.t, proofs, 1)
	token, err := jwt.ParseSigned(proofs[0], []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(s.t, err)
	require.Equal(s.t, "dpop+jwt", token.Headers[0].ExtraHeaders["typ"])
	key := token.Headers[0].JSONWebKey
	require.True(s.t, key.IsPublic())
	var claims map[string]any
	require.NoError(s.t, token.Claims(key, &claims))
	require.Equal(s.t, r.Method, claims["htm"])
	require.Equal(s.t, s.tenant.server.URL+r.URL.Path, claims["htu"])
	require.EqualValues(s.t, s.now.Unix(), claims["iat"])
	s.fresh(claims["jti"], seen)
	return claims
}

func demandsDPoP(s *pullStage) ran {
	s.earlier()
	s.tenant.zones = append(s.tenant.zones, ipZone("nzo4", "New", "POLICY", false, "192.0.2.9/32"))
	key := s.privateKey()
	seen := make(map[string]bool)
	exchanges := 0
	s.tenant.script = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			require.Equal(s.t, "DPoP bound", r.Header.Get("Authorization"))
			hash := sha256.Sum256([]byte("bound"))
			require.Equal(s.t, base64.RawURLEncoding.EncodeToString(hash[:]), s.proof(r, seen)["ath"])
			return false
		}
		s.assertion(r, key, seen)
		switch exchanges++; exchanges {
		case 1:
			require.Empty(s.t, r.Header.Get("DPoP"))
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}`))
		case 2:
			require.NotContains(s.t, s.proof(r, seen), "nonce")
			w.Header().Set("dpop-nonce", "n1")
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"error":"use_dpop_nonce","error_description":"Authorization server requires nonce in DPoP proof."}`))
		default:
			require.Equal(s.t, "n1", s.proof(r, seen)["nonce"])
			_, _ = w.Write([]byte(`{"token_type":"DPoP","expires_in":3600,"access_token":"bound"}`))
		}
		return true
	}
	got := s.okta()
	require.Equal(s.t, 3, exchanges)
	return got
}

func expiresHalfWay(s *pullStage) ran {
	s.paged()
	s.earlier()
	key := s.privateKey()
	seen := make(map[string]bool)
	expired := false
	s.tenant.script = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			s.assertion(r, key, seen)
			return false
		}
		if strings.HasPrefix(r.URL.RequestURI(), secondPage) && !expired {
			expired = true
			fail(w, 401, "E0000011", "Invalid token provided")
			return true
		}
		want := "Bearer t1"
		if expired {
			want = "Bearer t2"
		}
		require.Equal(s.t, want, r.Header.Get("Authorization"))
		return false
	}
	got := s.okta()
	require.Equal(s.t, []string{
		"POST /oauth2/v1/token", "GET /api/v1/zones?limit=200", "GET /api/v1/zones?after=2&limit=200", "POST /oauth2/v1/token", "GET /api/v1/zones?after=2&limit=200",
	}, s.tenant.asked()[:5])
	require.Equal(s.t, 2, s.tenant.count("POST"))
	return got
}

// programChild is set for a child of the tests that is the program itself.
const programChild = "NETWICKET_TEST_PROGRAM"

// child is the program in a process of its own.
func (s *pullStage) child(wrap ...string) *exec.Cmd {
	s.t.Helper()
	s.tenant.answering.Lock()   // a process does not tell the race detector what came before it
	s.tenant.answering.Unlock() //nolint:staticcheck // as said
	self, err := os.Executable()
	require.NoError(s.t, err)
	command := slices.Concat(wrap, []string{self, "pull", "-c", s.folder, "--okta", s.tenant.server.URL})
	child := exec.Command(command[0], command[1:]...)
	child.Env = append(os.Environ(), programChild+"=1", "OKTA_CLIENT_TOKEN=00secret")
	return child
}

// fullDisk: no file may be longer than nothing at all, and then than a few blocks.
func fullDisk(s *pullStage) ran {
	before := s.earlier()
	for i := range 100 {
		s.tenant.zones = append(s.tenant.zones, ipZone(fmt.Sprintf("nzx%d", i), fmt.Sprintf("Zone %d", i), "POLICY", false, "192.0.2.7/32"))
	}
	var last ran
	for _, blocks := range []string{"0", "8"} {
		child := s.child("sh", "-c", `ulimit -f `+blocks+` && exec "$0" "$@"`)
		var out, stderr strings.Builder
		child.Stdout, child.Stderr = &out, &stderr
		require.Error(s.t, child.Run())
		require.Equal(s.t, before, s.tree())
		last = ran{child.ProcessState.ExitCode(), out.String(), stderr.String()}
		require.Equal(s.t, 1, last.code, last.stderr)
		require.Contains(s.t, last.stderr, "file too large")
	}
	lock, err := folderlock.Take(s.folder, "the test")
	require.NoError(s.t, err)
	lock.Release()
	return last
}
