package sailpoint_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// What comes before the document is worded as SailPoint words it (S9 to S11): an
// ErrorResponseDto, but for 401 and 429, which have a shape of their own.
func TestFailures(t *testing.T) {
	vendor := openOrg(t, nil).vendor
	for failure, want := range map[wire.Failure]struct {
		status     int
		code, text string
		because    bool // why is said behind the text
	}{
		wire.OutsideNetworks:  {http.StatusForbidden, "403 Forbidden", "The server understood the request but refuses to authorize it.", false},
		wire.MissingScope:     {http.StatusForbidden, "403 Forbidden", "The server understood the request but refuses to authorize it.", false},
		wire.UnknownPath:      {http.StatusNotFound, "404 Not found", "The server did not find a current representation for the target resource.", false},
		wire.UnknownVerb:      {http.StatusMethodNotAllowed, "405 Method not allowed", "The method is not allowed for this resource.", false},
		wire.NotAcceptable:    {http.StatusNotAcceptable, "406 Not acceptable", "The resource is available as JSON only.", true},
		wire.UnsupportedMedia: {http.StatusUnsupportedMediaType, "415 Unsupported media type", "The media type is not supported.", true},
		wire.BodyTooLarge:     {http.StatusBadRequest, "400.1.4 Limit violation", "The request is too large.", true},
		wire.MalformedBody:    {http.StatusBadRequest, "400.0 Bad request syntax", "The request could not be parsed.", true},
	} {
		for _, why := range []string{"", "Line 1 is none."} {
			text := want.text
			if want.because && why != "" {
				text += " " + why
			}
			answer := vendor.Fail(failure, why)
			require.Equal(t, want.status, answer.Status)
			require.Regexp(t, `^[0-9a-f]{32}$`, answer.ErrorID)
			require.JSONEq(t, `{"detailCode":"`+want.code+`","trackingId":"`+answer.ErrorID+`","messages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"`+text+`"},`+
				`{"locale":"und","localeOrigin":"REQUEST","text":"`+text+`"}],"causes":[]}`, string(answer.Body))
			require.Equal(t, []string{want.code + ": " + text}, answer.Causes)
			require.NotEqual(t, answer.ErrorID, vendor.Fail(failure, why).ErrorID)
		}
	}
	for failure, want := range map[wire.Failure]struct {
		status int
		body   string
	}{
		wire.NoCredentials:   {http.StatusUnauthorized, `{"error":"JWT validation failed: there is no token"}`},
		wire.BadCredentials:  {http.StatusUnauthorized, `{"error":"JWT validation failed: the token is not known or has expired"}`},
		wire.TooManyRequests: {http.StatusTooManyRequests, `{"message":" Rate Limit Exceeded "}`},
	} {
		answer := vendor.Fail(failure, "what nobody needs to know")
		require.Equal(t, want.status, answer.Status)
		require.Equal(t, want.body, string(answer.Body))
		require.Empty(t, answer.ErrorID)
		require.Len(t, answer.Causes, 1)
		require.Contains(t, want.body, `"`+answer.Causes[0]+`"`)
	}
}

// A write that waits too long for others is one request too many, to be made again.
func TestBusy(t *testing.T) {
	store, err := tenant.Open(tenant.Options{Folder: t.TempDir(), Holder: "test", Patience: time.Nanosecond})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	o := &org{t: t, vendor: sailpoint.New(store)}
	began, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		store.Write(&wire.Request{}, func(*records.Documents) wire.Answer {
			close(began)
			<-end
			return wire.Answer{Status: http.StatusBadRequest}
		}, func(error) wire.Answer { return wire.Answer{} })
	}()
	<-began
	answer := o.call(http.MethodPost, "/v3/auth-org/network-config", `{"range":["192.0.2.0/24"],"geolocation":[],"whitelisted":true}`)
	require.Equal(t, http.StatusTooManyRequests, answer.status)
	require.Equal(t, `{"message":" Rate Limit Exceeded "}`, answer.body)
	require.Equal(t, []string{"1"}, answer.header["Retry-After"])
	close(end)
	<-ended
}

// While the documents of the folder do not load, nothing is read or written, and why is said.
func TestFolderThatDoesNotLoad(t *testing.T) {
	o := openOrg(t, nil)
	o.put("netwicket.json", `{"geo": [`)
	for _, verb := range []string{http.MethodGet, http.MethodPost} {
		answer := o.call(verb, "/v3/auth-org/network-config", `{"range":["192.0.2.0/24"],"geolocation":[],"whitelisted":true}`)
		require.Equal(t, http.StatusBadRequest, answer.status, answer.body)
		require.Contains(t, answer.body, "400.1 Bad Request Content")
		require.Contains(t, answer.body, "The documents of this folder cannot be used at the moment: ")
	}
}
