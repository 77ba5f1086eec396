package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
)

// Counters are the metrics of the server. Labels hold nothing that a request brings
// along. The zero Counters is of no use; it is safe for concurrent use.
type Counters struct {
	registry                          *prometheus.Registry
	requests, logins, writes, refused *prometheus.CounterVec
	lines                             *prometheus.CounterVec // that were left out
	seconds, writing                  *prometheus.HistogramVec
}

// families are all that requests are counted by.
func families() []string {
	return []string{"zones", "policies", "threats", "users", "sailpoint", "other", consoleFamily}
}

// Documents are what the metrics tell of the policy folder.
type Documents struct {
	Generation func() int       // the number of the newest write
	Written    func() time.Time // when that was; zero: never
	Load       func() bool      // the documents can be used
}

// NewCounters makes the metrics; their series are there from the start.
func NewCounters(version, golang string, documents Documents) *Counters {
	c := &Counters{
		registry: prometheus.NewRegistry(),
		requests: newCounter("netwicket_admin_requests_total", "Requests by what they are about and the first digit of their answer's status.", "family", "status"),
		logins:   newCounter("netwicket_admin_refused_logins_total", "Tokens, secrets, assertions and proofs that were refused."),
		writes:   newCounter("netwicket_admin_writes_total", "Changes that callers asked for and got.", "family"),
		refused:  newCounter("netwicket_admin_refused_writes_total", "Changes that callers asked for and that were refused, for whatever reason.", "family"),
		lines:    newCounter("netwicket_admin_log_lines_dropped_total", "Lines of log and audit about strangers that were left out, since there were too many."),
		seconds:  newSeconds("netwicket_admin_request_seconds", "How long requests took, by what they are about."),
		writing:  newSeconds("netwicket_admin_write_seconds", "How long changes took, those that were refused included."),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "netwicket_build_info", Help: "The running program; always 1."}, []string{"version", "goversion"})
	build.WithLabelValues(version, golang).Set(1)
	c.logins.WithLabelValues()
	c.lines.WithLabelValues()
	for _, family := range families() {
		c.seconds.WithLabelValues(family)
		c.writing.WithLabelValues(family)
		c.writes.WithLabelValues(family)
		c.refused.WithLabelValues(family)
		for _, status := range []string{"2xx", "4xx"} {
			c.requests.WithLabelValues(family, status)
		}
	}
	c.registry.MustRegister(build, c.requests, c.seconds, c.logins, c.writes, c.refused, c.writing, c.lines,
		newGauge("netwicket_admin_generation", "The number of the newest write of the folder.", func() float64 { return float64(documents.Generation()) }),
		newGauge("netwicket_admin_generation_timestamp_seconds", "When the newest write of the folder was.", func() float64 {
			if written := documents.Written(); !written.IsZero() {
				return float64(written.UnixNano()) / 1e9
			}
			return 0
		}),
		newGauge("netwicket_admin_documents_load", "1 if the documents of the folder load, 0 if requests are refused until they are mended.", func() float64 {
			if documents.Load() {
				return 1
			}
			return 0
		}),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return c
}

func newCounter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func newSeconds(name, help string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"family"})
}

func newGauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

// watch counts what becomes of a crowd.
func (c *Counters) watch(crowd *doorway.Crowd) {
	c.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "netwicket_admin_connections_evicted_total", Help: "Connections of strangers that were closed to make room for newer ones.",
	}, func() float64 { return float64(crowd.Evicted()) }))
}

// count counts a request that was answered; change says that a caller asked for one.
func (c *Counters) count(family string, status int, took time.Duration, change bool) {
	c.requests.WithLabelValues(family, strconv.Itoa(status/100)+"xx").Inc()
	c.seconds.WithLabelValues(family).Observe(took.Seconds())
	if !change {
		return
	}
	c.writing.WithLabelValues(family).Observe(took.Seconds())
	if status >= http.StatusBadRequest {
		c.refused.WithLabelValues(family).Inc()
	} else {
		c.writes.WithLabelValues(family).Inc()
	}
}

func (c *Counters) refusedLogin() { c.logins.WithLabelValues().Inc() }

func (c *Counters) leftOut() { c.lines.WithLabelValues().Inc() }

// handler answers /metrics.
func (c *Counters) handler() http.Handler {
	return promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
