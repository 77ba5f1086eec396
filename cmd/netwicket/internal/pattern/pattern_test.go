package pattern_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pattern"
)

// names are the groups that are asked for.
func names() []string { return []string{"a", "b", "c", "absent"} }

// hold holds a pattern against package regexp for one text.
func hold(t *testing.T, expression *regexp.Regexp, p *pattern.Pattern, text string) {
	got := []string{"left", "over", "of", "before"}
	found := p.Find(text, got)
	want := expression.FindStringSubmatch(text)
	if found != (want != nil) {
		t.Fatalf("%s in %q: found %t, want %q", expression, text, found, want)
	}
	if !found {
		return
	}
	for i, name := range names() {
		group := ""
		if at := expression.SubexpIndex(name); at > 0 {
			group = want[at]
		}
		if got[i] != group {
			t.Fatalf("%s in %q: group %s is %q, want %q", expression, text, name, got[i], group)
		}
	}
}

// expressions are what logs are taken apart with, and what can go wrong there.
func expressions() []string {
	return []string{
		`^(?P<a>\S+) `, `^(?P<a>\S+) \S+ \S+ \[(?P<c>[^\]]+)\]`, `(?P<a>\d+\.\d+)`, `x=(?P<a>\S+)`, `^(?P<a>\S+) .* "(?P<b>[^"]*)"$`,
		`^(?:(?P<a>\S+),)?(?P<b>\S+)`, `(?i)^(?P<a>[0-9a-f.:]+|host\S*) - (?P<b>k*|[^ ]*)`, `^"?(?P<b>[^"]*)"? (?P<a>[\d.]+) `,
		`^.(?P<a>.+?) `, `(?s)^(?P<a>.*?) -.*$`, `\b(?P<a>[0-9.]{3,15})\b`, `(?m)^(?P<a>x)$`, `^(?P<a>a|ab)(?P<b>c|bcd)(?P<c>d*)`, `(?P<a>a*)*(?P<b>b?)`,
		`(?:(?P<a>a)|(?P<b>b)|x)*`, `^(?P<a>[^\x80-\x{10ffff} ]+)(?P<b>.)`, `(?P<a>é+)(?P<b>.?)`, `(?U)"(?P<a>.*)"(?P<b>.*)$`, `$(?P<a>)`, `(?P<a>x?)$`, `^$`, ``,
		`(?P<a>(?:a?){12}a{12})`, `(?:(?P<a>\d{1,3})[., ]){2}(?P<b>-|\S{2})`, `(?P<a>(?P<b>a|b)+)(?P<c>$|c)`, `x$y`, `x^y|(?P<a>z)`, `(?P<a>\C)`, `(?P<a>[^a])[^b]*(?P<b>[k-m]+)`,
		`(?P<a>.*)(?P<b>,.*|$)`, `(?:^|,)(?P<a>[^,]*)(?:,|$)(?P<b>[^,]*)`, `"(?P<a>(?:[^"\\]|\\.)*)" (?P<b>\d+|-)$`, `(?P<a>a+?)(?P<b>a*)`, `(?P<a>a{2,3}?)(?P<b>a{0,2})`, `(?P<a>\pL+)-(?P<b>\PL)`,
		`^(?:a$|ba)`, `(?P<a>a$|ba)`, `(a)(?P<b>b+)(c)?`, `^(?:|a)b(?P<a>.?)`, `^(?P<a>\x{80})`,
		`^(?P<a>[a-\x{80}]+)`, `^(?P<a>[\x{80}-\x{10ffff}])(?P<b>.?)`, `^(?P<a>[\x{80}-\x{10ffff}])b`, `^(?P<a>[\x{80}-\x{10ffff}]+)(?P<b>.?)`,
		`(?:(?P<a>.{1,60}) ){3}`, `(?P<a>a)?(?P<b>a)?(?P<c>a)?.{0,9}x`, `(?P<a>a.?)*(?P<b>.+)(?P<c>b|$)`, `(?:(?P<a>a)|(?P<b>.))+?x`,
	}
}

func TestFind(t *testing.T) {
	texts := []string{
		"", " ", "ax", "éb", "bax", "ba", "b", "\u0080", "a", "ab", "abcd", "aaaa", "aab", "bab", "x", "xy", "z", "é", "aé", "é\xffé", "\xff", "\xc3 \xa9", "k\u212aK", "x\ny", "\n", "é é- é", "a\u2028-x",
		`192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /\"x\" HTTP/1.1" 200 203 "-" "agent" "203.0.113.9"`, `"203.0.113.9, 10.0.0.1" 10.0.0.2 - x`,
		`host.example - Kk`, `1,22,333, 4.5-ab`, `,,a,b`, `x=1 x=2`, `"a" "b" -`, `"a\" 2`, strings.Repeat("a", 30),
	}
	for _, text := range expressions() {
		expression, err := regexp.Compile(text)
		if err != nil {
			continue // as \C
		}
		t.Run(text, func(t *testing.T) {
			p := pattern.New(expression, names()...)
			for _, text := range texts {
				hold(t, expression, p, text)
			}
			random := rand.New(rand.NewPCG(1, 1))
			for range 2000 {
				hold(t, expression, p, randomText(random, texts))
			}
		})
	}
}

// What the table answers without regexp, and what it leaves to it.
func TestTableAnswers(t *testing.T) {
	const text = `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent" "203.0.113.9"`
	tests := []struct {
		expression, text string
		answers          bool
	}{
		{`^(?P<a>\S+) `, text, true},
		{`^(?P<a>\S+) .*\[(?P<c>[^\]]+)\] .*"(?P<b>[^"]*)"$`, text, true},
		{`"(?P<b>[^"]*)"$`, text, true},
		{`\[(?P<c>\d{1,2}/\w{3}/\d{4})`, text, true},
		{`(?P<a>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]{2,39})`, text, true},
		{`^(?P<a>\S+) "(?P<b>[^"]*)"`, `é "\xff é"`, true}, // taken whatever they are
		{`^(?P<a>\d+) "(?P<b>[^"]*)"`, `é`, true},          // taken nowhere
		{`^(?P<a>a(?i:x)y)`, `aé`, true},
		{`^.{0,20}x(?P<a>.)`, `aaax1`, true}, // many ways with the same places
		{`x^y|(?P<a>z)`, `z`, true},
		{`^(?P<a>.)b`, `ab`, true},
		{`^(?P<a>.)b`, `éb`, false}, // one character, two bytes
		{`^(?P<a>[a-é]+)`, `é`, false},
		{`^(?P<a>(?i:k))`, "\u212a", false},
		{`^(?P<a>é)`, `é`, false},
		{`\b(?P<a>\d+)`, text, false},
		{`(?m)^(?P<a>\d+)`, text, false},
		{`(?P<a>(?:a?){12}a{12})`, text, false},
		{`(?P<a>[ab]*a[ab]{12}c)`, text, false},
		{`^(?P<a>[ab]*a[ab]{12}c)`, text, false},
		{`(?P<a>x{600}y{600})`, text, false},
	}
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			expression := regexp.MustCompile(test.expression)
			require.Equal(t, test.answers, pattern.New(expression, names()...).Answers(test.text))
			hold(t, expression, pattern.New(expression, names()...), test.text)
		})
	}
	five := regexp.MustCompile(`(?P<a>.)(?P<b>.)(?P<c>.)(?P<d>.)(?P<e>.)`)
	groups := make([]string, 5)
	require.True(t, pattern.New(five, "e", "d", "c", "b", "a").Find("12345", groups))
	require.Equal(t, []string{"5", "4", "3", "2", "1"}, groups, "more groups than the table has places for")
}

// randomText is made of pieces that the expressions make differences by.
func randomText(random *rand.Rand, texts []string) string {
	const pieces = "aaabcdx0159 .,-=\"\\[]:k\né\u212a\xff"
	whole := []rune(pieces)
	var text strings.Builder
	for range random.IntN(20) {
		text.WriteString(string(whole[random.IntN(len(whole))]))
	}
	if random.IntN(4) == 0 {
		other := texts[random.IntN(len(texts))]
		at := random.IntN(len(other) + 1)
		return other[:at] + text.String() + other[at:]
	}
	return text.String()
}

// randomExpression is an expression of few characters, nested as deep as depth.
func randomExpression(random *rand.Rand, depth int, group *int) string {
	if depth == 0 {
		atoms := [...]string{"a", "b", "c", ".", "[^a]", "[^\"]", "\\d", "\\S", " ", ",", "[ab]", "é", "[^b-é]", "(?i:k)", "\"", "(?s:.)", "\\w"}
		return atoms[random.IntN(len(atoms))]
	}
	inner := func() string { return randomExpression(random, depth-1, group) }
	switch random.IntN(9) {
	case 0, 1, 2:
		return inner() + inner()
	case 3:
		return "(?:" + inner() + "|" + inner() + ")"
	case 4:
		return "(?:" + inner() + ")" + [...]string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}"}[random.IntN(8)]
	case 5, 6:
		if *group < 3 {
			*group++
			return fmt.Sprintf("(?P<%c>%s)", "abc"[*group-1], inner())
		}
		return inner()
	case 7:
		return inner() + [...]string{"", "", "$", "^"}[random.IntN(4)]
	default:
		return inner()
	}
}

func TestRandomExpressions(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 3000 {
		group := 0
		text := randomExpression(random, 1+random.IntN(5), &group)
		if random.IntN(3) == 0 {
			text = "^" + text
		}
		expression, err := regexp.Compile(text)
		require.NoError(t, err, text)
		p := pattern.New(expression, names()...)
		for range 30 {
			hold(t, expression, p, randomText(random, []string{"abc", "\"a\", b"}))
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, expression := range expressions() {
		f.Add(expression, "aab \"x\" 192.0.2.7 é")
	}
	f.Fuzz(func(t *testing.T, text, in string) {
		expression, err := regexp.Compile(text)
		if err != nil || len(text) > 200 || len(in) > 1000 {
			return
		}
		hold(t, expression, pattern.New(expression, names()...), in)
	})
}

// A table has no state, step or row that it could do without, looks ahead where it
// can, and asks regexp where it has to.
func TestSizesOfTables(t *testing.T) {
	for expression, want := range map[string]pattern.Size{
		`^(?P<a>\S+) `:                             {States: 4, Steps: 3, Rows: 3},
		`^(?P<a>\S+) \S+ \S+ \[(?P<c>[^\]]+)\]`:    {States: 11, Steps: 22, Rows: 11, Ahead: 1},
		`(?P<a>\d+\.\d+)`:                          {States: 5, Steps: 8, Rows: 7},
		`x=(?P<a>\S+)`:                             {States: 5, Steps: 10, Rows: 4, Ahead: 1},
		`^(?P<a>\S+) .* "(?P<b>[^"]*)"$`:           {States: 12, Steps: 35, Rows: 33, Ahead: 1},
		`^(?:(?P<a>\S+),)?(?P<b>\S+)`:              {States: 4, Steps: 7, Rows: 16},
		`^.(?P<a>.+?) `:                            {States: 5, Steps: 7, Rows: 4, Leaving: 128},
		`(?s)^(?P<a>.*?) -.*$`:                     {States: 5, Steps: 14, Rows: 23, Ahead: 2},
		`(?P<a>a+?)(?P<b>a*)`:                      {States: 4, Steps: 2, Rows: 2, Ahead: 1},
		`"(?P<a>(?:[^"\\]|\\.)*)" (?P<b>\d+|-)$`:   {States: 8, Steps: 50, Rows: 84, Ahead: 1},
		`(?:(?P<a>\d{1,3})[., ]){2}(?P<b>-|\S{2})`: {States: 13, Steps: 71, Rows: 108, Leaving: 384},
		`^(?P<a>ks)x`:                              {States: 5, Steps: 3, Rows: 2}, // no letter of which has another case here
		`^(?P<a>[\x{80}-\x{10ffff}]+) `:            {States: 4, Steps: 2, Rows: 2},
		`^x{298}`:                                  {States: 300, Steps: 298}, // as many as there may be
		`^x{299}`:                                  {},
		`(?P<a>.).{6}c`:                            {States: 10, Steps: 31, Rows: 128, Leaving: 1024}, // 8 rows
		`(?P<a>.).{7}c`:                            {},
		"^" + strings.Repeat("((x))", 199) + "xx":  {States: 203, Steps: 201}, // 1000 instructions
		"^" + strings.Repeat("((x))", 199) + "xxx": {},
	} {
		require.Equal(t, want, pattern.New(regexp.MustCompile(expression), names()...).Size(), expression)
	}
}
