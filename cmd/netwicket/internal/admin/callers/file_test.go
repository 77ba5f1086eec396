package callers_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/internal/finding"
)

// TestFile: the file of the specification, A2.
func TestFile(t *testing.T) {
	file := read(t, `{"tokens":[{"name":"ci","sha256":"`+hexOf("t")+`","scopes":["okta.networkZones.manage"],"networks":["127.0.0.0/8","192.0.2.7","2001:db8::/32"]}],
		"clients":[{"id":"0oa1","name":"terraform","jwks":`+keySet(t, newKey(t), newKey(t))+`,"scopes":["okta.policies.read"],"dpop":"no"},
		{"id":"sp1","secretSha256":"`+strings.ToUpper(hexOf("s"))+`","scopes":["sp:auth-org:manage"]}]}`)
	require.Len(t, file.Tokens, 1)
	require.Equal(t, "ci", file.Tokens[0].Name)
	require.Len(t, file.Tokens[0].Networks, 3)
	require.Len(t, file.Clients, 2)
	require.Len(t, file.Clients[0].Keys, 2)
	require.False(t, file.Clients[0].DPoP)
	require.Nil(t, file.Clients[0].Networks)
	require.Equal(t, "sp1", file.Clients[1].Name, "a client without a name has its id")
}

// TestMode: nobody but its owner may read or write the file (A2).
func TestMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := filepath.Join(t.TempDir(), "callers.json")
	text := `{"tokens":[{"name":"ci","sha256":"` + hexOf("t") + `","scopes":[]}]}`
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	for mode, good := range map[os.FileMode]bool{
		0o600: true, 0o400: true, 0o640: false, 0o660: false, 0o604: false, 0o602: false, 0o601: false, 0o620: false, 0o644: false,
	} {
		require.NoError(t, os.Chmod(path, mode))
		_, err := callers.Read(path)
		if good {
			require.NoError(t, err, mode)
		} else {
			require.ErrorContains(t, err, "chmod 600", mode)
		}
	}
	_, err := callers.Read(path + ".other")
	require.ErrorContains(t, err, "cannot be read")
}

// TestBadFiles: what is wrong is said with its position, and nothing of the file is
// taken.
func TestBadFiles(t *testing.T) {
	ok := hexOf("t")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	private, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey(t)}}})
	require.NoError(t, err)
	encrypts, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey(t).Public(), Use: "enc"}}})
	require.NoError(t, err)
	for _, row := range []struct{ name, text, want string }{
		{"nobody", `{"tokens":[],"clients":[]}`, "at least one token or client"},
		{"no object", `[]`, "1:1"},
		{"null", `{"tokens":null}`, "1:11"},
		{"a slip", `{"token":[]}`, `did you mean "tokens"`},
		{"no JSON", `{"tokens":`, "1:"},
		{"a member twice", `{"tokens":[],"tokens":[]}`, "1:"},
		{"no name", `{"tokens":[{"sha256":"` + ok + `","scopes":[]}]}`, "name is missing"},
		{"an empty name", `{"tokens":[{"name":"","sha256":"` + ok + `","scopes":[]}]}`, "expected a name"},
		{"no hash", `{"tokens":[{"name":"ci","scopes":[]}]}`, "sha256 is missing"},
		{"no scopes", `{"tokens":[{"name":"ci","sha256":"` + ok + `"}]}`, "scopes is missing"},
		{"an unknown scope", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":["okta.networkZones.manag"]}]}`, `did you mean "okta.networkZones.manage"`},
		{"no network", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":["office"]}]}`, "/tokens/0/networks/0"},
		{"no networks at all", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":[]}]}`, "at least one network"},
		{"one name twice", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[]},{"name":"ci","sha256":"` + hexOf("u") + `","scopes":[]}]}`, "another caller has it"},
		{"one token twice", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[]},{"name":"cd","sha256":"` + ok + `","scopes":[]}]}`, "another caller has it"},
		{"one client twice", `{"clients":[{"id":"a","secretSha256":"` + ok + `","scopes":[]},{"id":"a","secretSha256":"` + ok + `","scopes":[]}]}`, "another caller has it"},
		{"neither key nor secret", `{"clients":[{"id":"a","scopes":[]}]}`, "either jwks"},
		{"both", `{"clients":[{"id":"a","scopes":[],"secretSha256":"` + ok + `","jwks":` + keySet(t, newKey(t)) + `}]}`, "either jwks"},
		{"no keys", `{"clients":[{"id":"a","scopes":[],"jwks":{"keys":[]}}]}`, "at least one key"},
		{"a private key", `{"clients":[{"id":"a","scopes":[],"jwks":` + string(private) + `}]}`, "public keys"},
		{"a secret as a key", `{"clients":[{"id":"a","scopes":[],"jwks":{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}}]}`, "public keys"},
		{"a short key", `{"clients":[{"id":"a","scopes":[],"jwks":` + keySet(t, short) + `}]}`, "2048"},
		{"a key to encrypt with", `{"clients":[{"id":"a","scopes":[],"jwks":` + string(encrypts) + `}]}`, "to encrypt"},
		{"an Edwards key", `{"clients":[{"id":"a","scopes":[],"jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}}]}`, "RSA or EC"},
		{"a key off its curve", `{"clients":[{"id":"a","scopes":[],"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}]}}]}`, "Web Keys"},
		{"an object, not what is in it", `[{"tokens":[]}]`, "expected an object of tokens and clients"},
		{"tokens as an object", `{"tokens":{"name":"ci"}}`, "expected a list, found an object"},
		{"a token as a text", `{"tokens":["ci"]}`, "/tokens/0: expected an object, found a string"},
		{"a name as a number", `{"tokens":[{"name":7,"sha256":"` + ok + `","scopes":[]}]}`, "/tokens/0/name: \"7\": expected a string"},
		{"a hash as a number", `{"tokens":[{"name":"ci","sha256":7,"scopes":[]}]}`, "as 64 hexadecimal digits, found a number"},
		{"a hash of 62 digits", `{"tokens":[{"name":"ci","sha256":"` + ok[2:] + `","scopes":[]}]}`, "as 64 hexadecimal digits"},
		{"a hash of 66 digits", `{"clients":[{"id":"a","secretSha256":"` + ok + `00","scopes":[]}]}`, "as 64 hexadecimal digits"},
		{"a hash of 65 digits", `{"clients":[{"id":"a","secretSha256":"` + ok + `0","scopes":[]}]}`, "as 64 hexadecimal digits"},
		{"a hash that is none in the end", `{"clients":[{"id":"a","secretSha256":"` + ok[1:] + `g","scopes":[]}]}`, "as 64 hexadecimal digits"},
		{"scopes as a text", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":"okta.policies.read"}]}`, "expected a list of scopes"},
		{"a scope as a number, and an unknown one behind it", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[7,"all"]}]}`, "/tokens/0/scopes/1: \"all\": unknown scope"},
		{"a scope as a number", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[7]}]}`, "expected a scope, found a number"},
		{"networks as a text", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":"10.0.0.0/8"}]}`, "expected a list of networks"},
		{"a network as a number", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":[7]}]}`, "expected a network such as 192.0.2.0/24, found a number"},
		{"a network as a number, and none behind it", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":[7,"office"]}]}`, "/tokens/0/networks/1: \"office\""},
		{"two that are no networks", `{"tokens":[{"name":"ci","sha256":"` + ok + `","scopes":[],"networks":["x","office"]}]}`, "/tokens/0/networks/1: \"office\""},
		{"no id", `{"clients":[{"secretSha256":"` + ok + `","scopes":[]}]}`, "id is missing"},
		{"no scopes of a client", `{"clients":[{"id":"a","secretSha256":"` + ok + `"}]}`, "scopes is missing"},
		{"keys as a text", `{"clients":[{"id":"a","scopes":[],"jwks":"k"}]}`, `expected {"keys": [...]}, found a string`},
		{"dpop as a number", `{"clients":[{"id":"a","scopes":[],"secretSha256":"` + ok + `","dpop":7}]}`, "expected required or no, found a number"},
		{"a name twice behind one that is none", `{"tokens":[{"name":7,"sha256":"` + ok + `","scopes":[]},{"name":"a","sha256":"` + hexOf("u") + `","scopes":[]},{"name":"a","sha256":"` + hexOf("v") + `","scopes":[]}]}`, "/tokens/2/name: \"a\": another caller has it"},
		{"a long key", `{"clients":[{"id":"a","scopes":[],"jwks":` + publicRSA(t, 4097) + `}]}`, "RSA modulus size"},
		{"a key that is one bit short", `{"clients":[{"id":"a","scopes":[],"jwks":` + publicRSA(t, 2047) + `}]}`, "2048 to 4096"},
		{"a key without an exponent", `{"clients":[{"id":"a","scopes":[],"jwks":{"keys":[{"kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes()) + `","e":"AA"}]}}]}`, "bad e value"},
		{"dpop", `{"clients":[{"id":"a","scopes":[],"secretSha256":"` + ok + `","dpop":"yes"}]}`, "required or no"},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := readText(t, row.text)
			require.ErrorContains(t, err, row.want)
			require.Nil(t, file)
		})
	}
}

// publicRSA is a set of one RSA key of so many bits.
func publicRSA(t *testing.T, bits uint) string {
	t.Helper()
	modulus := new(big.Int).Lsh(big.NewInt(1), bits-1)
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &rsa.PublicKey{N: modulus.SetBit(modulus, 0, 1), E: 65537}}}})
	require.NoError(t, err)
	return string(text)
}

// TestLengthsOfKeys: RSA keys may have 2,048 to 4,096 bits.
func TestLengthsOfKeys(t *testing.T) {
	for _, bits := range []uint{2048, 4096} {
		require.Len(t, read(t, `{"clients":[{"id":"a","scopes":[],"jwks":`+publicRSA(t, bits)+`}]}`).Clients[0].Keys, 1)
	}
}

// TestNamesThatAreNone are not taken for one name that two callers have.
func TestNamesThatAreNone(t *testing.T) {
	_, err := readText(t, `{"tokens":[{"name":7,"sha256":"`+hexOf("t")+`","scopes":[]},{"name":7,"sha256":"`+hexOf("u")+`","scopes":[]}]}`)
	require.ErrorContains(t, err, "expected a string")
	require.NotContains(t, err.Error(), "another caller")
}

// TestLargeFiles: a callers' file has at most 1 MiB, and is a file.
func TestLargeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callers.json")
	text := `{"tokens":[{"name":"ci","sha256":"` + hexOf("t") + `","scopes":[]}]}`
	require.NoError(t, os.WriteFile(path, []byte(text+strings.Repeat(" ", 1<<20-len(text))), 0o600))
	_, err := callers.Read(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(text+strings.Repeat(" ", 1<<20-len(text)+1)), 0o600))
	_, err = callers.Read(path)
	require.ErrorContains(t, err, path+": cannot be read: ")
	require.ErrorContains(t, err, "1 MiB")
	folder := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(folder, 0o700))
	_, err = callers.Read(folder)
	require.ErrorContains(t, err, "folder: cannot be read: ")
}

// TestErrorsWithholdSecrets: whoever puts a token, a secret or a private key itself
// into the file does not find it in the log of the server that reads it again.
func TestErrorsWithholdSecrets(t *testing.T) {
	const secret = "S3CRET0123456789abcdefghijklmnop"
	for _, text := range []string{
		`{"tokens":[{"name":"ci","sha256":"` + secret + `","scopes":[]}]}`,
		`{"tokens":[{"name":"ci","sha256":["` + secret + `"],"scopes":[]}]}`,
		`{"tokens":[{"sha256":"` + secret + `"}]}`,
		`{"tokens":["` + secret + `"]}`,
		`{"tokens":{"ci":"` + secret + `"}}`,
		`{"tokens":"` + secret + `"}`,
		`"` + secret + `"`,
		`{"clients":[{"id":"a","secretSha256":"` + secret + `","scopes":[]}]}`,
		`{"clients":[{"id":"a","secretSha256":{"text":"` + secret + `"},"scopes":[]}]}`,
		`{"clients":[{"id":"a","jwks":"` + secret + `","scopes":[]}]}`,
		`{"clients":[{"id":"a","jwks":{"keys":"` + secret + `"},"scopes":[]}]}`,
		`{"clients":[{"id":"a","jwks":{"keys":[{"kty":"oct","k":"` + secret + `"}]},"scopes":[]}]}`,
		`{"clients":[{"id":"a","jwks":{"keys":[{"kty":"EC","crv":"P-256","d":"` + secret + `"}]},"scopes":[]}]}`,
		`{"tokens":[{"name":"ci","sha256":` + secret + `,"scopes":[]}]}`,
		`{"tokens":[{"name":"ci","sha256":"` + secret,
	} {
		_, err := readText(t, text)
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret[:8], text)
	}
}

func TestAdd(t *testing.T) {
	made := callers.Make("ci", []string{"okta.policies.read"}, []string{"192.0.2.0/24"})
	require.Len(t, made.Token, 43)
	hash := read(t, `{"tokens":[`+string(made.Line)+`]}`).Tokens[0].Hash
	require.Equal(t, hexOf(made.Token), hex.EncodeToString(hash[:]))
	require.NotContains(t, string(made.Line), made.Token)
	other := `{"name":"cd","sha256":"` + hexOf("t") + `","scopes":[]}`
	for _, before := range []string{
		`{"tokens":[]}`, `{"tokens": [ ] }`, `{"tokens": [` + other + `]}`, "{\"tokens\": [\n  " + other + "\n]}\n",
		`{"clients":[{"id":"a","secretSha256":"` + hexOf("s") + `","scopes":[]}]}`, `{}`,
	} {
		after, err := callers.Add("callers.json", []byte(before), made.Line)
		require.NoError(t, err)
		file := read(t, string(after))
		require.Equal(t, "ci", file.Tokens[len(file.Tokens)-1].Name, "%s", after)
		require.Equal(t, strings.Count(before, `"name"`)+1, len(file.Tokens))
		require.Equal(t, strings.Count(before, `"id"`), len(file.Clients))
	}
	after, err := callers.Add("callers.json", []byte("{\"tokens\": [\n  "+other+"\n]}\n"), made.Line)
	require.NoError(t, err)
	require.Equal(t, "{\"tokens\": [\n  "+other+",\n  "+string(made.Line)+"\n]}\n", string(after), "the comma stands behind the token before")
	for _, before := range []string{"", "[", `{"tokens":[`} {
		after, err = callers.Add("callers.json", []byte(before), made.Line)
		require.Error(t, err, "%q", before)
		require.Nil(t, after)
	}
	for _, before := range []string{"", "[", `[]`, `{"tokens":{}}`, `{"tokens":null}`, `{"tokens":7}`} {
		after, err := callers.Add("callers.json", []byte(before), made.Line)
		if err == nil {
			err = callers.Check("callers.json", after)
		}
		require.Error(t, err, "%q gave %s", before, after)
	}
}

// TestOneFindingForOneMistake: what is of another kind is not looked at any further.
func TestOneFindingForOneMistake(t *testing.T) {
	for _, text := range []string{
		`{"tokens":["ci"]}`, `{"tokens":[{"name":"ci","sha256":"` + hexOf("t") + `","scopes":[7]}]}`,
		`{"tokens":[{"name":"ci","sha256":"` + hexOf("t") + `","scopes":[],"networks":[7]}]}`,
	} {
		_, err := readText(t, text)
		var list finding.List
		require.ErrorAs(t, err, &list)
		require.Len(t, list, 1, "%v", err)
	}
}
