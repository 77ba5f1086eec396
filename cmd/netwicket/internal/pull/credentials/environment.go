package credentials

import (
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The names are those of the vendors' SDKs, so that what works for them works here.
const (
	oktaToken = "OKTA_CLIENT_TOKEN"
	oktaMode  = "OKTA_CLIENT_AUTHORIZATIONMODE"
	oktaID    = "OKTA_CLIENT_CLIENTID"
	oktaKey   = "OKTA_CLIENT_PRIVATEKEY"
	oktaKeyID = "OKTA_CLIENT_PRIVATEKEYID"
	oktaScope = "OKTA_CLIENT_SCOPES"

	sailPointID     = "SAIL_CLIENT_ID"
	sailPointSecret = "SAIL_CLIENT_SECRET"
)

// Scopes that Okta's documents need.
const (
	ZonesScope    = "okta.networkZones.read"
	PoliciesScope = "okta.policies.read"
	ThreatsScope  = "okta.threatInsights.read"
)

// Environment is where credentials come from: os.Getenv, and a reader of files.
type Environment struct {
	Get  func(name string) string
	Read func(path string) ([]byte, error)
}

// Okta are the credentials for Okta: a token, or what gets one.
type Okta struct {
	scheme, token string // of a token that is there
	client        *oktaClient
}

// Okta reads the credentials for Okta. What is missing or wrong is said before
// anything is asked.
func (e Environment) Okta() (*Okta, error) {
	mode := e.Get(oktaMode)
	switch mode {
	case "", "SSWS", "Bearer":
		token := e.Get(oktaToken)
		if token == "" {
			return nil, missing(oktaToken, "an API token of Okta's, or "+oktaMode+"=PrivateKey with "+oktaID+" and "+oktaKey)
		}
		if err := plain(oktaToken, token); err != nil {
			return nil, err
		}
		if mode == "" {
			mode = "SSWS"
		}
		return &Okta{scheme: mode, token: token}, nil
	case "PrivateKey":
		client, err := e.oktaClient()
		return &Okta{client: client}, err
	default:
		return nil, fmt.Errorf("%s in the environment: %s", oktaMode, jsondoc.Expected(mode, "SSWS", "Bearer", "PrivateKey"))
	}
}

func (e Environment) oktaClient() (*oktaClient, error) {
	id, text := e.Get(oktaID), e.Get(oktaKey)
	if id == "" {
		return nil, missing(oktaID, "the id of an OAuth client of Okta's")
	}
	if text == "" {
		return nil, missing(oktaKey, "its private key: PEM, a JWK, or the path of a file with either")
	}
	key, err := e.privateKey(text, e.Get(oktaKeyID))
	if err != nil {
		return nil, fmt.Errorf("%s in the environment: %w", oktaKey, err)
	}
	scopes := strings.FieldsFunc(e.Get(oktaScope), func(r rune) bool { return r == ',' || r == ' ' })
	if len(scopes) == 0 {
		scopes = []string{ZonesScope, PoliciesScope, ThreatsScope}
	}
	return newOktaClient(id, key, scopes)
}

// SailPoint are the credentials for SailPoint: what gets a token.
type SailPoint struct{ id, secret, token string }

// SailPoint reads the credentials for SailPoint.
func (e Environment) SailPoint() (*SailPoint, error) {
	s := &SailPoint{id: e.Get(sailPointID), secret: e.Get(sailPointSecret)}
	if s.id == "" {
		return nil, missing(sailPointID, "the id of a personal access token or an OAuth client of SailPoint's")
	}
	if s.secret == "" {
		return nil, missing(sailPointSecret, "its secret")
	}
	return s, nil
}

func missing(name, what string) error {
	return fmt.Errorf("%s is not in the environment: expected %s", name, what)
}

// plain says that a header can hold a token. The error does not repeat it.
func plain(name, token string) error {
	for _, b := range []byte(token) {
		if b <= ' ' || b >= 0x7f {
			return fmt.Errorf("%s in the environment holds a space or another character that no token has", name)
		}
	}
	return nil
}
