package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/netwicket/netwicket/examples/frameworks/edge/edgetest"
)

func TestGuard(t *testing.T) {
	handler, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	edgetest.Check(t, handler)
}

// A stranger does not learn which routes there are.
func TestUnknownRoutesAreGuarded(t *testing.T) {
	edgetest.Quiet(t)
	handler, err := engine()
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

// No handler of the chain runs for a denied request, whichever comes after the guard.
func TestDeniedRequestsStop(t *testing.T) {
	edgetest.Quiet(t)
	deny := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	}
	e := gin.New()
	ran := false
	e.Use(adapt(deny), func(*gin.Context) { ran = true })
	e.GET("/", func(*gin.Context) { ran = true })
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if ran || recorder.Code != http.StatusForbidden {
		t.Fatalf("ran %v, status %d", ran, recorder.Code)
	}
}
