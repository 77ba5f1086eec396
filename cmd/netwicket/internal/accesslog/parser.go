package accesslog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pattern"
)

// Formats are the names of the formats, as the command line takes them.
func Formats() []string { return []string{"combined", "common", "json", "okta", "regex"} }

// Options choose a format. The zero value recognises it: an object is JSON or an
// Okta event, a W3C log says itself what it holds, and any other line is of the
// combined or common format or one that HAProxy, Envoy or a load balancer writes.
type Options struct {
	Format  string   // one of [Formats]; empty: recognised, or what the other options are for
	Pattern string   // a regular expression, for regex
	Fields  []string // NAME=PATH, for json
}

// New makes a parser.
func New(o Options) (Parser, error) {
	format := o.Format
	if format == "" && o.Pattern != "" {
		format = "regex"
	}
	if format == "" && len(o.Fields) > 0 {
		format = "json"
	}
	if o.Pattern != "" && format != "regex" {
		return Parser{}, fmt.Errorf("a pattern is for format regex, not %s", format)
	}
	if len(o.Fields) > 0 && format != "json" {
		return Parser{}, fmt.Errorf("fields are for format json, not %s", format)
	}
	switch format {
	case "":
		r := recogniser{usualPaths()}
		return Parser{read: r.read, recognises: true}, nil
	case "combined":
		return Parser{read: combined.read}, nil
	case "common":
		return Parser{read: common.read}, nil
	case "okta":
		return Parser{read: parseOkta}, nil
	case "json":
		named, err := parseFields(o.Fields)
		return Parser{read: single(named.parse)}, err
	case "regex":
		parse, err := newPattern(o.Pattern)
		return Parser{read: single(parse), asIs: true}, err
	default:
		return Parser{}, fmt.Errorf("unknown format %q; expected %s", format, strings.Join(Formats(), ", "))
	}
}

// recogniser reads records of whatever format they are.
type recogniser struct{ usual paths }

func (r recogniser) read(record string, entries []Entry) ([]Entry, error) {
	for range maxWraps {
		if !looksLikeObject(record) {
			return readText(record, entries)
		}
		if looksLikeOkta(record) {
			return parseOkta(record, entries)
		}
		object, err := parseObject(record)
		if err != nil {
			return entries, err
		}
		e, err := r.usual.entry(object)
		if err == nil {
			return append(entries, e), nil
		}
		line, inner := unwrapped(object)
		if inner != nil {
			e, err := r.usual.entry(inner)
			return add(entries, e, err)
		}
		if line == "" {
			return entries, err
		}
		record = line
	}
	return entries, errWrapped
}

func looksLikeObject(record string) bool {
	for i := range len(record) {
		if c := record[i]; c != ' ' && c != '\t' {
			return c == '{'
		}
	}
	return false
}

var errWrapped = errors.New("too many objects stand around the record")

// readText reads a line that is no object. The common and combined formats come
// first, since they are what most logs hold, and no line of another is one.
func readText(line string, entries []Entry) ([]Entry, error) {
	entries, err := either.read(line, entries)
	if err == nil {
		return entries, nil
	}
	if e, ok := parseServer(line); ok {
		return append(entries, e), nil
	}
	return entries, err
}

// parseFields reads NAME=PATH. A time that is not named is looked for.
func parseFields(list []string) (paths, error) {
	if len(list) == 0 {
		return usualPaths(), nil
	}
	named := paths{time: usualPaths().time}
	ofTime := false
	for _, text := range list {
		name, path, _ := strings.Cut(text, "=")
		if path == "" {
			return paths{}, fmt.Errorf("field %q: expected NAME=PATH, such as peer=request.remote_ip", text)
		}
		switch name {
		case "peer":
			named.peer = append(named.peer, path)
		case "xff":
			named.forwarded = append(named.forwarded, path)
		case "addr":
			named.addr = append(named.addr, path)
		case "time":
			if !ofTime {
				named.time, ofTime = nil, true
			}
			named.time = append(named.time, path)
		default:
			return paths{}, fmt.Errorf("field %q: the name is one of addr, xff, peer, time", text)
		}
	}
	if len(named.peer)+len(named.addr) == 0 {
		return paths{}, errors.New("the fields name no address: add peer=PATH, or addr=PATH if the log has the client's address alone")
	}
	return named, nil
}

var errNoMatch = errors.New("the line does not match the pattern")

// newPattern makes a parser of a regular expression.
func newPattern(text string) (func(string) (Entry, error), error) {
	if text == "" {
		return nil, errors.New("format regex needs a pattern with groups such as (?P<peer>[^ ]+)")
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", text, err)
	}
	names := expression.SubexpNames()
	if !slices.Contains(names, "peer") && !slices.Contains(names, "addr") {
		return nil, fmt.Errorf("pattern %q names no address: it needs a group peer or addr, such as (?P<addr>[^ ]+)", text)
	}
	groups := pattern.New(expression, "peer", "xff", "addr", "time")
	return func(line string) (Entry, error) {
		var found [4]string
		if !groups.Find(line, found[:]) {
			return Entry{}, errNoMatch
		}
		return fields{peer: found[0], forwarded: found[1], addr: found[2], time: found[3]}.entry()
	}, nil
}
