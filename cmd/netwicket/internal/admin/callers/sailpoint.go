package callers

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// SailPointToken answers POST /oauth/token (A8).
func (l *Live) SailPointToken(r *http.Request, peer netip.Addr) Issued {
	values, err := form(r, true)
	if err != nil {
		return refusal(http.StatusBadRequest, "invalid_request", err.Error())
	}
	if values.Get("grant_type") != "client_credentials" {
		return refusal(http.StatusBadRequest, "unsupported_grant_type", "The grant_type must be client_credentials.")
	}
	hash := sha256.Sum256([]byte(values.Get("client_secret")))
	l.mu.Lock()
	defer l.mu.Unlock()
	client, known := l.file.client(values.Get("client_id"))
	want := client.Hash
	if !known || want == nil {
		want = make([]byte, len(hash)) // compared all the same, so that the time does not tell who there is
	}
	if subtle.ConstantTimeCompare(want, hash[:]) != 1 || !known || client.Hash == nil || !within(client.Networks, peer) {
		return refusal(http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
	}
	return granted(client.Name, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Seconds int    `json:"expires_in"`
	}{l.issue(issued{client: client.ID, by: string(client.Hash), scopes: client.Scopes, until: l.now().Add(sailPointTime)}), "bearer", int(sailPointTime / time.Second)})
}

// multipartForm reads a form as SailPoint's TypeScript SDK sends it.
func multipartForm(body io.Reader, boundary string) (url.Values, error) {
	unreadable := errors.New("the body cannot be read as multipart/form-data")
	values := make(url.Values)
	for parts := multipart.NewReader(body, boundary); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, unreadable
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, unreadable
		}
		values.Add(part.FormName(), string(text))
	}
}
