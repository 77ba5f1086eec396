package credentials

import (
	"context"
	"net/http"
	"net/url"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// Access proves who asks by the client, with a token that it gets first (A8).
func (s *SailPoint) Access(client *asking.Client) asking.Access {
	return asking.Access{
		Prove: func(ctx context.Context, r *http.Request) error {
			if s.token == "" {
				if err := s.get(ctx, client); err != nil {
					return err
				}
			}
			r.Header.Set("Authorization", "Bearer "+s.token)
			return nil
		},
		Renew: func() { s.token = "" },
	}
}

func (s *SailPoint) get(ctx context.Context, client *asking.Client) error {
	q := asking.Question{
		What: "token", Path: "/oauth/token", Family: "token",
		Form: func() (url.Values, error) {
			return url.Values{"grant_type": {"client_credentials"}, "client_id": {s.id}, "client_secret": {s.secret}}, nil
		},
		Prove: func(context.Context, *http.Request) error { return nil },
	}
	var got token
	_, err := client.Ask(ctx, q, func(body []byte) (err error) {
		got, err = readToken(body)
		return err
	})
	s.token = got.Access
	return err
}
