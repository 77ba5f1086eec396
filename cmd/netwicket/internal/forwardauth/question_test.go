package forwardauth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// askAbout is one of the proxy at 10.0.0.1 about a client.
func askAbout(client string) *forwardauth.Question {
	return &forwardauth.Question{Caller: "10.0.0.1:4711", Peer: "10.0.0.1:4711", Header: http.Header{xff: {client}}}
}

// TestQuestionsOfOtherProtocols are answered as those over HTTP.
func TestQuestionsOfOtherProtocols(t *testing.T) {
	s := newServed(t, "", "other")
	answer, err := s.Ask("", askAbout("198.51.100.7"))
	require.ErrorContains(t, err, "no policy is in force")
	require.Equal(t, forwardauth.Answer{}, answer, "the zero answer denies")
	first, err := snapshot(t, blocking(""))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))

	answer, err = s.Ask("", askAbout("198.51.100.7"))
	require.NoError(t, err)
	require.True(t, answer.Passes)
	require.True(t, answer.Decided())
	require.Equal(t, "198.51.100.7", answer.Client())
	require.Empty(t, answer.Zone())
	require.Empty(t, answer.Reference)

	answer, err = s.Ask("", askAbout("203.0.113.7"))
	require.NoError(t, err)
	require.False(t, answer.Passes)
	require.True(t, answer.Decided())
	require.Equal(t, "203.0.113.7", answer.Client())
	require.Equal(t, "b", answer.Zone())
	require.NotEmpty(t, answer.Reference)

	answer, err = s.Ask("", askAbout("nobody"))
	require.NoError(t, err)
	require.False(t, answer.Passes)
	require.True(t, answer.Decided())
	require.Empty(t, answer.Client())

	stranger := askAbout("198.51.100.7")
	stranger.Caller = "192.0.2.1:1"
	answer, err = s.Ask("", stranger)
	require.NoError(t, err, "it is refused, which is no failure of ours")
	require.False(t, answer.Passes)
	require.False(t, answer.Decided())
	require.Empty(t, answer.Client())
	require.Empty(t, answer.Zone())

	answer, err = s.Ask("nobody", askAbout("198.51.100.7"))
	require.NoError(t, err)
	require.Equal(t, forwardauth.Answer{}, answer)
	require.Contains(t, s.metrics(), "netwicket_unknown_policy_total 1\n")
	_, err = s.Ask("other", askAbout("198.51.100.7"))
	require.ErrorContains(t, err, "no policy is in force")
	s.closeLog()
	require.Contains(t, s.log.String(), `"msg":"no policy of this name is served","decision":"deny","name":"\"nobody\"","peer_ip":"10.0.0.1"`)
}

// TestClientsAreCutWhereTheLogIs: what an access log may have of a client is what the
// service's own may.
func TestClientsAreCutWhereTheLogIs(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logAddresses": "network"}`))
	for client, want := range map[string]string{"198.51.100.7": "198.51.100.0/24", "2001:db8:1:2::7": "2001:db8:1::/48", "nobody": ""} {
		answer, err := s.Ask("", askAbout(client))
		require.NoError(t, err)
		require.Equal(t, want, answer.Client())
	}
}

// TestQuestionsThatNoProxyAsks are noted with who asked, as other questions of
// strangers are: a hundred a second.
func TestQuestionsThatNoProxyAsks(t *testing.T) {
	const message = `"msg":"question refused, it is none that a proxy asks"`
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, "")
		s.Malformed(askAbout(""), errors.New("two\nheaders"))
		first, err := snapshot(t, blocking(""))
		require.NoError(t, err)
		require.NoError(t, s.Put("", first))
		for range 150 {
			s.Malformed(askAbout(""), errors.New("two headers"))
		}
		s.Unanswered("a\nslice")
		s.closeLog()
		text := s.log.String()
		require.Equal(t, 100, strings.Count(text, message))
		require.Contains(t, text, `"level":"WARN",`+message+`,"decision":"deny","error":"two`)
		require.Contains(t, text, `"decision":"deny","error":"two headers","peer_ip":"10.0.0.1"`)
		require.Contains(t, text, `"msg":"log lines left out","count":51,`, "also within the first second")
		require.Contains(t, text, `"level":"ERROR","msg":"a request was not answered","panic":"a`)
	})
	// Whoever turns warnings off has none.
	s := serve(t, blocking(`, "serve": {"logLevel": "error"}`))
	s.Malformed(askAbout(""), errors.New("two headers"))
	s.closeLog()
	require.NotContains(t, s.log.String(), message)
}

// TestFailuresLeftOutAreTold at the end too.
func TestFailuresLeftOutAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		connections := forwardauth.ConnectionLog(s.journal)
		for range 130 {
			_, _ = connections.Write([]byte("http: Accept error: too many open files\n"))
		}
		s.closeLog()
		require.Contains(t, s.log.String(), `"msg":"log lines left out","count":30,`)
	})
}

// waiting is an output that takes a while for every line.
type waiting struct{ logged }

func (w *waiting) Write(line []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return w.logged.Write(line)
}

// TestCloseWaitsForTheLastLine, and not for longer.
func TestCloseWaitsForTheLastLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &waiting{}
		journal := forwardauth.NewJournal(out)
		for range 5 {
			journal.Logger().Info("last")
		}
		begun := time.Now()
		journal.Close()
		require.Len(t, out.lines(t), 5)
		require.Equal(t, 500*time.Millisecond, time.Since(begun))
	})
}

// TestClientsFromThePeer: over another protocol the client may be who connected to the
// proxy, and is counted as that only if he is.
func TestClientsFromThePeer(t *testing.T) {
	s := serve(t, blocking(""))
	for peer, client := range map[string]string{"198.51.100.7": "203.0.113.7", "10.0.0.2": "198.51.100.7"} {
		q := askAbout(client)
		q.Peer = peer
		_, err := s.Ask("", q)
		require.NoError(t, err)
	}
	metrics := s.metrics()
	require.Contains(t, metrics, `netwicket_client_ip_total{result="peer"} 1`+"\n", "who is no proxy is the client himself")
	require.Contains(t, metrics, `netwicket_client_ip_total{result="header"} 1`+"\n")
}
