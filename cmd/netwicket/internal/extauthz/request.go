package extauthz

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/textproto"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc/peer"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// noAddress stands for a peer without an address. It is none that an edge can trust: an
// empty text would be a Unix socket's, which edge.trustUnix says of Envoy and not of who
// connects to it.
const noAddress = "no address"

// questionOf is what a Check asks (docs/semantics.md, edge-36), with its headers in an empty header. The error says that
// no Envoy asks so.
func questionOf(ctx context.Context, attributes *authv3.AttributeContext, header http.Header) (forwardauth.Question, error) {
	request := attributes.GetRequest().GetHttp()
	err := readHeaders(request, header)
	return forwardauth.Question{
		Caller: callerOf(ctx),
		Peer:   peerOf(attributes.GetSource()),
		Header: header,
		Host:   request.GetHost(),
	}, err
}

func callerOf(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return noAddress
}

// peerOf is who connected to Envoy.
func peerOf(source *authv3.AttributeContext_Peer) string {
	address := source.GetAddress().GetSocketAddress().GetAddress()
	if _, err := netip.ParseAddr(address); err != nil {
		return noAddress
	}
	return address
}

// The ways in which headers are none.
var (
	errTwoForms  = errors.New("headers and header_map are both there")
	errTwoValues = errors.New("a header of header_map has value and raw_value")
	errName      = errors.New("the name of a header is none in lower case")
	errValue     = errors.New("the value of a header holds control characters")
)

// readHeaders adds the request's headers, as Envoy has them in one of two forms: a map, in
// which it has joined the lines of one name by commas, or with encode_raw_headers a list.
// An HTTP server would not have taken what is refused here, so that no client can have
// sent it.
func readHeaders(request *authv3.AttributeContext_HttpRequest, header http.Header) error {
	joined, list := request.GetHeaders(), request.GetHeaderMap().GetHeaders()
	if len(joined) > 0 && len(list) > 0 {
		return errTwoForms
	}
	lines := make([]string, 0, len(joined)) // one allocation for all lines
	for name, value := range joined {
		key, err := keyOf(name, value)
		if err != nil {
			return err
		}
		if key != "" {
			lines = append(lines, value)
			header[key] = lines[len(lines)-1 : len(lines) : len(lines)]
		}
	}
	for _, line := range list {
		value, err := valueOf(line)
		if err != nil {
			return err
		}
		key, err := keyOf(line.GetKey(), value)
		if err != nil {
			return err
		}
		if key != "" {
			header[key] = append(header[key], value)
		}
	}
	return nil
}

func valueOf(line *corev3.HeaderValue) (string, error) {
	if len(line.GetRawValue()) == 0 {
		return line.GetValue(), nil
	}
	if line.GetValue() != "" {
		return "", errTwoValues
	}
	return string(line.GetRawValue()), nil
}

// keyOf is the canonical name of a header; empty for one of the pseudo-headers of HTTP/2,
// which Envoy lists as well.
func keyOf(name, value string) (string, error) {
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return "", errValue
		}
	}
	if name != "" && name[0] == ':' {
		return "", nil
	}
	for i := range len(name) {
		if !inName(name[i]) {
			return "", errName
		}
	}
	if name == "" {
		return "", errName
	}
	return textproto.CanonicalMIMEHeaderKey(name), nil
}

// inName says that a byte may stand in the name of a header (RFC 9110, 5.6.2), which Envoy
// writes in lower case.
func inName(b byte) bool {
	switch {
	case 'a' <= b && b <= 'z', '0' <= b && b <= '9':
		return true
	}
	switch b {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}
