package extauthz

import (
	"cmp"
	"context"
	"net/http"
	"sync"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// policyExtension is the context extension that names a policy, as the path /decide/NAME
// does. Envoy takes it from its own configuration alone.
const policyExtension = "policy"

// usualHeaders is more than browsers and what stands between send.
const usualHeaders = 100

// authorization is the service that Envoy asks. Safe for concurrent use.
type authorization struct {
	authv3.UnimplementedAuthorizationServer
	service *forwardauth.Service
	headers sync.Pool // of empty http.Header, which nobody keeps behind an answer
}

// Check answers one question.
func (a *authorization) Check(ctx context.Context, r *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	header, ok := a.headers.Get().(http.Header)
	if !ok {
		header = make(http.Header)
	}
	defer func() {
		if len(header) <= usualHeaders { // a larger one would stay as large, and take as long to clear
			clear(header)
			a.headers.Put(header)
		}
	}()
	question, err := questionOf(ctx, r.GetAttributes(), header)
	if err != nil {
		a.service.Malformed(&question, err)
		return denied(codes.InvalidArgument, &forwardauth.Answer{}), nil
	}
	answer, err := a.service.Ask(policyOf(r.GetAttributes()), &question)
	switch {
	case err != nil:
		return nil, status.Error(codes.Unavailable, err.Error())
	case answer.Passes:
		return passed(&answer, &question), nil
	default:
		return denied(codes.PermissionDenied, &answer), nil
	}
}

// policyOf is the name of the policy that is asked; without one it is that of /decide.
func policyOf(attributes *authv3.AttributeContext) string {
	name, given := attributes.GetContextExtensions()[policyExtension]
	if given {
		return cmp.Or(name, "/") // which is no policy's name
	}
	return ""
}
