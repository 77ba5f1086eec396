package policyfile_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// aPublicKey is the text of some public key.
func aPublicKey(t *testing.T) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	text, err := release.EncodePublicKey(public)
	require.NoError(t, err)
	return string(text)
}

// What a policy file says of a channel is read whole, with the keys; it makes no policy by
// itself, and says so.
func TestFrom(t *testing.T) {
	folder(t, map[string]string{"a.pub": aPublicKey(t), "b.pub": aPublicKey(t), "least.json": `{"from": {"url": "releases", "channel": "prod", "keys": ["a.pub"], "state": "state"}}`,
		"netwicket.json": `{"from": {"url": "https://policies.example/prod.json", "channel": "prod", "keys": ["a.pub", "b.pub"], "threshold": 2, "state": "state",
"every": "30s", "onExpired": "deny", "minVersion": 42, "caFile": "ca.pem", "tokenFile": "token", "plain": true}, "edge": {"trusted": ["10.0.0.1"]}}`})
	parts := policyfile.Load(policyfile.Options{})
	require.NoError(t, parts.Err())
	from := *parts.From
	require.Equal(t, []any{"https://policies.example/prod.json", "prod", 2, "state", 30 * time.Second, release.Deny, uint64(42), "ca.pem", "token", true},
		[]any{from.URL, from.Channel, from.Threshold, from.State, from.Every, from.OnExpired, from.MinVersion, from.CAFile, from.TokenFile, from.Plain})
	require.Equal(t, release.StoreOptions{Plain: true, CAFile: "ca.pem", TokenFile: "token", UserAgent: "me"}, from.StoreOptions("me"))
	require.Len(t, from.Trust().Keys, 2)
	require.Equal(t, 2, from.Trust().Threshold)
	require.Subset(t, parts.Files, []string{"a.pub", "b.pub"}, "a key that changes is seen")
	require.NotNil(t, parts.Edge)

	_, policy, err := policyfile.Open(policyfile.Options{})
	require.Nil(t, policy)
	require.ErrorContains(t, err, "netwicket.json:1:10 /from: this policy file follows a channel of releases")
	require.Equal(t, []string{"netwicket.json:1:10 /from no-release"}, lines(err.(policyfile.Findings))) //nolint:errorlint // it is not wrapped

	checked := policyfile.Check(policyfile.Options{}, false)
	require.Empty(t, checked.Findings, "there is nothing wrong with it")
	require.NotNil(t, checked.Parts.From)
	require.Nil(t, checked.Policy)

	least := policyfile.Load(policyfile.Options{Paths: []string{"least.json"}}).From
	require.Equal(t, []any{1, 5 * time.Second, release.Keep, uint64(0), false}, []any{least.Threshold, least.Every, least.OnExpired, least.MinVersion, least.Plain})
	again := policyfile.Load(policyfile.Options{Paths: []string{"least.json"}}).From
	require.True(t, least.Equal(again))
	require.False(t, least.Equal(&from))
	require.False(t, least.Equal(nil))
	write(t, "a.pub", aPublicKey(t))
	require.False(t, least.Equal(policyfile.Load(policyfile.Options{Paths: []string{"least.json"}}).From), "another key")
}

// What is wrong with it is said where it stands.
func TestBadFrom(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "policy.nws", snapshot)
	write(t, "a.pub", aPublicKey(t))
	write(t, "none.pub", "nothing")
	const good = `"url": "releases", "channel": "prod", "state": "state", "keys": ["a.pub"]`
	write(t, "good.json", `{"from": {`+good+`}}`)
	write(t, "overlaid.json", `{"overlay": "overlay.json", "edge": {}}`)
	write(t, "overlay.json", `{"deny": []}`)
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"nothing":         {`{}`, []string{"missing-key", "missing-key", "missing-key", "missing-key"}},
		"no keys":         {`{"url": "releases", "channel": "prod", "state": "state", "keys": []}`, []string{"missing-key"}},
		"a missing key":   {`{"url": "releases", "channel": "prod", "state": "state", "keys": ["b.pub"]}`, []string{"missing-file"}},
		"a key of others": {`{"url": "releases", "channel": "prod", "state": "state", "keys": ["none.pub"]}`, []string{"bad-key"}},
		"one key twice":   {`{"url": "releases", "channel": "prod", "state": "state", "keys": ["a.pub", "a.pub"], "threshold": 2}`, []string{"bad-value"}},
		"too few keys":    {`{` + good + `, "threshold": 2}`, []string{"bad-value"}},
		"threshold 0":     {`{` + good + `, "threshold": 0}`, []string{"bad-value"}},
		"a URL in a list": {`{"url": ["https://a"], "channel": "prod", "state": "state", "keys": ["a.pub"]}`, []string{"bad-type"}},
		"no channel":      {`{"url": "releases", "channel": 5, "state": "state", "keys": ["a.pub"]}`, []string{"bad-type"}},
		"two bad keys":    {`{"url": "releases", "channel": "prod", "state": "state", "keys": ["b.pub", "none.pub", "c.pub"]}`, []string{"missing-file", "bad-key", "missing-file"}},
		"a bad channel":   {`{"url": "releases", "channel": "../x", "state": "state", "keys": ["a.pub"]}`, []string{"bad-value"}},
		"a bad version":   {`{` + good + `, "minVersion": -1}`, []string{"bad-value"}},
		"a version of .5": {`{` + good + `, "minVersion": 1.5}`, []string{"bad-value"}},
		"no time":         {`{` + good + `, "every": "0s"}`, []string{"bad-value"}},
		"another word":    {`{` + good + `, "onExpired": "allow"}`, []string{"bad-value"}},
		"an unknown key":  {`{` + good + `, "timeout": "5s"}`, []string{"unknown-key"}},
	} {
		write(t, "bad.json", `{"from": `+row.text+`}`)
		var codes []string
		for _, f := range policyfile.Load(policyfile.Options{Paths: []string{"bad.json"}}).Findings {
			codes = append(codes, f.Code)
		}
		require.Equal(t, row.want, codes, name)
		require.Len(t, policyfile.Check(policyfile.Options{Paths: []string{"bad.json"}}, false).Findings, len(row.want), name)
	}

	for _, row := range []struct {
		text, want string
		threshold  int
		version    uint64
	}{
		{`"threshold": 0`, "expected a whole number from 1 to 16", 1, 0},
		{`"threshold": 17`, "expected a whole number from 1 to 16", 1, 0},
		{`"threshold": 16`, "16", 16, 0},
		{`"threshold": "1"`, "expected a whole number from 1 to 16", 1, 0},
		{`"minVersion": 9007199254740992`, "expected a whole number from 0 to 9007199254740991", 1, 0},
		{`"minVersion": 9007199254740991`, "", 1, 1<<53 - 1},
	} {
		write(t, "bad.json", `{"from": {`+good+`, `+row.text+`}}`)
		parts := policyfile.Load(policyfile.Options{Paths: []string{"bad.json"}})
		require.Equal(t, row.want != "", parts.Err() != nil, row.text)
		if row.want != "" {
			require.ErrorContains(t, parts.Err(), row.want)
		}
		require.Equal(t, []any{row.threshold, row.version}, []any{parts.From.Threshold, parts.From.MinVersion}, "what is refused is not read: %s", row.text)
	}

	write(t, "all.json", `{"from": {`+good+`}, "okta": {"zones": ["zones.json"]}, "overlay": "overlay.json", "snapshot": "policy.nws", "geo": [], "mode": "enforce"}`)
	of := func(paths ...string) policyfile.Options { return policyfile.Options{Paths: paths} }
	for name, row := range map[string]struct {
		options policyfile.Options
		want    []string
	}{
		"keys of one file":     {of("all.json"), []string{"/okta conflict", "/overlay conflict", "/snapshot conflict", "/geo conflict"}},
		"a document beside it": {of("good.json", "zones.json"), []string{"zones.json:1:1  conflict"}},
		"a snapshot beside it": {of("good.json", "policy.nws"), []string{"policy.nws:1:1  conflict"}},
		"an overlay beside it": {of("good.json", "overlaid.json"), []string{"overlay.json:1:1  conflict"}},
		"--geo":                {policyfile.Options{Paths: []string{"good.json"}, Geo: []string{"geo.csv"}}, []string{"good.json:1:1  conflict"}},
		"another channel":      {of("good.json", "good.json"), []string{"conflict"}},
	} {
		parts := policyfile.Load(row.options)
		found := lines(parts.Findings)
		require.Len(t, found, len(row.want), "%s: %v", name, found)
		require.ErrorContains(t, parts.Err(), map[bool]string{true: "a second from; the policy has one already", false: "beside from: the policy is what the release says"}[name == "another channel"], name)
		for i, want := range row.want {
			require.Contains(t, found[i], want, name)
		}
	}
}
