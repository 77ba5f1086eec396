package filter

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// judged is a decision by a rule of this name.
func judged(rule string) decide.Decision {
	return decide.Decision{Judgment: decide.Judgment{Reason: decide.RuleMatched, Rule: rule}}
}

// Whatever was answered lately, the answer is that of the decision: of names with every
// ending, in any order, and of two policies that say the same or the other way round.
func TestAnswersAreThoseOfTheDecision(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	alone, both := newAnswers(false), newAnswers(true)
	random := rand.New(rand.NewPCG(1, 1))
	line := func(rule string) string { return "deny\trule\t\t" + rule }
	for _, first := range letters {
		for _, second := range letters {
			name := string(first) + string(second)
			other := []string{name, string(second) + string(first), string(letters[random.IntN(len(letters))]) + "z"}[random.IntN(3)]
			for _, rule := range []string{"one " + name, "two " + name, "one " + name, name, string(first), ""} {
				said := [2]decide.Decision{judged(rule)}
				if got := string(alone.text(&said)); got != line(rule)+"\n" {
					t.Fatalf("%s: %q", rule, got)
				}
				for _, pair := range [][2]string{{rule, other}, {other, rule}, {rule, rule}, {other, other}} {
					said := [2]decide.Decision{judged(pair[0]), judged(pair[1])}
					if got := string(both.text(&said)); got != line(pair[0])+"\t"+line(pair[1])+"\n" {
						t.Fatalf("%s: %q", pair, got)
					}
				}
			}
		}
	}
}

// Names are written so that they are on one line, in one column and on no terminal
// anything but themselves.
func TestEscapes(t *testing.T) {
	for text, want := range map[string]string{
		"plain ü 東 \u00e9": "plain ü 東 \u00e9", `\'`: `\\\'`, "\b\f\n\r\t\x00": `\b\f\n\r\t\0`, "\x1b[2J": `\x1B[2J`, "\u202e": `\xE2\x80\xAE`, "\u00a0": `\xC2\xA0`,
		"\xff": `\xFF`, "a\xc3": `a\xC3`, "\ufffd": `\xEF\xBF\xBD`, "\ufffe": `\xEF\xBF\xBE`, "\x7f": `\x7F`,
	} {
		require.Equal(t, "-"+want, string(appendEscaped([]byte("-"), text)))
	}
}
