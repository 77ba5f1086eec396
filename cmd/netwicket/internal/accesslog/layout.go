package accesslog

import (
	"errors"
	"strings"
	"time"
)

// Layout is what the first lines of a log settle for all of it: what whoever
// carried the log wrote in front of every record, and the columns of a W3C log.
// The zero value is a log of plain records.
//
// It is settled once, since the first thing on a line may be what a client wrote:
// where a format begins with X-Forwarded-For, a client could otherwise have part
// of its line taken for somebody's prefix.
type Layout struct {
	carrier carrier
	columns *columns
}

// carrier is who wrote something in front of every record.
type carrier uint8

const (
	nobody carrier = iota
	containerRuntime
	syslog
	stamps
)

// LayoutOf is the layout of a log that begins with the line.
func LayoutOf(line string) Layout {
	switch {
	case isDirective(line):
		return Layout{columns: &columns{}}
	case cutsAny(line, cutContainer):
		return Layout{carrier: containerRuntime}
	case cutsAny(line, cutSyslog):
		return Layout{carrier: syslog}
	case cutsAny(line, cutStamp):
		return Layout{carrier: stamps}
	}
	return Layout{}
}

func cutsAny(line string, cut func(string) (string, error)) bool {
	rest, err := cut(line)
	return errors.Is(err, errPartial) || rest != line // of any other error it is the line
}

// record is the record on a line, without what its carrier wrote.
func (l Layout) record(line string) (string, error) {
	switch l.carrier {
	case containerRuntime:
		return cutContainer(line)
	case syslog:
		return cutSyslog(line)
	case stamps:
		return cutStamp(line)
	case nobody:
	}
	return line, nil
}

var (
	errContainer = errors.New("expected the container runtime's prefix that the log began with: a time, stdout or stderr, and F")
	errPartial   = errors.New("a part of a line that the container runtime has cut (tag P)")
	errStamp     = errors.New("expected the time that the log began with in front of a record")
	errSyslog    = errors.New("expected the syslog header that the log began with")
)

// cutContainer drops the prefix of the Kubernetes container runtime interface,
//
//	2016-10-06T00:17:09.669794202Z stdout F record
//
// whose tag F says that the line is whole
// (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md).
func cutContainer(line string) (string, error) {
	at, rest, _ := strings.Cut(line, " ")
	stream, rest, _ := strings.Cut(rest, " ")
	tags, rest, found := strings.Cut(rest, " ")
	if !found || stream != "stdout" && stream != "stderr" || !isTime(at) {
		return line, errContainer
	}
	switch tag, _, _ := strings.Cut(tags, ":"); tag {
	case "F":
		return rest, nil
	case "P":
		return line, errPartial
	default:
		return line, errContainer
	}
}

func isTime(text string) bool {
	if len(text) < len("2006-01-02T15:04:05Z") || text[4] != '-' || text[10] != 'T' {
		return false
	}
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// cutStamp drops the time that docker logs -t and kubectl logs --timestamps put
// in front of a record.
func cutStamp(line string) (string, error) {
	at, rest, found := strings.Cut(line, " ")
	if !found || !isTime(at) {
		return line, errStamp
	}
	if _, ok := parseLoadBalancer(line); ok {
		return line, nil // it is the record's own
	}
	return rest, nil
}

// cutSyslog drops the header of a syslog message as it is sent or as it is kept
// in a file, with or without a priority:
//
//	Oct 11 22:14:15 host nginx[17]: record              RFC 3164
//	2003-10-11T22:14:15.003Z host nginx[17]: record     the same with a time of RFC 3339
//	1 2003-10-11T22:14:15.003Z host nginx 17 ID - record    RFC 5424
func cutSyslog(line string) (string, error) {
	rest := line
	if strings.HasPrefix(rest, "<") {
		priority, behind, found := strings.Cut(rest[1:], ">")
		if !found || !digits(priority) || len(priority) == 0 || len(priority) > 3 {
			return line, errSyslog
		}
		rest = behind
	}
	if dated, found := strings.CutPrefix(rest, "1 "); found {
		return cutStructured(line, dated)
	}
	rest, ok := cutSyslogTime(rest)
	if !ok {
		return line, errSyslog
	}
	for range 2 { // the host may be missing
		word, behind, found := strings.Cut(rest, " ")
		if !found {
			return line, errSyslog
		}
		if strings.HasSuffix(word, ":") {
			return strings.TrimLeft(behind, " "), nil
		}
		rest = behind
	}
	return line, errSyslog
}

func cutSyslogTime(text string) (rest string, ok bool) {
	if at, rest, found := strings.Cut(text, " "); found && isTime(at) {
		return rest, true
	}
	const length = len(time.Stamp) // "Jan _2 15:04:05"
	if len(text) <= length || text[length] != ' ' {
		return "", false
	}
	_, err := time.Parse(time.Stamp, text[:length])
	return text[length+1:], err == nil
}

// cutStructured drops what stands behind the version of RFC 5424: time, host,
// program, process, message, and the structured data, whose values are in quotes.
func cutStructured(line, rest string) (string, error) {
	for i := range 5 {
		word, behind, found := strings.Cut(rest, " ")
		if !found || i == 0 && word != "-" && !isTime(word) {
			return line, errSyslog
		}
		rest = behind
	}
	if behind, found := strings.CutPrefix(rest, "- "); found {
		return strings.TrimPrefix(behind, "\ufeff"), nil
	}
	quoted := false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == ']' && strings.HasPrefix(rest[i+1:], " "):
			return strings.TrimPrefix(rest[i+2:], "\ufeff"), nil
		}
	}
	return line, errSyslog
}
