package question_test

import (
	"testing"
	"unicode/utf8"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// Whatever is pasted makes no panic, and is one question or none: with an error nothing
// is left to decide about, an unknown peer is nobody, and an address is one to eval.
func FuzzQuestion(f *testing.F) {
	for _, test := range commands {
		f.Add(test.text, "10.0.0.1")
	}
	for _, text := range []string{
		"203.0.113.9", "[2001:db8::1]:443", // addresses
		"203.0.113.0/24", "203.0.113.1-203.0.113.9", // networks
		"remote: 10.0.0.1\nX-Forwarded-For: 203.0.113.9", "GET / HTTP/1.1\nHost: a\n\nbody", // requests
		`{"remote":"10.0.0.1","headers":[["A","b"]]}`, combined, `[{"client":{"ipAddress":"203.0.113.9"},"eventType":"a","published":"2025-10-10T13:55:36.000Z","uuid":"1"}]`,
		"curl $'\\u", "curl ^\"a^", "curl \"\\", // cut off
	} {
		f.Add(text, "")
	}
	open := &gate.Config{TrustUnix: true, Source: gate.XForwardedFor}
	control, err := admission.New(&decide.Policy{}, open)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, peer string) {
		got, err := question.Parse(text, peer)
		if err != nil {
			if got.Kind != "" || got.Request.Remote != "" || err.Error() == "" || utf8.ValidString(text) && !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: %v with %+v", text, err, got)
			}
			return
		}
		again, _ := question.Parse(text, peer)
		if again.Kind != got.Kind || again.Request.Remote != got.Request.Remote || again.Network != got.Network {
			t.Fatalf("%q is %+v and %+v", text, got, again)
		}
		var buffer admission.Buffer
		from := control.Resolve(got.Request, &buffer)
		switch {
		case got.PeerUnknown && (from.Peer.IsValid() || from.Chain[0].IsValid()):
			t.Fatalf("%q: an unknown peer is somebody: %+v", text, from)
		case got.Kind == question.Address && from.Err != nil:
			t.Fatalf("%q is no address to eval: %v", text, from.Err)
		case got.Kind == question.Network && !got.Network.IsValid():
			t.Fatalf("%q is no network", text)
		}
	})
}
