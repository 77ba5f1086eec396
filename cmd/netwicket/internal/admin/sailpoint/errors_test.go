package sailpoint_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// said is what an answer says: its code and its first message, or the one member that it has.
func said(t *testing.T, answer wire.Answer) (code, text string) {
	t.Helper()
	var body struct {
		Code     string `json:"detailCode"`
		ID       string `json:"trackingId"`
		Messages []struct{ Locale, LocaleOrigin, Text string }
		Causes   []any
		Error    string
		Message  string
	}
	require.NoError(t, json.Unmarshal(answer.Body, &body))
	if body.Code == "" {
		return "", body.Error + body.Message
	}
	require.Regexp(t, `^[0-9a-f]{32}$`, body.ID)
	require.Equal(t, body.ID, answer.ErrorID)
	require.Len(t, body.Messages, 2)
	require.Equal(t, body.Messages[0].Text, body.Messages[1].Text)
	require.Equal(t, []string{"en-US", "DEFAULT", "und", "REQUEST"}, []string{body.Messages[0].Locale, body.Messages[0].LocaleOrigin, body.Messages[1].Locale, body.Messages[1].LocaleOrigin})
	require.NotNil(t, body.Causes)
	return body.Code, body.Messages[0].Text
}

// TestErrorsOfTheStore: what refuses a document is said, and all of it to the audit; who
// waited too long is told to come back (S9, S11).
func TestErrorsOfTheStore(t *testing.T) {
	answer := sailpoint.Refuse(&tenant.Refused{Causes: []string{"first\x1b", "second"}})
	require.Equal(t, http.StatusBadRequest, answer.Status)
	code, text := said(t, answer)
	require.Equal(t, "400.1 Bad Request Content", code)
	require.Contains(t, text, "first")
	require.NotContains(t, text, "\x1b")
	require.Equal(t, []string{"first\x1b", "second"}, answer.Causes)

	answer = sailpoint.Refuse(tenant.ErrBusy)
	require.Equal(t, http.StatusTooManyRequests, answer.Status)
	require.Equal(t, http.Header{"Retry-After": {"1"}}, answer.Header)
	_, text = said(t, answer)
	require.Equal(t, " Rate Limit Exceeded ", text)

	answer = sailpoint.Refuse(&tenant.Unavailable{Err: errors.New("z.json:1:1: no")})
	require.Equal(t, http.StatusBadRequest, answer.Status)
	code, text = said(t, answer)
	require.Equal(t, "400.1 Bad Request Content", code)
	require.Equal(t, "The documents of this folder cannot be used at the moment: z.json:1:1: no", text)
}

// TestPlacesOfAPatch: RFC 6901 names places, and what names none, or one that no patch may
// touch, is said with its step.
func TestPlacesOfAPatch(t *testing.T) {
	const before = `{"range":["192.0.2.1","192.0.2.2"],"geolocation":null,"whitelisted":true}`
	for patch, want := range map[string]string{
		`[{"op":"test","path":"","value":` + before + `}]`:            before,
		`[{"op":"test","path":"/range/1","value":"192.0.2.2"}]`:       before,
		`[{"op":"test","path":"/range/0","value":"192.0.2.2"}]`:       "400.1 Bad Request Content: Operation 1: test /range/0 fails.",
		`[{"op":"test","path":"/range/2","value":null}]`:              "400.1 Bad Request Content: Operation 1: test /range/2 fails.",
		`[{"op":"test","path":"/range/-","value":null}]`:              "400.1 Bad Request Content: Operation 1: test /range/- fails.",
		`[{"op":"add","path":"/range/-","value":"192.0.2.3"}]`:        `{"range":["192.0.2.1","192.0.2.2","192.0.2.3"],"geolocation":null,"whitelisted":true}`,
		`[{"op":"add","path":"/range/0","value":"192.0.2.3"}]`:        `{"range":["192.0.2.3","192.0.2.1","192.0.2.2"],"geolocation":null,"whitelisted":true}`,
		`[{"op":"add","path":"/range/3","value":"192.0.2.3"}]`:        "400.1 Bad Request Content: Operation 1: add /range/3 cannot be done.",
		`[{"op":"add","path":"/range/01","value":"192.0.2.3"}]`:       "400.1 Bad Request Content: Operation 1: /range/01 names no element of a list.",
		`[{"op":"add","path":"/range/+1","value":"192.0.2.3"}]`:       "400.1 Bad Request Content: Operation 1: /range/+1 names no element of a list.",
		`[{"op":"add","path":"/range/-1","value":"192.0.2.3"}]`:       "400.1 Bad Request Content: Operation 1: /range/-1 names no element of a list.",
		`[{"op":"remove","path":"/range/1"}]`:                         `{"range":["192.0.2.1"],"geolocation":null,"whitelisted":true}`,
		`[{"op":"remove","path":"/range"}]`:                           `{"range":null,"geolocation":null,"whitelisted":true}`,
		`[{"op":"remove","path":"/whitelisted"}]`:                     "400.1.1 Illegal update attempt: Operation 1: /whitelisted cannot be taken away.",
		`[{"op":"move","path":"/geolocation","from":"/whitelisted"}]`: "400.1.1 Illegal update attempt: Operation 1: /whitelisted cannot be taken away.",
		`[{"op":"move","path":"/range/0","from":"/range"}]`:           "400.1 Bad Request Content: Operation 1: /range cannot be moved into itself.",
		`[{"op":"move","path":"/range/0","from":"/range/1"}]`:         `{"range":["192.0.2.2","192.0.2.1"],"geolocation":null,"whitelisted":true}`,
		`[{"op":"copy","path":"/range/0","from":"/range/1"}]`:         `{"range":["192.0.2.2","192.0.2.1","192.0.2.2"],"geolocation":null,"whitelisted":true}`,
		`[{"op":"move","path":"/range/0","from":"/other"}]`:           "400.1.1 Illegal update attempt: Operation 1: /other cannot be patched.",
		`[{"op":"move","path":"/range/0","from":"/geolocation"}]`:     `400.1.3 Illegal value: /range/0: "null": expected an address or a CIDR network as a string, found null`,
		`[{"op":"copy","path":"/range/0","from":"/other"}]`:           "400.1.1 Illegal update attempt: Operation 1: /other cannot be patched.",
		`[{"op":"replace","path":"/range/0/x","value":1}]`:            "400.1.1 Illegal update attempt: Operation 1: /range/0/x cannot be patched.",
		`[{"op":"replace","path":"/whitelisted/0","value":1}]`:        "400.1.1 Illegal update attempt: Operation 1: /whitelisted/0 cannot be patched.",
		`[{"op":"replace","path":"/a~1b~0c","value":1}]`:              "400.1.1 Illegal update attempt: Operation 1: /a~1b~0c cannot be patched.",
		`[{"op":"replace","path":"","value":{}}]`:                     "400.1.1 Illegal update attempt: Operation 1: the document as a whole cannot be written.",
		`[{"op":"move","path":"/range","from":""}]`:                   "400.1 Bad Request Content: Operation 1:  cannot be moved into itself.",
		`[{"op":"replace","path":"range","value":[]}]`:                "400.1 Bad Request Content: Operation 1: path must be a JSON pointer.",
		`[{"op":"replace","path":"/ran~ge","value":[]}]`:              "400.1 Bad Request Content: Operation 1: path must be a JSON pointer.",
		`[{"op":"replace","path":"/ran~2ge","value":[]}]`:             "400.1 Bad Request Content: Operation 1: path must be a JSON pointer.",
		`[{"op":"replace","path":7,"value":[]}]`:                      "400.1 Bad Request Content: Operation 1: path must be a JSON pointer.",
		`[{"op":"copy","path":"/range"}]`:                             "400.1 Bad Request Content: Operation 1: from must be a JSON pointer.",
		`[{"op":"add","path":"/range"}]`:                              "400.1 Bad Request Content: Operation 1: add needs a value.",
		`[{"op":"replace","path":"/range"}]`:                          "400.1 Bad Request Content: Operation 1: replace needs a value.",
		`[{"op":"test","path":"/range"}]`:                             "400.1 Bad Request Content: Operation 1: test needs a value.",
		`[{"op":"Add","path":"/range","value":[]}]`:                   "400.1 Bad Request Content: Operation 1: op must be add, remove, replace, move, copy or test.",
		`[{"op":7,"path":"/range","value":[]}]`:                       "400.1 Bad Request Content: Operation 1: op must be add, remove, replace, move, copy or test.",
		`[{"op":"test","path":"/whitelisted","value":true},7]`:        "400.1 Bad Request Content: Operation 2: expected an object of op and path.",
		`{"op":"test"}`: "400.0 Bad request syntax: The request could not be parsed. Expected a list of operations.",
		`[{"op":"test","path":"/whitelisted","value":true},{"op":"remove","path":"/range/0"},{"op":"remove","path":"/range/0"},{"op":"remove","path":"/range/0"},{"op":"add","path":"/range","value":[]}]`: "400.1 Bad Request Content: Operation 4: remove /range/0 cannot be done.",
	} {
		after, why := patched(t, "network-config", before, patch)
		require.Equal(t, want, after+why, patch)
	}
}
