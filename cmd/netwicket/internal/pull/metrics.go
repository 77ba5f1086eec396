package pull

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what Prometheus reads of a pull that watches (U14). Make them with
// [NewMetrics]; they are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	failures prometheus.Counter
	good     atomic.Pointer[time.Time]
	now      func() time.Time
}

// NewMetrics are the metrics of a pull into a folder whose documents have been in
// force since a time; the zero time: nobody knows.
func NewMetrics(since time.Time, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), now: now,
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "netwicket_pull_failures_total",
			Help: "Looks at the tenants that failed or were refused by a guard; what was in force stayed.",
		}),
	}
	m.good.Store(&since)
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "netwicket_pull_age_seconds",
		Help: "Time since what is in force was last found to be what the tenants say; before the first good look, since it was written.",
	}, func() float64 { return m.Age().Seconds() })
	m.registry.MustRegister(m.failures, age, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Looked counts a look.
func (m *Metrics) Looked(err error) {
	if err != nil {
		m.failures.Inc()
		return
	}
	now := m.now()
	m.good.Store(&now)
}

// Age is how old what is in force is; zero where nobody knows.
func (m *Metrics) Age() time.Duration {
	since := *m.good.Load()
	if since.IsZero() {
		return 0
	}
	return max(m.now().Sub(since), 0)
}

// Handler answers /metrics and /healthz.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n")) // plain text; a prober that hangs up has seen the status
	})
	return mux
}
