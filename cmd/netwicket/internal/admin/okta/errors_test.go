package okta_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/okta"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// What comes before the subject is worded as Okta words it (E1, E2).
func TestFailures(t *testing.T) {
	vendor := openOrg(t).vendor
	for failure, want := range map[wire.Failure]struct {
		status        int
		code, summary string
	}{
		wire.NoCredentials:    {http.StatusForbidden, "E0000005", "Invalid session"},
		wire.BadCredentials:   {http.StatusUnauthorized, "E0000011", "Invalid token provided"},
		wire.OutsideNetworks:  {http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action"},
		wire.MissingScope:     {http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action"},
		wire.TooManyRequests:  {http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests."},
		wire.UnknownPath:      {http.StatusNotFound, "E0000008", "The requested path was not found"},
		wire.UnknownVerb:      {http.StatusMethodNotAllowed, "E0000022", "The endpoint does not support the provided HTTP method"},
		wire.NotAcceptable:    {http.StatusBadRequest, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match supported values."},
		wire.UnsupportedMedia: {http.StatusBadRequest, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match supported values."},
		wire.MalformedBody:    {http.StatusBadRequest, "E0000003", "The request body was not well-formed."},
		wire.BodyTooLarge:     {http.StatusBadRequest, "E0000003", "The request body was not well-formed."},
	} {
		answer := vendor.Fail(failure, "")
		require.Regexp(t, `^\{"errorCode":"`+want.code+`","errorSummary":"`+want.summary+`","errorLink":"`+want.code+`","errorId":"oae[A-Za-z0-9_-]{22}","errorCauses":\[\]\}$`, string(answer.Body))
		require.Equal(t, want.status, answer.Status)
		require.Contains(t, string(answer.Body), answer.ErrorID)
		require.NotEqual(t, answer.ErrorID, vendor.Fail(failure, "").ErrorID)

		answer = vendor.Fail(failure, "line 1")
		require.Contains(t, string(answer.Body), `"errorCauses":[{"errorSummary":"line 1"}]}`)
		require.Equal(t, []string{"line 1"}, answer.Causes)
	}
}

// What the folder does not take is no fault of the server's: the loader's own words and
// position (D3), and 409 while the documents do not load (D6).
func TestRefusedByTheFolder(t *testing.T) {
	o := openOrg(t) // without geo data
	before := o.files()
	answer := o.call("POST", zones, `{"type":"DYNAMIC","name":"Tor","usage":"BLOCKLIST","proxyType":"Any"}`)
	answer.invalid("policy")
	require.Regexp(t, `zones\.json:\d+:\d+.*no geo source provides the data`, answer.body)
	require.Equal(t, before, o.files())

	require.NoError(t, os.WriteFile(filepath.Join(o.dir, "okta", "zones.json"), []byte(`[{"type":"IP","name":"x","gateways":[{"type":"CIDR","value":"x"}]}]`), 0o600))
	for _, verb := range []string{"GET", "POST"} {
		o.call(verb, zones, office192("x", "")).refused(http.StatusConflict, "E0000195", "The documents of this folder cannot be used at the moment.")
		o.call(verb, threats, `{"action":"none"}`).refused(http.StatusConflict, "E0000195", "The documents of this folder cannot be used at the moment.")
	}
	require.NoError(t, os.WriteFile(filepath.Join(o.dir, "okta", "zones.json"), []byte(before["okta/zones.json"]), 0o600))
	require.Len(t, o.must("GET", zones, "").list(), 4)
}

// A write that waits too long for others is Okta's concurrency limit (R3).
func TestBusy(t *testing.T) {
	store, err := tenant.Open(tenant.Options{Folder: t.TempDir(), Holder: "test", Patience: time.Nanosecond})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	o := &org{t: t, store: store, vendor: okta.New(store, okta.Options{})}
	began, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		store.Write(&wire.Request{}, func(*records.Documents) wire.Answer {
			close(began)
			<-end
			return wire.Answer{Status: http.StatusBadRequest}
		}, func(error) wire.Answer { return wire.Answer{Status: http.StatusBadRequest} })
	}()
	<-began
	answer := o.call("POST", zones, office192("x", ""))
	answer.refused(http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.")
	require.Equal(t, http.Header{"X-Rate-Limit-Limit": {"0"}, "X-Rate-Limit-Remaining": {"0"}}, answer.header)
	o.must("GET", zones, "") // reading goes on
	close(end)
	<-ended
	o.must("POST", zones, office192("x", ""))
}
