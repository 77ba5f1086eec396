package accesslog_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// carriers read what stands in front of records as it is described, with package regexp.
var carriers = map[string]*regexp.Regexp{
	"container":  regexp.MustCompile(`^([^ ]*) (?:stdout|stderr) (F|P)(?::[^ ]*)? `),
	"dated":      regexp.MustCompile(`^(?:<[0-9]{1,3}>)?([0-9][^ ]*) (?:(?:|[^ ]*[^ :]) )?[^ ]*: +`),
	"syslog":     regexp.MustCompile(`^(?:<[0-9]{1,3}>)?([A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?:(?:|[^ ]*[^ :]) )?[^ ]*: +`),
	"structured": regexp.MustCompile(`^(?:<[0-9]{1,3}>)?1 ([^ ]*) [^ ]* [^ ]* [^ ]* [^ ]* `),
	"stamp":      regexp.MustCompile(`^([^ ]*) `),
}

// closed says that all quotes of a text are closed.
var closed = regexp.MustCompile(`^(?:[^"]|"(?:[^"\\]|\\.)*")*$`)

// behindData is what stands behind the structured data of RFC 5424, and the mark that
// says that it is UTF-8.
func behindData(text string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(text, "- "); !ok {
		for at := range text {
			if strings.HasPrefix(text[at:], "] ") && closed.MatchString(text[:at]) {
				rest, ok = text[at+len("] "):], true
				break
			}
		}
	}
	return strings.TrimPrefix(rest, "\ufeff"), ok
}

// carried is the carrier of a line, empty for none, and the record in it, if it is whole.
func carried(line string) (carrier, record string, whole bool) {
	for _, carrier := range []string{"container", "structured", "dated", "syslog", "stamp"} {
		m := carriers[carrier].FindStringSubmatch(line)
		if m == nil {
			continue
		}
		layout := time.RFC3339
		if carrier == "syslog" {
			layout = time.Stamp
		}
		if _, err := time.Parse(layout, m[1]); err != nil && !(carrier == "structured" && m[1] == "-") {
			continue
		}
		rest := line[len(m[0]):]
		switch {
		case carrier == "container":
			return carrier, rest, m[2] == "F"
		case carrier == "structured":
			var ok bool
			if rest, ok = behindData(rest); !ok {
				continue
			}
		}
		return carrier, rest, true
	}
	return "", line, true
}

// What carried a log is cut off as it is described, whole and nothing else.
func TestCarriersAsDescribed(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	pick := func(right string, others ...string) string { // most often the first one, which is right
		if random.IntN(12) > 0 {
			return right
		}
		return others[random.IntN(len(others))]
	}
	space := func() string { return pick(" ", "  ", "", "\t") }
	date := func() string {
		return pick("2015-05-17T10:05:03.123Z", "2015-05-17T10:05:03Z", "2015-05-17T10:05:03+02:00", "2015-05-17 10:05:03Z", "2015-05-17T10:05:03", "2015/05-17T10:05:03Z", "2015-05-17t10:05:03Z", "2015-13-17T10:05:03Z", "May", "")
	}
	priority := func() string { return pick("<190>", "", "<1>", "<>", "<1900>", "<x>", "190>", "<190") }
	tag := func() string { return pick("nginx:", "nginx[17]:", "nginx", ":", "a:b", "") }
	prefixes := []func() string{
		func() string {
			return date() + space() + pick("stdout", "stderr", "stdin", "") + space() + pick("F", "P", "F:x", "P:F", "FF", "X", "") + space()
		},
		func() string {
			return priority() + pick("May 17 10:05:03", "May  7 10:05:03", "May 7 10:05:03", "Mai 17 10:05:03", "Feb 30 10:05:03", "May 17 10:05", date(), date()) + space() + pick("host", "", "ho:st", "host:") + space() + tag() + space()
		},
		func() string { return priority() + date() + space() + tag() + space() },
		func() string {
			return priority() + pick("1", "2", "11", "") + space() + pick(date(), "-", "-") + space() + pick("host", "-") + space() + "nginx" + space() + pick("17", "-") + space() + pick("ID47", "-") + space() +
				pick("-", `[a b="c"]`, `[a b="c\"] "][d]`, `[a b="c]`, `[a b="] "]`, `[a] b]`, `a]`, `["\\"]`, `["\\\"] "]`, "", "[]", `\"]`) + space() + pick("", "\ufeff")
		},
		func() string { return date() + space() },
		func() string { return pick("", "x ") },
	}
	const record = `192.0.2.7` + tail
	parse, err := accesslog.New(accesslog.Options{Format: "combined"})
	require.NoError(t, err)
	layouts := map[string]accesslog.Layout{}
	for carrier, line := range map[string]string{
		"": record, "container": "2015-05-17T10:05:03Z stdout F " + record, "dated": "2015-05-17T10:05:03Z host a: " + record, "stamp": "2015-05-17T10:05:03Z " + record,
	} {
		layouts[carrier] = accesslog.LayoutOf(line)
	}
	layouts["syslog"], layouts["structured"] = layouts["dated"], layouts["dated"] // one header or the other
	found := map[string]int{}
	const lines = 8_000
	for range lines {
		line := prefixes[random.IntN(len(prefixes))]() + record
		carrier, inner, whole := carried(line)
		layout := accesslog.LayoutOf(line)
		if layout != layouts[carrier] {
			t.Fatalf("%q is carried by %q, and has the layout %+v", line, carrier, layout)
		}
		found[carrier]++
		want, err := parse.Append(nil, accesslog.Layout{}, inner)
		got, errGot := parse.Append(nil, layout, line)
		if !whole {
			require.Error(t, errGot, line)
			continue
		}
		if (err == nil) != (errGot == nil) || err == nil && got[0] != want[0] {
			t.Fatalf("%q\nread as %+v, %v\nexpected %+v, %v", line, got, errGot, want, err)
		}
	}
	for carrier := range layouts {
		require.Greater(t, found[carrier], lines/40, carrier)
	}
}
