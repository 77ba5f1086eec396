package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// SailPoint's paths over a socket: what the front refuses is refused in SailPoint's
// words (S8, S10, H1), on the paths of every version (S1, S12).
func TestSailPointPaths(t *testing.T) {
	w := newAdminWorld(t, "a folder with an auth profile")
	const profile = "/2c91808a7813090a017814121e121518"
	allowed := make(map[string]string) // by path
	for _, base := range []string{"/v3/auth-org/", "/v2024/auth-org/", "/v2025/auth-org/", "/v2026/auth-org/", "/beta/auth-org/", "/auth-org/v1/"} {
		allowed[base+"network-config"] = "GET, POST, PATCH"
		for _, name := range []string{"lockout-config", "session-config", "service-provider-config"} {
			allowed[base+name] = "GET, PATCH"
		}
	}
	for _, base := range []string{"/beta/auth-profiles", "/v2024/auth-profiles", "/v2025/auth-profiles", "/v2026/auth-profiles", "/auth-profiles/v1"} {
		allowed[base], allowed[base+profile] = "GET", "GET, PATCH"
	}
	send := func(verb, path, as, media, body string) (*http.Response, string) {
		request, err := http.NewRequest(verb, w.base+path, strings.NewReader(body))
		require.NoError(t, err)
		if as != "" {
			request.Header.Set("Authorization", "Bearer "+w.tokens[as])
		}
		if media != "" {
			request.Header.Set("Content-Type", media)
		}
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		if verb != http.MethodHead {
			require.Equal(t, "application/json", answer.Header.Get("Content-Type"), "%s %s", verb, path)
		}
		return answer, string(text)
	}
	detail := func(text string) string {
		var body struct {
			Code     string `json:"detailCode"`
			ID       string `json:"trackingId"`
			Messages []any  `json:"messages"`
			Causes   []any  `json:"causes"`
		}
		require.NoError(t, json.Unmarshal([]byte(text), &body), text)
		require.Regexp(t, `^[0-9a-f]{32}$`, body.ID)
		require.Len(t, body.Messages, 2)
		require.NotNil(t, body.Causes)
		return body.Code
	}
	for path, allow := range allowed {
		for _, verb := range []string{"PUT", "DELETE", "OPTIONS", "HEAD", "POST", "PATCH"} {
			if strings.Contains(allow, verb) {
				continue
			}
			answer, text := send(verb, path, "sp", "application/json", "{}")
			require.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, "%s %s", verb, path)
			require.Equal(t, []string{allow}, answer.Header["Allow"], path)
			if verb != http.MethodHead {
				require.Equal(t, "405 Method not allowed", detail(text))
			}
		}
	}
	for _, as := range []string{"", "bad"} {
		answer, text := send("GET", "/v3/auth-org/network-config", as, "", "")
		require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
		require.Regexp(t, `^\{"error":"JWT validation failed: [^"]+"\}$`, text)
	}
	for path, allow := range allowed {
		if strings.Contains(allow, "PATCH") {
			for _, media := range []string{"application/json", "text/plain", "application/merge-patch+json", ""} {
				answer, text := send("PATCH", path, "sp", media, "[]")
				require.Equal(t, http.StatusUnsupportedMediaType, answer.StatusCode, path)
				require.Equal(t, "415 Unsupported media type", detail(text))
			}
			answer, text := send("PATCH", path, "sp-reader", "application/json-patch+json", "[]")
			require.Equal(t, http.StatusForbidden, answer.StatusCode, path)
			require.Equal(t, "403 Forbidden", detail(text))
			if strings.HasSuffix(path, "network-config") {
				continue // there is none yet
			}
			answer, text = send("PATCH", path, "sp", "application/json-patch+json", `{"op":"remove"}`)
			require.Equal(t, http.StatusBadRequest, answer.StatusCode, "%s: %s", path, text)
			require.Equal(t, "400.0 Bad request syntax", detail(text))
		}
	}
	for _, body := range []string{"", "[", "[]]", `[{"op":"remove","op":"remove","path":"/range"}]`, "[\"\xff\"]"} {
		answer, text := send("PATCH", "/v3/auth-org/session-config", "sp", "application/json-patch+json; charset=utf-8", body)
		require.Equal(t, http.StatusBadRequest, answer.StatusCode)
		require.Equal(t, "400.0 Bad request syntax", detail(text))
	}
	for _, body := range []string{"", "null", "[]", `{"range":null}{}`, `{"range":null,"range":null}`} {
		answer, text := send("POST", "/v3/auth-org/network-config", "sp", "application/json", body)
		require.Equal(t, http.StatusBadRequest, answer.StatusCode)
		require.Equal(t, "400.0 Bad request syntax", detail(text))
	}
	answer, text := send("POST", "/v3/auth-org/network-config", "sp", "application/json", strings.Repeat(" ", 2<<20)+"{}")
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	require.Equal(t, "400.1.4 Limit violation", detail(text))
	for _, path := range []string{"/v3/auth-org", "/v3/auth-org/", "/v2027/auth-org/network-config", "/v3/auth-org/network-config/", "/auth-org/v2/network-config", "/v3/auth-profiles", "/auth-profiles/v1/a/b"} {
		answer, text := send("GET", path, "sp", "", "")
		require.Equal(t, http.StatusNotFound, answer.StatusCode, path)
		if !strings.Contains(path, "v2027") { // no version of SailPoint's
			require.Equal(t, "404 Not found", detail(text), path)
		}
	}
}
