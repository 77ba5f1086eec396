package extauthz

import (
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/internal/shown"
)

// passed lets a request pass. What an answer over HTTP would have in headers goes to the
// application, in place of what the client sent under their names: one that has nothing to
// say is taken away, since not every Envoy takes an empty value.
func passed(a *forwardauth.Answer, q *forwardauth.Question) *authv3.CheckResponse {
	ok := &authv3.OkHttpResponse{}
	a.Tell(q, func(name, value string) {
		if value == "" {
			ok.HeadersToRemove = append(ok.HeadersToRemove, name)
			return
		}
		ok.Headers = append(ok.Headers, header(name, value))
	})
	return addMetadata(&authv3.CheckResponse{
		Status:       &statuspb.Status{Code: int32(codes.OK)},
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: ok},
	}, a)
}

// denied turns a request away. All headers of it go to the client, so that none says why.
func denied(code codes.Code, a *forwardauth.Answer) *authv3.CheckResponse {
	page := &authv3.DeniedHttpResponse{
		Status:  &typev3.HttpStatus{Code: typev3.StatusCode_Forbidden},
		Headers: []*corev3.HeaderValueOption{header("Cache-Control", "no-store")},
	}
	if a.Reference != "" {
		page.Headers = append(page.Headers, header("Content-Type", "text/plain; charset=utf-8"))
		page.Body = forwardauth.Denied(a.Reference)
	}
	return addMetadata(&authv3.CheckResponse{
		Status:       &statuspb.Status{Code: int32(code), Message: "denied"},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: page},
	}, a)
}

// header is one that takes the place of others of its name.
func header(name, value string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header:       &corev3.HeaderValue{Key: name, Value: value},
		AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}

// addMetadata adds what Envoy's access log can have of a decision: nothing where there was
// none to make. It is the field dynamic_metadata, a google.protobuf.Struct of texts, written
// as it stands on the wire: as a map of Values it would be a third of what an answer costs.
func addMetadata(to *authv3.CheckResponse, a *forwardauth.Answer) *authv3.CheckResponse {
	if !a.Decided() {
		return to
	}
	fields := make([]byte, 0, 192)
	fields = appendField(fields, "decision", a.Decision.Verdict.String())
	fields = appendField(fields, "reason", a.Decision.Reason.String())
	if client := a.Client(); client != "" {
		fields = appendField(fields, "client", client)
	}
	if zone := a.Zone(); zone != "" {
		fields = appendField(fields, "zone", shown.Text(zone)) // it has to be UTF-8
	}
	text := make([]byte, 0, len(fields)+4)
	text = protowire.AppendTag(text, dynamicMetadata, protowire.BytesType)
	to.ProtoReflect().SetUnknown(protowire.AppendBytes(text, fields))
	return to
}

// Numbers of fields: CheckResponse.dynamic_metadata, Struct.fields, the key and the value of
// a map, and Value.string_value.
const (
	dynamicMetadata = 4
	structFields    = 1
	mapKey          = 1
	mapValue        = 2
	stringValue     = 3
)

// appendField appends a field of a Struct whose value is text.
func appendField(to []byte, key, text string) []byte {
	value := protowire.SizeTag(stringValue) + protowire.SizeBytes(len(text))
	entry := protowire.SizeTag(mapKey) + protowire.SizeBytes(len(key)) + protowire.SizeTag(mapValue) + protowire.SizeBytes(value)
	to = protowire.AppendTag(to, structFields, protowire.BytesType)
	to = protowire.AppendVarint(to, uint64(entry))
	to = protowire.AppendTag(to, mapKey, protowire.BytesType)
	to = protowire.AppendString(to, key)
	to = protowire.AppendTag(to, mapValue, protowire.BytesType)
	to = protowire.AppendVarint(to, uint64(value))
	to = protowire.AppendTag(to, stringValue, protowire.BytesType)
	return protowire.AppendString(to, text)
}
