package asking_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// A token is renewed where the tenant does not take it, once a question and for no other
// answer, and not for a question that proves by itself who asks. That one is asked again
// does not count among the attempts.
func TestRenewsForNothingElse(t *testing.T) {
	for _, test := range []struct {
		name     string
		statuses []int // of the answers, the last one for all others
		proves   bool
		asked    int
		renewed  int
	}{
		{"not allowed", []int{403}, false, 1, 0},
		{"not there", []int{404, 200}, false, 1, 0},
		{"in trouble", []int{503}, false, 5, 0},
		{"not taken, then in trouble", []int{401, 503}, false, 6, 1},
		{"in trouble, then not taken", []int{503, 503, 401, 503}, false, 6, 1},
		{"not taken, then not allowed", []int{401, 403}, false, 2, 1},
		{"never taken", []int{401}, false, 2, 1},
		{"not taken by itself", []int{401, 200}, true, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, func(w http.ResponseWriter, _ *http.Request, nth int) {
				w.WriteHeader(test.statuses[min(nth, len(test.statuses))-1])
				_, _ = w.Write([]byte(`{"errorCode":"E0000011"}`))
			})
			renewed := 0
			prove := func(context.Context, *http.Request) error { return nil }
			s.client.SetAccess(asking.Access{Prove: prove, Renew: func() { renewed++ }})
			question := asking.Question{What: "zones", Path: "/z", Family: "zones"}
			if test.proves {
				question.Prove = prove
			}
			_, err := s.client.Object(t.Context(), question)
			require.Error(t, err)
			require.EqualValues(t, test.asked, s.asked.Load())
			require.Equal(t, test.renewed, renewed)
		})
	}
}
