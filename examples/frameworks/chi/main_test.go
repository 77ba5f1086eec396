package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/netwicket/netwicket/examples/frameworks/edge/edgetest"
)

func TestGuard(t *testing.T) {
	handler, err := router()
	if err != nil {
		t.Fatal(err)
	}
	edgetest.Check(t, handler)
}

// A stranger does not learn which routes there are.
func TestUnknownRoutesAreGuarded(t *testing.T) {
	edgetest.Quiet(t)
	handler, err := router()
	if err != nil {
		t.Fatal(err)
	}
	for client, want := range map[string]int{"203.0.113.7": http.StatusNotFound, "198.51.100.66": http.StatusForbidden} {
		request := httptest.NewRequest(http.MethodGet, "/secret", nil)
		request.RemoteAddr = "127.0.0.1:4711"
		request.Header.Set("X-Forwarded-For", client)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("%s gets %d, want %d", client, recorder.Code, want)
		}
	}
}
