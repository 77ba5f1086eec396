package gate

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ClientSource says where a trusted proxy names the client. It is exactly one place:
// a list of places to try would let the client choose the one that our proxies
// do not write. The zero value is [Peer]. Any other value is one of the three
// constants or made by [HeaderNamed], [Hops] or [ParseClientSource] (docs/semantics.md,
// edge-5).
type ClientSource string

// The sources without a parameter.
const (
	Peer          ClientSource = "peer"            // the connecting peer is the client; no header is read
	XForwardedFor ClientSource = "x-forwarded-for" // the rightmost untrusted element of X-Forwarded-For
	Forwarded     ClientSource = "forwarded"       // the rightmost untrusted element of Forwarded (RFC 7239)
)

const (
	headerPrefix = "header:"
	hopsPrefix   = "hops:"
)

// HeaderNamed is the one address in a header that the proxy overwrites, such as
// CF-Connecting-IP.
func HeaderNamed(name string) ClientSource { return ClientSource(headerPrefix + name) }

// Hops is the n-th element of X-Forwarded-For from the right, for a fixed number
// of proxies whose addresses are not known; the nearest one must still be
// trusted.
func Hops(n int) ClientSource { return ClientSource(hopsPrefix + strconv.Itoa(n)) }

// ParseClientSource reads "peer", "x-forwarded-for", "forwarded", "header:NAME" or
// "hops:N". The empty text is [Peer].
func ParseClientSource(text string) (ClientSource, error) {
	if _, err := ClientSource(text).plan(); err != nil {
		return "", err
	}
	if text == "" {
		return Peer, nil
	}
	return ClientSource(text), nil
}

// String is the text that [ParseClientSource] reads.
func (s ClientSource) String() string {
	if s == "" {
		return string(Peer)
	}
	return string(s)
}

// plan is a source in the form that requests are resolved by.
type plan struct {
	kind sourceKind
	key  string // canonical name of the header; empty for kindPeer
	form form   // of the header's elements
	hops int
}

type sourceKind uint8

const (
	kindPeer sourceKind = iota
	kindList
	kindSingle
	kindHops
)

const (
	xForwardedForKey = "X-Forwarded-For"
	forwardedKey     = "Forwarded"
	viewerAddressKey = "Cloudfront-Viewer-Address"
)

func (s ClientSource) plan() (plan, error) {
	switch s {
	case "", Peer: // docs/semantics.md, edge-1
		return plan{}, nil
	case XForwardedFor:
		return plan{kind: kindList, key: xForwardedForKey}, nil
	case Forwarded:
		return plan{kind: kindList, key: forwardedKey, form: forwardedForm}, nil
	}
	if name, ok := strings.CutPrefix(string(s), headerPrefix); ok {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > 0x7e || !isTokenByte(byte(r)) }) {
			return plan{}, errors.New("not the name of a header; expected header:NAME, such as header:CF-Connecting-IP")
		}
		p := plan{kind: kindSingle, key: http.CanonicalHeaderKey(name)}
		switch p.key {
		case forwardedKey:
			return plan{}, errors.New("Forwarded is a list and never one address; the source that reads it is forwarded")
		case viewerAddressKey:
			p.form = withPortForm
		}
		return p, nil
	}
	if text, ok := strings.CutPrefix(string(s), hopsPrefix); ok {
		hops, _ := strconv.ParseUint(text, 10, 64) // 0, or too many, where it is no number
		if hops < 1 || hops > maxElements {
			return plan{}, fmt.Errorf("not a number of hops; expected hops:N with N from 1 to %d", maxElements)
		}
		return plan{kind: kindHops, key: xForwardedForKey, hops: int(hops)}, nil
	}
	return plan{}, errors.New("not a source; expected peer, x-forwarded-for, forwarded, header:NAME or hops:N")
}

// spoofable are headers that some networks set for their customers' clients but
// also pass on as the client sent them, unless the edge is configured to
// overwrite them (docs/semantics.md, edge-16). See
// https://fastly.com/documentation/reference/http/http-headers/Fastly-Client-IP.
func spoofable(key string) bool {
	switch key {
	case "True-Client-Ip", "Fastly-Client-Ip", "X-Azure-Clientip", "X-Client-Ip":
		return true
	}
	return false
}
