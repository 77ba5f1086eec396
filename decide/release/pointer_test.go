package release_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// The format to the byte: others write it with other programs.
func TestPointerFormat(t *testing.T) {
	text, err := payload(42, withOverlay("until 2026-11-26T12:30:00Z")).Encode()
	require.NoError(t, err)
	require.Equal(t, `{"v":1,"channel":"prod","version":42,"created":"2026-11-26T11:00:00Z","expires":"2026-11-26T13:00:00Z",`+
		`"snapshots":[{"format":1,"sha256":"`+blobOf("policy 42").SHA256+`","size":9,"fingerprint":"f"}],`+
		`"overlay":{"sha256":"`+blobOf("until 2026-11-26T12:30:00Z").SHA256+`","size":26}}`, string(text))
	der, err := x509.MarshalPKIXPublicKey(public(1))
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	signature := ed25519.Sign(key(1), append([]byte("netwicket-release-v1\n"), text...))
	want := fmt.Sprintf(`{"payload":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}`+"\n", base64.StdEncoding.EncodeToString(text),
		hex.EncodeToString(sum[:])[:16], base64.StdEncoding.EncodeToString(signature))
	require.Equal(t, want, string(sealText(t, text, 1)))

	pointer, err := release.Verify([]byte(want), trust())
	require.NoError(t, err)
	require.Equal(t, payload(42, withOverlay("until 2026-11-26T12:30:00Z")), pointer.Payload)
	require.Equal(t, text, pointer.Text)
	require.Equal(t, []string{release.KeyID(public(1))}, pointer.Signers)
}

// What a pointer has to be, beside being signed. Each row is signed by the trusted key where
// it can be.
func TestPointerIsStrict(t *testing.T) {
	text, err := payload(7, withOverlay("o")).Encode()
	require.NoError(t, err)
	good := string(text)
	require.NoError(t, verify(sealText(t, text, 1)))
	change := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	for name, text := range map[string]string{
		"empty": "", "no JSON": "{", "another kind": "[]", "something behind": good + "{}",
		"an unknown member":     change(`{"v":1`, `{"revoked":true,"v":1`),
		"a member twice":        change(`"version":7`, `"version":7,"version":8`),
		"another case":          change(`"channel"`, `"Channel"`),
		"no v":                  change(`"v":1,`, ""),
		"v as text":             change(`"v":1`, `"v":"1"`),
		"no channel":            change(`"channel":"prod",`, ""),
		"a channel that climbs": change(`"prod"`, `"../prod"`),
		"a channel of null":     change(`"prod"`, `null`),
		"no version":            change(`"version":7,`, ""),
		"version nought":        change(`"version":7`, `"version":0`),
		"version below nought":  change(`"version":7`, `"version":-7`),
		"a version of a float":  change(`"version":7`, `"version":7.0`),
		"a version of a power":  change(`"version":7`, `"version":7e3`),
		"a version too high":    change(`"version":7`, `"version":9007199254740992`),
		"no created":            change(`"created":"2026-11-26T11:00:00Z",`, ""),
		"no expires":            change(`"expires":"2026-11-26T13:00:00Z",`, ""),
		"expires as a number":   change(`"expires":"2026-11-26T13:00:00Z"`, `"expires":1795698000`),
		"expires without zone":  change(`2026-11-26T13:00:00Z`, `2026-11-26T13:00:00`),
		"no snapshots":          change(`"snapshots":[`, `"snapshots":[],"x":[`),
		"snapshots of null":     change(`"snapshots":[`, `"snapshots":null,"x":[`),
		"a snapshot without":    change(`"size":8,`, ""),
		"a size below nought":   change(`"size":8`, `"size":-8`),
		"a digest that climbs":  change(`"sha256":"`, `"sha256":"../`),
		"a digest in capitals":  change(blobOf(policy(7)).SHA256, strings.ToUpper(blobOf(policy(7)).SHA256)),
		"more of a snapshot":    change(`"fingerprint":"f"`, `"fingerprint":"f","compression":"xz"`),
		"an overlay of null":    change(`"overlay":{`, `"overlay":null,"x":{`),
		"more of an overlay":    change(`"overlay":{`, `"overlay":{"until":"",`),
	} {
		require.ErrorIs(t, verify(sealText(t, []byte(text), 1)), release.ErrBadSignature, name)
	}
	require.ErrorIs(t, verify(sealText(t, []byte(change(`"v":1`, `"v":2`)), 1)), release.ErrNoFormat)
	_, err = (release.Payload{}).Encode()
	require.Error(t, err)

	envelope := string(sealText(t, text, 1))
	replace := func(old, new string) string {
		require.Contains(t, envelope, old)
		return strings.Replace(envelope, old, new, 1)
	}
	for name, text := range map[string]string{
		"an unknown member":    replace(`{"payload"`, `{"comment":"","payload"`),
		"no signatures":        replace(`"signatures":[`, `"x":[`),
		"payload twice":        replace(`{"payload"`, `{"payload":"e30=","payload"`),
		"more of a signature":  replace(`{"keyid"`, `{"alg":"none","keyid"`),
		"a line in the base64": replace(`{"payload":"`, `{"payload":"\n`),
		"base64 for URLs":      replace(`{"payload":"`, `{"payload":"-_-_`),
		"no padding":           replace(`=="}]`, `"}]`),
		"stray bits":           replace(`=="}]`, `==="}]`),
		"something behind":     envelope + "x",
		"too many signatures":  replace(`"signatures":[`, `"signatures":[`+strings.Repeat(`{"keyid":"0123456789abcdef","sig":""},`, 16)),
		"a pointer too large":  envelope + strings.Repeat(" ", release.PointerLimit),
	} {
		require.ErrorIs(t, verify([]byte(text)), release.ErrBadSignature, name)
	}
	for length := range len(envelope) - 1 { // the last byte ends the line
		require.ErrorIs(t, verify([]byte(envelope[:length])), release.ErrBadSignature, "%d bytes", length)
	}
}

func verify(pointer []byte) error {
	_, err := release.Verify(pointer, trust())
	return err
}

// An entry of another format is for other programs, whatever it says.
func TestOtherFormatsArePassedOver(t *testing.T) {
	text, err := payload(7).Encode()
	require.NoError(t, err)
	other := strings.Replace(string(text), `"snapshots":[`, `"snapshots":[{"format":2,"chunks":[1,2]},`, 1)
	pointer, err := release.Verify(sealText(t, []byte(other), 1), trust())
	require.NoError(t, err)
	require.Equal(t, payload(7).Snapshots, pointer.Payload.Snapshots)
	require.Equal(t, 1, pointer.Payload.PassedOver)
}

// Who signed, and how many of them.
func TestThreshold(t *testing.T) {
	text, err := payload(7).Encode()
	require.NoError(t, err)
	sign := func(number byte) release.Signature { return release.Sign(text, key(number)) }
	as := func(number byte, s release.Signature) release.Signature {
		s.KeyID = release.KeyID(public(number))
		return s
	}
	keys := func(numbers ...byte) (all []ed25519.PublicKey) {
		for _, number := range numbers {
			all = append(all, public(number))
		}
		return all
	}
	for _, row := range []struct {
		name       string
		trusted    []ed25519.PublicKey
		threshold  int
		signatures []release.Signature
		good       bool
	}{
		{"the trusted key", keys(1), 1, []release.Signature{sign(1)}, true},
		{"one of two that are trusted", keys(1, 2), 1, []release.Signature{sign(2)}, true},
		{"a threshold of nought is one", keys(1), 0, nil, false},
		{"another beside it", keys(1), 1, []release.Signature{sign(9), sign(1)}, true},
		{"nobody", keys(1), 1, nil, false},
		{"another key", keys(1), 1, []release.Signature{sign(2)}, false},
		{"another key under the name of the trusted one", keys(1), 1, []release.Signature{as(1, sign(2))}, false},
		{"the trusted key under another's name", keys(1, 2), 1, []release.Signature{as(2, sign(1))}, false},
		{"one that does not hold before one that does", keys(1), 1, []release.Signature{as(1, sign(2)), sign(1)}, true},
		{"two of two", keys(1, 2), 2, []release.Signature{sign(1), sign(2)}, true},
		{"two of three", keys(1, 2, 3), 2, []release.Signature{sign(3), sign(1)}, true},
		{"one of two", keys(1, 2), 2, []release.Signature{sign(1)}, false},
		{"one twice", keys(1, 2), 2, []release.Signature{sign(1), sign(1)}, false},
		{"one twice, trusted twice", keys(1, 1, 2), 2, []release.Signature{sign(1), sign(1)}, false},
		{"one that signs as both", keys(1, 2), 2, []release.Signature{sign(1), as(2, sign(1))}, false},
		{"nobody is trusted", nil, 0, []release.Signature{sign(1)}, false},
		{"no key is trusted", []ed25519.PublicKey{nil}, 1, []release.Signature{sign(1)}, false},
		{"more than there are", keys(1, 1), 2, []release.Signature{sign(1), sign(1)}, false},
		{"a threshold below nought", keys(1), -1, []release.Signature{sign(1)}, false},
		{"a signature that is cut", keys(1), 1, []release.Signature{{KeyID: sign(1).KeyID, Bytes: sign(1).Bytes[:63]}}, false},
		{"a signature of the bare payload", keys(1), 1, []release.Signature{{KeyID: sign(1).KeyID, Bytes: ed25519.Sign(key(1), text)}}, false},
	} {
		pointer, err := release.Seal(text, row.signatures...)
		require.NoError(t, err)
		_, err = release.Verify(pointer, release.Trust{Keys: row.trusted, Threshold: row.threshold})
		if row.good {
			require.NoError(t, err, row.name)
		} else {
			require.ErrorIs(t, err, release.ErrBadSignature, row.name)
		}
	}
}

func TestKeys(t *testing.T) {
	private, err := release.EncodePrivateKey(key(1))
	require.NoError(t, err)
	trusted, err := release.EncodePublicKey(public(1))
	require.NoError(t, err)
	got, err := release.ParsePrivateKey(private)
	require.NoError(t, err)
	require.Equal(t, key(1), got)
	read, err := release.ParsePublicKey(trusted)
	require.NoError(t, err)
	require.Equal(t, public(1), read)

	_, err = release.ParsePublicKey(private)
	require.ErrorContains(t, err, "it is the private key")
	_, err = release.ParsePrivateKey(trusted)
	require.ErrorContains(t, err, `found a "PUBLIC KEY"`)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(other)
	require.NoError(t, err)
	_, err = release.ParsePrivateKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	require.ErrorContains(t, err, "ed25519")
	der, err = x509.MarshalPKIXPublicKey(other.Public())
	require.NoError(t, err)
	_, err = release.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	require.ErrorContains(t, err, "ed25519")
	for name, text := range map[string][]byte{
		"nothing": nil, "two keys": bytes.Repeat(trusted, 2), "something behind": append(bytes.Clone(trusted), "x"...),
		"half a key": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der[:20]}),
	} {
		_, err := release.ParsePublicKey(text)
		require.Error(t, err, name)
	}
	require.Empty(t, release.KeyID(nil))
}

// openssl reads our keys, and we read its keys and signatures.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	openssl := func(arguments ...string) {
		out, err := exec.Command("openssl", arguments...).CombinedOutput()
		require.NoError(t, err, "openssl %s: %s", strings.Join(arguments, " "), out)
	}
	read := func(name string) []byte {
		text, err := os.ReadFile(file(name))
		require.NoError(t, err)
		return text
	}
	openssl("genpkey", "-algorithm", "ed25519", "-out", file("key"))
	openssl("pkey", "-in", file("key"), "-pubout", "-out", file("key.pub"))
	private, err := release.ParsePrivateKey(read("key"))
	require.NoError(t, err)
	trusted, err := release.ParsePublicKey(read("key.pub"))
	require.NoError(t, err)
	require.Equal(t, trusted, private.Public())
	again, err := release.EncodePrivateKey(private)
	require.NoError(t, err)
	require.Equal(t, string(read("key")), string(again))
	again, err = release.EncodePublicKey(trusted)
	require.NoError(t, err)
	require.Equal(t, string(read("key.pub")), string(again))

	text, err := payload(7).Encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file("message"), release.Message(text), 0o600))
	openssl("pkeyutl", "-sign", "-rawin", "-inkey", file("key"), "-in", file("message"), "-out", file("signature"))
	pointer, err := release.Seal(text, release.Signature{KeyID: release.KeyID(trusted), Bytes: read("signature")})
	require.NoError(t, err)
	_, err = release.Verify(pointer, release.Trust{Keys: []ed25519.PublicKey{trusted}})
	require.NoError(t, err)

	openssl("pkey", "-pubin", "-in", file("key.pub"), "-outform", "DER", "-out", file("der"))
	out, err := exec.Command("openssl", "dgst", "-sha256", "-r", file("der")).Output()
	require.NoError(t, err)
	require.Equal(t, string(out[:16]), release.KeyID(trusted))
}

// FuzzPointer: no text is taken that the key did not sign, what is read says the same when it
// is written again, and nothing panics.
func FuzzPointer(f *testing.F) {
	good := seal(f, payload(7, withOverlay("o")), 1)
	f.Add(good, []byte(`{}`))
	f.Add(bytes.ReplaceAll(good, []byte(" "), nil), []byte(`{"v":1,"channel":"prod","version":1,"created":"2026-11-26T11:00:00Z","expires":"2026-11-26T13:00:00+01:00","snapshots":[{"format":1,"sha256":"`+blobOf("").SHA256+`","size":1,"fingerprint":"f"},{"format":2}]}`))
	signed, err := payload(7, withOverlay("o")).Encode()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text, content []byte) {
		if pointer, err := release.Verify(text, trust()); err == nil && !bytes.Equal(pointer.Text, signed) {
			t.Fatalf("nobody signed %q", pointer.Text)
		}
		p, err := release.ParsePayload(content)
		if err != nil || p.PassedOver > 0 {
			return
		}
		again, err := p.Encode()
		if err != nil {
			t.Fatalf("%q is read but cannot be written: %v", content, err)
		}
		if read, err := release.ParsePayload(again); err != nil || !read.Expires.Equal(p.Expires) || read.Version != p.Version || read.Channel != p.Channel {
			t.Fatalf("%q reads as %v, and written again as %v: %v", content, p, read, err)
		}
	})
}
