package callers

import (
	"crypto/sha256"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// Credential is the hash of a token, by which whoever signed in with it is known: the
// token itself is not kept.
type Credential [sha256.Size]byte

// CredentialOf is that of the text of a token.
func CredentialOf(token string) Credential { return sha256.Sum256([]byte(strings.TrimSpace(token))) }

// Holder says whose token of the file, or bearer token that was issued, a credential is
// of, as Authenticate does. Tokens that are bound to a key are nobody's here: a browser
// proves nothing. The error is ErrBad, or ErrOutside beside the caller.
func (l *Live) Holder(of Credential, peer netip.Addr) (wire.Caller, error) {
	caller, networks, known := l.tokenOfFile(of)
	if !known {
		caller, networks, known = l.bearer(of)
	}
	return admit(caller, networks, known, peer)
}
