package forwardauth

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/gate"
)

// Status answers /healthz, /readyz, /status and /metrics, to anybody.
func (s *Service) Status() http.Handler {
	metrics := s.metrics.handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gate.LeaveBody(w, r)
		s.dismiss(w, r)
		switch r.URL.Path {
		case "/healthz":
			writeText(w, http.StatusOK, "ok\n")
		case "/readyz":
			s.ready(w)
		case "/status":
			s.tellStatus(w)
		case "/metrics":
			metrics.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// ready says whether the service should be asked.
func (s *Service) ready(w http.ResponseWriter) {
	problems := s.Problems(time.Now())
	if len(problems) == 0 {
		writeText(w, http.StatusOK, "ok\n")
		return
	}
	writeText(w, http.StatusServiceUnavailable, strings.Join(problems, "\n")+"\n")
}

// Problems are the reasons for which the service is not ready; none if it is.
func (s *Service) Problems(now time.Time) []string {
	var problems []string
	if s.closing.Load() {
		problems = append(problems, "shutting down")
	}
	for _, d := range s.doors {
		current := d.current.Load()
		if current == nil {
			problems = append(problems, fmt.Sprintf("policy %q: none in force", d.name))
			continue
		}
		fare := d.fares()
		if problem := fare.problem(); problem != "" {
			problems = append(problems, fmt.Sprintf("policy %q: %s", d.name, problem))
		}
		for _, data := range current.tooOld(now) {
			built := "without a build date"
			if !data.Built.IsZero() {
				built = "built " + data.Built.Format(time.DateOnly)
			}
			problems = append(problems, fmt.Sprintf("policy %q: %s (%s) is %s, older than maxAge %v",
				d.name, datasetName(data), data.Type, built, current.serve.MaxAge))
		}
	}
	return append(problems, s.told()...)
}

// told are the troubles that somebody told of, in a fixed order.
func (s *Service) told() []string {
	var texts []string
	s.troubles.Range(func(of, text any) bool {
		texts = append(texts, fmt.Sprintf("%s: %s", of, text))
		return true
	})
	slices.Sort(texts)
	return texts
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A prober that hangs up has seen the status.
	_, _ = w.Write([]byte(text))
}
