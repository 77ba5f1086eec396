package accesslog

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// paths say where a record of JSON has its fields: for each, the paths to try
// in order.
type paths struct {
	peer, forwarded, addr, time []string
	usual                       bool // nobody named them
}

// setStraight takes the peer and the chain from where the log's writer did not
// make something of them that a client has a say in.
func (f *fields) setStraight(record map[string]any) {
	if peer := textAt(record, "ClientAddr"); peer != "" {
		// Traefik's ClientHost is X-Forwarded-For as it came, or else the host of ClientAddr.
		f.peer = peer
		host := textAt(record, "ClientHost")
		if f.forwarded == "" && host != hostOf(peer) {
			f.forwarded = host
		}
		return
	}
	if remote := textAt(record, "downstream_remote_address"); remote != "" {
		// Envoy works this out from X-Forwarded-For, where there is one, to which it
		// or whoever stood in front added the address of the connection.
		f.chain, f.forwarded = forwarded(f.forwarded), ""
		if f.chain == "" {
			f.peer = remote
		}
		return
	}
	// Filebeat takes source.ip out of the list: the first one that is public.
	for _, path := range [...]string{"nginx.access.remote_ip_list", "nginx.ingress_controller.remote_ip_list"} {
		if list := textAt(record, path); list != "" {
			f.chain = list
			return
		}
	}
}

// hostOf is an address without its port.
func hostOf(peer string) string {
	if colon := strings.LastIndexByte(peer, ':'); colon >= 0 {
		return strings.Trim(peer[:colon], "[]")
	}
	return peer
}

// usualPaths are the fields of the programs that write JSON without being told
// names: Caddy, Traefik, Elastic Common Schema shippers, Cloudflare, cloud load
// balancers, and what nginx configurations on the web call theirs.
func usualPaths() paths {
	return paths{
		usual: true,
		peer: []string{
			"realip_remote_addr", "remote_addr", "remote_ip", "remoteAddr", "remoteIp", "request.remote_ip", "request.remote_addr", "request.remoteAddr",
			"ClientHost", "httpRequest.remoteIp", "properties.socketIp", "socketIp", "source.ip",
		},
		forwarded: []string{
			"http_x_forwarded_for", "x_forwarded_for", "xff", "X-Forwarded-For", "request.headers.X-Forwarded-For",
			"request_X-Forwarded-For", "headers.X-Forwarded-For", "headers.x-forwarded-for", "x-forwarded-for",
		},
		addr: []string{
			"client_ip", "clientip", "clientIp", "ClientIP", "request.client_ip", "httpRequest.clientIp", "client.ip", "client.address",
			"ip", "addr", "address",
		},
		time: []string{
			"time", "timestamp", "start_time", "@timestamp", "ts", "time_iso8601", "time_local", "msec", "published", "datetime", "date",
			"StartUTC", "EdgeStartTimestamp",
		},
	}
}

var errNotObject = errors.New("expected a JSON object")

// parse reads one object.
func (p paths) parse(line string) (Entry, error) {
	record, err := parseObject(line)
	if err != nil {
		return Entry{}, err
	}
	return p.entry(record)
}

func parseObject(line string) (map[string]any, error) {
	var record map[string]any
	if err := json.Unmarshal([]byte(line), &record); err != nil || record == nil {
		return nil, notObject(err)
	}
	return record, nil
}

func (p paths) entry(record map[string]any) (Entry, error) {
	f := fields{
		peer:      first(record, p.peer),
		forwarded: first(record, p.forwarded),
		addr:      first(record, p.addr),
		time:      first(record, p.time),
	}
	if p.usual {
		f.setStraight(record)
	}
	e, err := f.entry()
	if err != nil {
		return e, fmt.Errorf("%w in %s", err, strings.Join(append(p.peer[:len(p.peer):len(p.peer)], p.addr...), ", "))
	}
	return e, nil
}

func notObject(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("expected a JSON object: %w", syntax)
	}
	return errNotObject
}

// first is the text at the first path that leads to one.
func first(record map[string]any, paths []string) string {
	for _, path := range paths {
		if text := textAt(record, path); text != "" {
			return text
		}
	}
	return ""
}

// textAt follows a path. A key may hold dots itself, as flattened records have
// it: the whole rest of the path is tried as one key first. Of an array, a number
// is the position of an element, from 0.
func textAt(value any, path string) string {
	switch v := value.(type) {
	case map[string]any:
		if inner, found := v[path]; found {
			return textOf(inner)
		}
		for dot := strings.IndexByte(path, '.'); dot >= 0; {
			if inner, found := v[path[:dot]]; found {
				return textAt(inner, path[dot+1:])
			}
			next := strings.IndexByte(path[dot+1:], '.')
			if next < 0 {
				break
			}
			dot += 1 + next
		}
	case []any:
		key, rest, deeper := strings.Cut(path, ".")
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v) {
			if deeper {
				return textAt(v[i], rest)
			}
			return textOf(v[i])
		}
	}
	return ""
}

// textOf is the text of a value. The lines of a header, an array, are one list;
// an element of another kind is an address that cannot be read.
func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			text, ok := element.(string)
			if !ok {
				text = unreadable
			}
			texts[i] = text
		}
		return strings.Join(texts, ", ")
	default:
		return ""
	}
}

// unreadable stands for a hop that a record names in a way that is no address.
const unreadable = "unknown"
