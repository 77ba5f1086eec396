package doctor_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/release"
)

// followed examines a policy file that follows a channel, of which a release of two days
// was taken into the state, so long after it was made.
func followed(t *testing.T, keys string, after time.Duration, changes ...func(*doctor.Options)) doctor.Report {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	public, err := release.EncodePublicKey(key.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	var snapshot bytes.Buffer
	require.NoError(t, decidetest.Block(t, "203.0.113.0/24").WriteSnapshot(&snapshot))
	releases := filepath.Join(t.TempDir(), "releases")
	r := &publish.Release{Channel: "prod", Version: 7, Expires: 48 * time.Hour, Snapshots: [][]byte{snapshot.Bytes()}, Now: noon, Keys: []ed25519.PrivateKey{key}}
	_, err = r.Publish(t.Context(), &publish.Folder{Path: releases, Channel: "prod"})
	require.NoError(t, err)
	taken := func(*doctor.Options) {
		require.NoError(t, os.WriteFile("a.pub", public, 0o600))
		store, err := release.OpenStore(releases, "prod", release.StoreOptions{})
		require.NoError(t, err)
		f, err := release.Open(release.Options{
			Store: store, Channel: "prod", Trust: release.Trust{Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}, State: "state", Clock: release.Clock{Now: func() time.Time { return noon }},
			Prepare: func(c release.Candidate) (release.Prepared, error) {
				return release.PreparePolicy(c, nil, func(*decide.Policy) {})
			},
			Withdraw: func() {},
		})
		require.NoError(t, err)
		require.Equal(t, release.Installed, f.Look(t.Context()).Result)
	}
	now := func(o *doctor.Options) { o.Now = noon.Add(after) }
	return examineFile(t, `{"from":{"url":"https://policies.example/prod.json","channel":"prod","keys":["a.pub"],"state":"state"`+keys+`},`+goodEdge+`}`, append([]func(*doctor.Options){taken, now}, changes...)...)
}

// What the release in the state is worth, by its time.
func TestReleaseInForce(t *testing.T) {
	const seven = "release 7 of channel prod, made 2026-11-26T12:00:00Z, expires 2026-11-28T12:00:00Z"
	gone := func(*doctor.Options) { require.NoError(t, os.RemoveAll("state")) }
	broken := func(*doctor.Options) { require.NoError(t, os.WriteFile("state/prod.json", []byte("{"), 0o600)) }
	for _, c := range []struct {
		keys    string
		after   time.Duration
		change  func(*doctor.Options)
		want    string
		inForce bool
	}{
		{"", 0, nil, "", true},
		{"", 24 * time.Hour, nil, "", true},
		{"", 24*time.Hour + time.Second, nil, "warning " + seven + ", within a day", true},
		{"", 48*time.Hour - time.Second, nil, "warning " + seven + ", within a day", true},
		{"", 48 * time.Hour, nil, "warning " + seven + ": it is over, and stays in force (from.onExpired)", true},
		{`,"onExpired":"unready"`, 48 * time.Hour, nil, "error " + seven + ": it is over, and /readyz fails (from.onExpired)", true},
		{`,"onExpired":"deny"`, 48 * time.Hour, nil, "error " + seven + ": it is over, and everything is denied (from.onExpired)", false},
		{"", 0, gone, "error no release of channel prod was ever taken into state: everything is denied", false},
		{"", 0, broken, "error the state state of channel prod is not to be used: ", false},
		{`,"minVersion":8`, 0, nil, "error the state state of channel prod is not to be used: ", false},
		{`,"caFile":"absent.pem"`, 0, nil, "error from.caFile absent.pem: no such file or directory", true},
		{`,"tokenFile":"absent"`, 0, nil, "error from.tokenFile absent: no such file or directory", true},
		{`,"tokenFile":"a.pub","caFile":"a.pub"`, 0, nil, "", true},
		{"", 0, func(o *doctor.Options) {
			o.System.Writable = func(folder string) error {
				if folder == "." {
					return errors.New("permission denied")
				}
				return fs.ErrNotExist
			}
		}, "error the state state cannot be written: .: permission denied", true},
		{"", 0, func(o *doctor.Options) {
			o.System.Writable = func(folder string) error {
				if folder == "state" {
					return fs.ErrNotExist
				}
				return nil
			}
		}, "", true},
		{"", 0, func(o *doctor.Options) { o.System.Writable = nil }, "", true},
	} {
		changes := []func(*doctor.Options){}
		if c.change != nil {
			changes = append(changes, c.change)
		}
		report := followed(t, c.keys, c.after, changes...)
		has(t, report, c.want)
		var texts []string
		for _, check := range report.Checks {
			texts = append(texts, check.Text)
		}
		inForce := false
		for _, text := range texts {
			inForce = inForce || bytes.HasPrefix([]byte(text), []byte("policy ")) && bytes.Contains([]byte(text), []byte(" from the release of state: "))
		}
		require.Equal(t, c.inForce, inForce, "%s: %q", c.want, texts)
		require.NotNil(t, report.Edge, "the edge is looked at all the same")
	}
	for failing, want := range map[error]string{fs.ErrPermission: "state: permission denied", fs.ErrNotExist: ".: file does not exist"} {
		report := followed(t, "", 0, func(o *doctor.Options) {
			o.System.Writable = func(folder string) error {
				if folder == "state" || errors.Is(failing, fs.ErrNotExist) {
					return failing
				}
				return nil
			}
		})
		has(t, report, "error the state state cannot be written: "+want)
		require.NotContains(t, report.Checks, doctor.Check{About: doctor.Machine, State: doctor.OK, Text: "the state state can be written"})
	}
	report := followed(t, "", 0)
	require.Contains(t, report.Checks, doctor.Check{About: doctor.Machine, State: doctor.OK, Text: "the state state can be written"})
	require.Contains(t, report.Checks, doctor.Check{About: doctor.InForce, State: doctor.OK, Text: seven})
}
