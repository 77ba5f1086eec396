package release_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// What a payload may say at most and at least, and in what words it is refused.
func TestPayloadEdges(t *testing.T) {
	text, err := payload(7, withOverlay("o")).Encode()
	require.NoError(t, err)
	good, sum := string(text), blobOf("o").SHA256
	for _, row := range []struct{ old, new, says string }{
		{`"version":7`, `"version":9007199254740991`, ""},
		{`"version":7`, `"version":9007199254740992`, "expected a whole number from 1 to 9007199254740991"},
		{`"version":7`, `"version":1`, ""},
		{`"version":7`, `"version":0`, "expected a whole number from 1 to"},
		{`"version":7`, `"version":99999999999999999999`, "expected a whole number from 1 to"},
		{`"version":7`, `"version":"7"`, "expected a number"},
		{`"v":1,`, ``, `"v" is missing`},
		{`"v":1`, `"v":null`, "expected a number"},
		{`"size":1}`, `"size":9007199254740991}`, ""},
		{`"size":1}`, `"size":9007199254740992}`, "expected a whole number"},
		{`"sha256":"` + sum + `","size":1`, ``, `"sha256" is missing`},
		{`,"size":1}`, `}`, `"size" is missing`},
		{`"overlay":{`, `"overlay":null,"x":{`, "expected an object"},
		{`"format":1`, `"format":65536`, "other formats"},
		{`"format":1`, `"format":65537`, "expected a whole number from 1 to 65536"},
		{`"format":1`, `"format":2,"anything":["they","like"]`, "other formats"},
		{`"format":1`, `"format":1,"anything":1`, "anything"},
		{`"snapshots":[`, `"snapshots":[5,`, "expected an object"},
		{`"fingerprint":"f"`, `"fingerprint":"` + strings.Repeat("f", 128) + `"`, ""},
		{`"fingerprint":"f"`, `"fingerprint":"` + strings.Repeat("f", 129) + `"`, "a policy's fingerprint"},
		{`"channel":"prod"`, `"channel":"` + strings.Repeat("p", 63) + `"`, ""},
		{`"channel":"prod"`, `"channel":"` + strings.Repeat("p", 64) + `"`, "a channel such as prod"},
		{`2026-11-26T11:00:00Z`, `0001-01-01T00:00:00Z`, "expected a time"},
		{`2026-11-26T11:00:00Z`, `0001-01-01T00:00:01Z`, ""},
		{`2026-11-26T11:00:00Z`, `0001-01-01T00:00:01+01:00`, "expected a time"},
		{`2026-11-26T11:00:00Z`, `9999-12-31T23:59:59Z`, ""},
		{`2026-11-26T11:00:00Z`, `9999-12-31T23:59:59-01:00`, "expected a time"},
	} {
		require.Contains(t, good, row.old)
		changed := strings.Replace(good, row.old, row.new, 1)
		p, err := release.ParsePayload([]byte(changed))
		switch row.says {
		case "":
			require.NoError(t, err, changed)
			require.Zero(t, p.PassedOver)
			require.Len(t, p.Snapshots, 1)
		case "other formats":
			require.NoError(t, err, changed)
			require.Equal(t, 1, p.PassedOver)
			require.Empty(t, p.Snapshots)
		default:
			require.ErrorContains(t, err, row.says, changed)
			require.NotErrorIs(t, err, release.ErrNoFormat)
			require.Zero(t, p)
		}
	}
	// As many snapshots as there may be, and one more.
	entry := good[strings.Index(good, `{"format"`) : strings.Index(good, `"f"}`)+len(`"f"}`)]
	for count, fits := range map[int]bool{1: true, 16: true, 17: false, 0: false} {
		_, err := release.ParsePayload([]byte(strings.Replace(good, entry, strings.TrimSuffix(strings.Repeat(entry+",", count), ","), 1)))
		require.Equal(t, fits, err == nil, "%d: %v", count, err)
		if !fits {
			require.Regexp(t, fmt.Sprintf("%d snapshots; expected 1 to 16$", count), err.Error())
		}
	}
	// What is of another kind, or too much, is not looked into any further.
	for change, says := range map[[2]string]string{
		{`[` + entry + `]`, `null`}:              "/snapshots: \"null\": expected an array of snapshots, found null",
		{entry, "5" + strings.Repeat(",5", 16)}:  "17 snapshots; expected 1 to 16",
		{`"2026-11-26T11:00:00Z"`, `1795698000`}: "/created: \"1795698000\": expected a time, found a number",
		{`"version":7`, `"version":true`}:        "/version: \"true\": expected a number, found a boolean",
		{`"channel":"prod"`, `"channel":7`}:      "/channel: \"7\": expected a channel such as prod, found a number",
	} {
		_, err := release.ParsePayload([]byte(strings.Replace(good, change[0], change[1], 1)))
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "\n", "one finding")
	}
	// Whatever is no JSON is none for other programs either, and what is no object lacks nothing.
	for text, says := range map[string]string{`{"v":2`: "", `{"v":2,"v":2}`: "", `[]`: "expected an object", `5`: "expected an object"} {
		_, err := release.ParsePayload([]byte(text))
		require.ErrorContains(t, err, says)
		require.NotErrorIs(t, err, release.ErrNoFormat, text)
		require.NotContains(t, err.Error(), "missing", text)
	}
}

// What is no payload is not encoded, let alone signed.
func TestWhatIsNotEncoded(t *testing.T) {
	for says, change := range map[string]func(*release.Payload){
		"expected a whole number from 1 to": func(p *release.Payload) { p.Version = 0 },
		"expected an array of snapshots":    func(p *release.Payload) { p.Snapshots = nil },
		"a channel such as prod":            func(p *release.Payload) { p.Channel = "../prod" },
		"expected a time":                   func(p *release.Payload) { p.Expires = time.Time{} },
	} {
		text, err := payload(7, change).Encode()
		require.ErrorContains(t, err, says)
		require.Nil(t, text)
	}
}

// A release for other programs is told apart from one that is no release: keys are trusted that signed it.
func TestOtherProgramsRelease(t *testing.T) {
	err := verify(sealText(t, []byte(`{"v":2,"anything":1}`), 1))
	require.ErrorIs(t, err, release.ErrNoFormat)
	require.NotErrorIs(t, err, release.ErrBadSignature)
	err = verify(sealText(t, []byte(`{"v":2,"anything":1}`), 9))
	require.ErrorIs(t, err, release.ErrBadSignature)
	require.NotErrorIs(t, err, release.ErrNoFormat)
	err = verify(sealText(t, []byte(`{"v":1}`), 1))
	require.ErrorIs(t, err, release.ErrBadSignature)
	require.ErrorContains(t, err, "what they signed is no release: ")
}

// A pointer has as many signatures as it may, and as many bytes.
func TestPointerEdges(t *testing.T) {
	text, err := payload(7).Encode()
	require.NoError(t, err)
	var signatures []release.Signature
	for number := range byte(17) {
		signatures = append(signatures, release.Sign(text, key(number)))
	}
	for count, says := range map[int]string{16: "", 17: "17 signatures; 16 are the most"} {
		pointer, err := release.Seal(text, signatures[:count]...)
		require.NoError(t, err)
		err = verify(pointer)
		require.Equal(t, says == "", err == nil, "%v", err)
		if says != "" {
			require.ErrorContains(t, err, says)
			require.ErrorIs(t, err, release.ErrBadSignature)
		}
	}
	good := sealText(t, text, 1)
	padded := string(good) + strings.Repeat(" ", release.PointerLimit-len(good))
	require.NoError(t, verify([]byte(padded)))
	require.ErrorIs(t, verify([]byte(padded+" ")), release.ErrTooLarge)

	unsigned, err := release.Seal(text)
	require.NoError(t, err)
	require.Contains(t, string(unsigned), `"signatures":[]`, "an array, as DSSE wants it")
	short, err := release.Seal(text, release.Signature{})
	require.NoError(t, err)
	sealed := func(more int) error { // to the byte, by the name of a key
		_, err := release.Seal(text, release.Signature{KeyID: strings.Repeat("k", release.PointerLimit-len(short)+more)})
		return err
	}
	require.NoError(t, sealed(0))
	require.EqualError(t, sealed(1), "the pointer would have 65537 bytes; 65536 are the most")
}

// What cannot be read of a pointer is said, before anybody asks who signed it.
func TestWhatIsNoPointer(t *testing.T) {
	good := string(sealText(t, []byte(`{}`), 1))
	change := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	id := release.KeyID(public(1))
	for text, says := range map[string][]string{
		"{":                                 {"pointer:1:2"},
		"[]":                                {"expected an object"},
		"{}":                                {`"payload" is missing`, `"signatures" is missing`},
		change(`"e30="`, `5`):               {`/payload: "5": expected base64, found a number`},
		change(`"e30="`, `"e30"`):           {`/payload: "e30": expected base64`},
		change(`"e30="`, `"e31="`):          {`/payload: "e31=": expected base64`},
		change(`"e30="`, `"e3\n0="`):        {"expected base64"},
		change(`"e30="`, `""`):              {"0 of the 1 that are asked for"},
		`{"payload":"e30=","signatures":5}`: {"expected an array of signatures, found a number"},
		change(`"keyid":"`+id+`",`, ``):     {`"keyid" is missing`},
		change(`"keyid":"`, `"keyid":"x`):   {"the id of a key, 16 hexadecimal digits"},
		`{"payload":"e30=","signatures":[{"keyid":"` + id + `"}]}`: {`"sig" is missing`},
		`{"payload":"e30=","signatures":[]}`:                       {"0 of the 1 that are asked for"},
		`{"payload":"e30=","signatures":[5]}`:                      {"/signatures/0: \"5\": expected an object, found a number"},
	} {
		err := verify([]byte(text))
		require.ErrorIs(t, err, release.ErrBadSignature)
		for _, want := range says {
			require.ErrorContains(t, err, want, text)
		}
		require.Equal(t, strings.Contains(says[0], "asked for"), !strings.Contains(err.Error(), "the pointer cannot be read: "), "%v", err)
		require.Equal(t, len(says), 1+strings.Count(err.Error(), "\n"), "one finding each: %v", err)
	}
}

// What is no snapshot, or not the one that the release names, is told apart.
func TestWhatIsNoSnapshot(t *testing.T) {
	large := make([]byte, release.SnapshotLimit+1)
	_, err := release.SnapshotOf(large)
	require.EqualError(t, err, "a snapshot of 67108865 bytes; 67108864 are the most")
	_, err = release.SnapshotOf(large[1:])
	require.ErrorContains(t, err, "this is no snapshot")
	content := aSnapshot(t)
	chosen, err := release.SnapshotOf(content)
	require.NoError(t, err)
	require.Equal(t, release.FormatOne, chosen.Format)
	require.Equal(t, 1, chosen.Format)
	good := release.Candidate{Chosen: chosen, Snapshot: content, Now: noon}
	for says, change := range map[string]func(*release.Candidate){
		"this is no snapshot":              func(c *release.Candidate) { c.Snapshot = []byte("nonsense, and more of it than a header has") },
		", not other, as the release says": func(c *release.Candidate) { c.Chosen.Fingerprint = "other" },
		"overlay:1:2":                      func(c *release.Candidate) { c.Overlay = []byte("{") },
	} {
		c := good
		change(&c)
		policy, overlay, err := c.Read()
		require.ErrorContains(t, err, says)
		require.Nil(t, policy)
		require.Nil(t, overlay)
		prepared, err := release.PreparePolicy(c, nil, nil)
		require.ErrorContains(t, err, says)
		require.Nil(t, prepared.Install)
		require.Nil(t, prepared.Again)
	}
	policy, overlay, err := good.Read()
	require.NoError(t, err)
	require.NotNil(t, policy)
	require.Nil(t, overlay)
	prepared, err := release.PreparePolicy(good, nil, nil)
	require.NoError(t, err)
	require.NotNil(t, prepared.Install)
	require.Nil(t, prepared.Again, "nothing ends")
}

// systemsAuthority has, for a child of this test, a server of an authority of the system and one of another, by whose
// file.
const systemsAuthority = "RELEASE_TEST_AUTHORITY"

// Authorities of a file are trusted beside those of the system.
func TestAuthoritiesBesideTheSystems(t *testing.T) {
	if asked := os.Getenv(systemsAuthority); asked != "" {
		fields := strings.Fields(asked)
		for _, url := range fields[:2] {
			store, err := release.OpenStore(url, "prod", release.StoreOptions{CAFile: fields[2]})
			require.NoError(t, err)
			_, err = store.Pointer(t.Context())
			require.NoError(t, err)
		}
		store, err := release.OpenStore(fields[1], "prod", release.StoreOptions{})
		require.NoError(t, err)
		_, err = store.Pointer(t.Context())
		require.NoError(t, err, "the system's alone")
		return
	}
	folder := t.TempDir()
	serve := func(name string) (url, file string) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
		require.NoError(t, err)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "content") }))
		server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: private}}}
		server.Config.ErrorLog = discarded()
		server.StartTLS()
		t.Cleanup(server.Close)
		file = filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
		return server.URL, file
	}
	url, file := serve("own.pem")
	t.Run("as many bytes as are read", func(t *testing.T) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for size, fits := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
			padded := filepath.Join(folder, "padded.pem")
			require.NoError(t, os.WriteFile(padded, append(text, strings.Repeat("\n", size-len(text))...), 0o600))
			_, err := release.OpenStore(url, "prod", release.StoreOptions{CAFile: padded})
			require.Equal(t, fits, err == nil, "%v", err)
			if !fits {
				require.ErrorContains(t, err, "authorities: ")
				require.ErrorIs(t, err, release.ErrTooLarge)
			}
		}
	})
	systems, systemFile := serve("system.pem")
	executable, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(executable, "-test.run", "^TestAuthoritiesBesideTheSystems$")
	child.Env = append(os.Environ(), systemsAuthority+"="+url+" "+systems+" "+file, "SSL_CERT_FILE="+systemFile, "SSL_CERT_DIR="+filepath.Join(folder, "none"))
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
