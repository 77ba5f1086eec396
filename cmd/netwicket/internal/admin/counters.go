package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Counters are the metrics of the server. A nil Counters counts nothing; it is
// safe for concurrent use.
type Counters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	logins   prometheus.Counter
}

// families are all that requests are counted by.
func families() []string {
	return []string{"zones", "policies", "threats", "users", "sailpoint", "other"}
}

// NewCounters makes the metrics; their series are there from the start. generation
// is the number of the newest write of the folder, loads whether its documents do.
func NewCounters(version, golang string, generation func() int, loads func() bool) *Counters {
	c := &Counters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "netwicket_admin_requests_total", Help: "Requests by what they are about and the first digit of their answer's status.",
		}, []string{"family", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "netwicket_admin_request_seconds", Help: "How long requests took, by what they are about.",
			Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"family"}),
		logins: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "netwicket_admin_refused_logins_total", Help: "Tokens, secrets, assertions and proofs that were refused.",
		}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "netwicket_admin_build_info", Help: "The version of the program, always 1."}, []string{"version", "go"})
	build.WithLabelValues(version, golang).Set(1)
	for _, family := range families() {
		c.seconds.WithLabelValues(family)
		for _, status := range []string{"2xx", "4xx"} {
			c.requests.WithLabelValues(family, status)
		}
	}
	c.registry.MustRegister(build, c.requests, c.seconds, c.logins,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "netwicket_admin_generation", Help: "The number of the newest write of the folder.",
		}, func() float64 { return float64(generation()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "netwicket_admin_documents_load", Help: "1 if the documents of the folder load, 0 if requests are refused until they are mended.",
		}, func() float64 {
			if loads() {
				return 1
			}
			return 0
		}),
	)
	return c
}

func (c *Counters) count(family string, status int, took time.Duration) {
	if c != nil {
		c.requests.WithLabelValues(family, strconv.Itoa(status/100)+"xx").Inc()
		c.seconds.WithLabelValues(family).Observe(took.Seconds())
	}
}

func (c *Counters) refusedLogin() {
	if c != nil {
		c.logins.Inc()
	}
}

// handler answers /metrics.
func (c *Counters) handler() http.Handler {
	return promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{})
}
