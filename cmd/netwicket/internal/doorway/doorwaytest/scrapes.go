package doorwaytest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// slow is a reader of an answer that takes none of it before it is let: it says in begun that
// the answer has begun, and waits for proceed to be closed. Several can share both.
type slow struct {
	*httptest.ResponseRecorder
	begun, proceed chan struct{}

	once sync.Once
}

// Write takes a part of the answer.
func (s *slow) Write(text []byte) (int, error) {
	s.once.Do(func() { s.begun <- struct{}{} })
	<-s.proceed
	return s.ResponseRecorder.Write(text)
}

// RequireFourScrapes requires that four get the metrics of a handler at once, and that who comes
// beside them is sent away. Meanwhile is what happens while they read.
func RequireFourScrapes(t *testing.T, handler http.Handler, meanwhile func()) {
	t.Helper()
	begun, proceed := make(chan struct{}), make(chan struct{})
	var readers sync.WaitGroup
	scrape := func(w http.ResponseWriter) {
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	}
	scrapes := make([]*slow, 4)
	for i := range scrapes {
		scrapes[i] = &slow{ResponseRecorder: httptest.NewRecorder(), begun: begun, proceed: proceed}
		readers.Go(func() { scrape(scrapes[i]) })
	}
	for range scrapes {
		<-begun
	}
	refused := httptest.NewRecorder()
	scrape(refused)
	require.Equal(t, http.StatusServiceUnavailable, refused.Code)
	require.Equal(t, "text/plain; charset=utf-8", refused.Header().Get("Content-Type"))
	meanwhile()
	close(proceed)
	readers.Wait()
	for _, one := range scrapes {
		require.Equal(t, http.StatusOK, one.Code)
	}
	again := httptest.NewRecorder()
	scrape(again)
	require.Equal(t, http.StatusOK, again.Code)
}
