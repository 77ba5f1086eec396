package callers

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	proofTime   = 5 * time.Minute // before and after now that a proof's iat may be
	nonceTime   = 24 * time.Hour  // that a nonce is given out
	nonceMemory = 3 * 24 * time.Hour
)

// nonces are the server's, of which a proof for a token must have one (A6).
type nonces struct {
	all []nonce // the last is given out
}

type nonce struct {
	text string
	made time.Time
}

// current is the nonce to give out.
func (n *nonces) current(now time.Time) string {
	if len(n.all) == 0 || now.Sub(n.all[len(n.all)-1].made) >= nonceTime {
		n.all = append(n.all, nonce{secret(), now})
	}
	n.all = slices.DeleteFunc(n.all, func(old nonce) bool { return now.Sub(old.made) >= nonceMemory })
	return n.all[len(n.all)-1].text
}

// good says that a nonce is one that is remembered as of the last call of current.
func (n *nonces) good(text string) bool {
	return slices.ContainsFunc(n.all, func(old nonce) bool {
		return subtle.ConstantTimeCompare([]byte(old.text), []byte(text)) == 1
	})
}

// proved is what a proof says once it has been checked.
type proved struct {
	key   string // its thumbprint
	nonce string
	id    string
	until time.Time
	hash  string // of the token
}

// readProof checks a DPoP proof for a request: its form, its signature, that it is
// for this verb and URL, and its age (RFC 9449 section 4.3). Whether it came
// before is for the caller to ask.
func readProof(text, verb string, urls []string, now time.Time) (proved, error) {
	token, err := jwt.ParseSigned(text, algorithms())
	if err != nil {
		return proved{}, errors.New("the DPoP proof is not a JWT that is signed with RS256 to RS512 or ES256 to ES512")
	}
	header := token.Headers[0]
	if kind, _ := header.ExtraHeaders[jose.HeaderType].(string); !strings.EqualFold(kind, "dpop+jwt") {
		return proved{}, errors.New("the DPoP proof's typ is not dpop+jwt")
	}
	if header.JSONWebKey == nil {
		return proved{}, errors.New("the DPoP proof's header has no public key")
	}
	key, err := newKey(*header.JSONWebKey)
	if err != nil {
		return proved{}, fmt.Errorf("the DPoP proof's key cannot be used: %w", err)
	}
	var said struct {
		Verb   string   `json:"htm"`
		URL    string   `json:"htu"`
		Issued *instant `json:"iat"`
		ID     string   `json:"jti"`
		Nonce  string   `json:"nonce"`
		Hash   string   `json:"ath"`
	}
	if err := token.Claims(key.Key, &said); err != nil {
		return proved{}, errors.New("the DPoP proof is not signed by the key in its header")
	}
	switch {
	case said.Verb != verb:
		return proved{}, errors.New("the DPoP proof is for another method")
	case !slices.ContainsFunc(urls, func(own string) bool { return resource(own) == resource(said.URL) }):
		return proved{}, errors.New("the DPoP proof is for another URL")
	case said.Issued == nil, said.Issued.Before(now.Add(-proofTime)), said.Issued.After(now.Add(proofTime)):
		return proved{}, errors.New("the DPoP proof's iat is not within five minutes")
	case said.ID == "":
		return proved{}, errors.New("the DPoP proof has no jti")
	}
	return proved{
		key: key.Thumbprint, nonce: said.Nonce, id: said.ID,
		until: said.Issued.Add(2 * proofTime), hash: said.Hash,
	}, nil
}

// resource is a URL as htu is compared: without query and fragment, scheme and host
// in lower case, without the port that its scheme has anyway (RFC 9449 section 4.3).
func resource(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if port := u.Port(); scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return scheme + "://" + host + u.EscapedPath()
}

// proof is what a request with a bound token proves (A7); whether it has come
// before is for the caller to ask. A nonce is not needed, and tolerated.
func (l *Live) proof(r *http.Request, token string, urls []string) (proved, error) {
	lines := r.Header.Values("DPoP")
	if len(lines) != 1 {
		return proved{}, errors.New("a request with a bound token needs one DPoP header")
	}
	p, err := readProof(lines[0], r.Method, urls, l.now())
	if err != nil {
		return proved{}, err
	}
	sum := sha256.Sum256([]byte(token))
	if p.hash != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return proved{}, errors.New("the DPoP proof is for another token")
	}
	return p, nil
}

// fresh says that a proof comes for the first time.
func (l *Live) fresh(p proved) bool { return l.used.first(p.until, l.now(), "proof", p.key, p.id) }
