package extauthz

import (
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

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
	return &authv3.CheckResponse{
		Status:          &statuspb.Status{Code: int32(codes.OK)},
		HttpResponse:    &authv3.CheckResponse_OkResponse{OkResponse: ok},
		DynamicMetadata: metadata(a),
	}
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
	return &authv3.CheckResponse{
		Status:          &statuspb.Status{Code: int32(code), Message: "denied"},
		HttpResponse:    &authv3.CheckResponse_DeniedResponse{DeniedResponse: page},
		DynamicMetadata: metadata(a),
	}
}

// header is one that takes the place of others of its name.
func header(name, value string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header:       &corev3.HeaderValue{Key: name, Value: value},
		AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}

// metadata is for Envoy's access log: what the decision says, and nothing where there was
// none to make.
func metadata(a *forwardauth.Answer) *structpb.Struct {
	if !a.Decided() {
		return nil
	}
	fields := map[string]*structpb.Value{
		"decision": structpb.NewStringValue(a.Decision.Verdict.String()),
		"reason":   structpb.NewStringValue(a.Decision.Reason.String()),
	}
	if client := a.Client(); client != "" {
		fields["client"] = structpb.NewStringValue(client)
	}
	if zone := a.Zone(); zone != "" {
		fields["zone"] = structpb.NewStringValue(shown.Text(zone)) // it has to be UTF-8
	}
	return &structpb.Struct{Fields: fields}
}
