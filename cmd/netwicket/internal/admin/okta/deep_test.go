package okta_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// A body may be as deep as a document can be, and stands deeper in its file: what
// could not be read again is refused, and the tenant goes on.
func TestDeepBodies(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	deep := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
	for levels := jsondoc.MaxDepth - 4; levels < jsondoc.MaxDepth; levels++ {
		before := o.files()
		for _, request := range []struct{ path, body string }{
			{policies, `{"type":"OKTA_SIGN_ON","name":"p` + strings.Repeat("x", levels) + `","deep":` + deep(levels) + `}`},
			{p + "/rules", `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}},"deep":` + deep(levels) + `}`},
		} {
			r := o.call("POST", request.path, request.body)
			if levels+1 == jsondoc.MaxDepth { // one more in a list
				r.refused(400, "E0000001", "Api validation failed: policy")
				require.Equal(t, before, o.files())
			} else {
				require.Equal(t, 200, r.status, r.body)
				require.Equal(t, r.body, o.must("GET", request.path+"/"+r.id(), "").body)
				o.must("DELETE", request.path+"/"+r.id(), "")
			}
			o.must("GET", policies+"?type=OKTA_SIGN_ON", "")
		}
		o.must("PUT", p, `{"type":"OKTA_SIGN_ON","name":"Staff"}`)
	}
}
