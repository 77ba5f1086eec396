package accesslog

import (
	"strings"
)

// The lines that HAProxy, Envoy, Istio and Amazon's load balancers write by
// default. What a client wrote into them never moves an address: HAProxy and the
// load balancers put theirs in front of it, and an Envoy line is read only if it
// has exactly the quotes that Envoy put there.

// parseServer reads a line that is neither common nor combined.
func parseServer(line string) (Entry, bool) {
	for _, parse := range [...]func(string) (Entry, bool){parseHAProxy, parseEnvoy, parseLoadBalancer} {
		if e, ok := parse(line); ok {
			return e, true
		}
	}
	return Entry{}, false
}

// parseHAProxy reads option httplog, https included:
//
//	10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"
//
// An IPv6 client has no brackets around it; its port is behind the last colon.
func parseHAProxy(line string) (Entry, bool) {
	client, rest, found := strings.Cut(line, " ")
	colon := strings.LastIndexByte(client, ':')
	if !found || colon < 0 || !strings.HasPrefix(rest, "[") || !strings.Contains(rest, ` "`) {
		return Entry{}, false
	}
	text, rest, found := strings.Cut(rest[1:], "] ")
	seconds := parseTime(withoutFraction(text))
	if !found || seconds == 0 {
		return Entry{}, false
	}
	// frontend backend/server timers status size
	parts := strings.SplitN(rest, " ", 6)
	if len(parts) < 6 || !strings.Contains(parts[1], "/") || strings.Count(parts[2], "/") < 4 {
		return Entry{}, false
	}
	if !digits(strings.TrimPrefix(parts[3], "-")) { // -1: it never came to an answer
		return Entry{}, false
	}
	host := client[:colon]
	if host == "unix" {
		host = "unix:"
	}
	return Entry{Remote: host, Time: seconds}, true
}

// withoutFraction turns HAProxy's time, which has milliseconds and no zone, into
// one of the common log format, in UTC.
func withoutFraction(text string) string {
	whole, _, found := strings.Cut(text, ".")
	if !found {
		return ""
	}
	return whole + " +0000"
}

// parseEnvoy reads Envoy's default format
//
//	[START] "REQUEST" CODE FLAGS IN OUT TIME TIME "X-FORWARDED-FOR" "AGENT" "ID" "AUTHORITY" "UPSTREAM"
//
// and Istio's, which has more between the flags and the bytes and behind the end:
//
//	... CODE FLAGS DETAILS DETAILS "FAILURE" IN OUT TIME TIME "X-FORWARDED-FOR" "AGENT" "ID" "AUTHORITY" "UPSTREAM" CLUSTER UPSTREAM-LOCAL LOCAL REMOTE NAME ROUTE
//
// X-Forwarded-For is the whole chain: the last one who named a peer put it at the
// end. Where there is none, Istio's REMOTE is the peer; beside a chain it is what
// Envoy made of that, and is left alone.
func parseEnvoy(line string) (Entry, bool) {
	if !strings.HasPrefix(line, "[") {
		return Entry{}, false
	}
	text, rest, found := strings.Cut(line[1:], `] "`)
	seconds := parseTime(text)
	quotes := strings.Split(rest, `"`)
	// Of the quoted fields every other piece is what stands between them. Quotes
	// are not escaped, so that any other number is a client's doing.
	const plain, istio = 2 * 6, 2 * 7
	at := 2 // of the first quoted field behind the request
	switch len(quotes) {
	case plain:
	case istio:
		at += 2
	default:
		return Entry{}, false
	}
	// How many words stand between tells a client's two quotes from Istio's.
	words, want := strings.Fields(quotes[1]), 6
	if len(quotes) == istio {
		want = 4
	}
	if !found || seconds == 0 || len(words) != want || len(strings.Fields(quotes[at-1])) != want {
		return Entry{}, false
	}
	if !digits(words[0]) {
		return Entry{}, false
	}
	e := Entry{Time: seconds}
	if chain := forwarded(quotes[at]); chain != "" {
		e.Remote, e.Forwarded = splitChain(chain)
		return e, true
	}
	tail := strings.Fields(quotes[len(quotes)-1])
	if len(quotes) != istio || len(tail) < 4 {
		return Entry{}, false
	}
	e.Remote = tail[3]
	return e, true
}

// splitChain parts a list of addresses from the nearest one, the last.
func splitChain(list string) (peer, rest string) {
	comma := strings.LastIndexByte(list, ',')
	if comma < 0 {
		return strings.Trim(list, " \t"), ""
	}
	return strings.Trim(list[comma+1:], " \t"), list[:comma]
}

// parseLoadBalancer reads the logs of Amazon's Application and Classic Load
// Balancers, which begin with
//
//	https 2018-07-02T22:23:00.186641Z app/name/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 ...
//	2015-05-13T23:39:43.945958Z name 192.168.131.39:2817 10.0.0.1:80 ...
//
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html)
func parseLoadBalancer(line string) (Entry, bool) {
	parts := strings.SplitN(line, " ", 6)
	switch parts[0] {
	case "http", "https", "h2", "grpcs", "ws", "wss":
		parts = parts[1:]
	}
	if len(parts) < 5 || !isTime(parts[0]) || strings.LastIndexByte(parts[2], ':') < 0 || !strings.Contains(line, ` "`) {
		return Entry{}, false
	}
	if parts[3] != "-" && strings.LastIndexByte(parts[3], ':') < 0 {
		return Entry{}, false
	}
	return Entry{Remote: parts[2], Time: parseTime(parts[0])}, true
}
