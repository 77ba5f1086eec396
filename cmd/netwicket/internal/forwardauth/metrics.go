package forwardauth

import (
	"net/http"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/shown"
)

// Build is the program, for netwicket_build_info.
type Build struct{ Version, Go string }

// metrics are what Prometheus reads. Labels hold what the policy's documents
// name and nothing that a request brings along: neither addresses nor paths.
type metrics struct {
	registry        *prometheus.Registry
	duration        prometheus.Histogram
	unknownPolicies atomic.Uint64
	start           time.Time
}

func newMetrics(s *Service, build Build) *metrics {
	m := &metrics{
		start:    time.Now(),
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "netwicket_decide_duration_seconds",
			Help: "Time from a request's headers to its decision.",
			// Decisions take about a microsecond; what is slower than a
			// millisecond waited for a processor.
			Buckets: []float64{250e-9, 500e-9, 1e-6, 2.5e-6, 5e-6, 10e-6, 25e-6, 100e-6, 1e-3, 10e-3},
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "netwicket_build_info",
		Help:        "The running program; always 1.",
		ConstLabels: prometheus.Labels{"version": build.Version, "goversion": build.Go},
	})
	info.Set(1)
	m.registry.MustRegister(m.duration, info, &exporter{service: s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// clock is the time since the start: unlike time.Now, it reads one clock, not two.
func (m *metrics) clock() time.Duration { return time.Since(m.start) }

func (m *metrics) took(begun time.Duration) { m.duration.Observe((m.clock() - begun).Seconds()) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// exporter turns the doors' tallies into metrics when they are asked for. The
// policy of /decide has no policy label, so that a service with one policy has
// exactly the labels that dashboards expect.
type exporter struct{ service *Service }

// Describe sends nothing: which series there are depends on the policies.
func (*exporter) Describe(chan<- *prometheus.Desc) {}

// Collect sends what has been counted so far.
func (e *exporter) Collect(out chan<- prometheus.Metric) {
	for _, d := range e.service.doors {
		p := series{out: out}
		if d.name != "" {
			p.names, p.values = []string{"policy"}, []string{d.name}
		}
		current := d.current.Load()
		p.decisions(&d.tally, current)
		p.reloads(&d.tally)
		if current != nil && current.policy != nil {
			p.policy(current)
		}
		fare := d.fares()
		p.releases(&d.tally, &fare)
	}
	p := series{out: out}
	p.counter("netwicket_unknown_policy_total", "Questions about a policy that is not served, answered with 403.",
		e.service.metrics.unknownPolicies.Load())
	p.counter("netwicket_connections_evicted_total", "Connections of callers outside edge.trusted that were closed to make room for newer ones.",
		e.service.crowd.Evicted())
	p.counter("netwicket_log_lines_dropped_total", "Log lines that were not written: too many of them, or nobody took them.",
		e.service.journal.dropped(), "cause", "rate")
	p.counter("netwicket_log_lines_dropped_total", "Log lines that were not written: too many of them, or nobody took them.",
		e.service.journal.lost(), "cause", "output")
}

// series sends metrics of one policy.
type series struct {
	out           chan<- prometheus.Metric
	names, values []string
}

// counter sends a counter; labels are names and values in turn.
func (s series) counter(name, help string, value uint64, labels ...string) {
	s.send(name, help, prometheus.CounterValue, float64(value), labels)
}

func (s series) gauge(name, help string, value float64, labels ...string) {
	s.send(name, help, prometheus.GaugeValue, value, labels)
}

func (s series) send(name, help string, kind prometheus.ValueType, value float64, labels []string) {
	names, values := s.names, s.values
	for i := 0; i < len(labels); i += 2 {
		names, values = append(names[:len(names):len(names)], labels[i]), append(values[:len(values):len(values)], labels[i+1])
	}
	metric, err := prometheus.NewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
	if err != nil {
		// A name in the policy's documents is not UTF-8; leave that series out.
		return
	}
	s.out <- metric
}

func (s series) decisions(t *tally, current *Snapshot) {
	var observed uint64
	for verdict := range verdicts {
		for mode := range modes {
			for reason := range maxReasons {
				count := t.decisions[verdict][mode][reason].Load()
				if count == 0 && (current == nil || gate.Mode(mode) != current.mode() || !possible(decide.Verdict(verdict), decide.Reason(reason))) {
					continue
				}
				if decide.Verdict(verdict) == decide.Deny && gate.Mode(mode) == gate.Observe {
					observed += count
				}
				s.counter("netwicket_decisions_total", "Decisions; in mode observe the denied requests passed all the same.", count,
					"decision", decide.Verdict(verdict).String(), "reason", decide.Reason(reason).String(), "mode", gate.Mode(mode).String())
			}
		}
	}
	s.counter("netwicket_observed_denials_total", "Requests that passed in mode observe and would have been denied.", observed)
	for result := range t.clients {
		if name := resultName(result); name != "" {
			s.counter("netwicket_client_ip_total", "Where the client's address came from, or why it could not be found.",
				t.clients[result].Load(), "result", name)
		}
	}
	s.counter("netwicket_untrusted_callers_total", "Questions of callers outside edge.trusted, answered with 403.", t.strangers.Load())
	t.rules.each(func(name string, count uint64) {
		s.counter("netwicket_rule_matches_total", "Decisions that an Okta policy rule made.", count, "rule", name)
	})
	t.zones.each(func(name string, count uint64) {
		s.counter("netwicket_blocklist_matches_total", "Decisions that a blocklist zone made.", count, "zone", name)
	})
}

// possible says that a decision can fall so: its series is there before the first
// one does, so that an increase from nothing is seen.
func possible(verdict decide.Verdict, reason decide.Reason) bool {
	switch reason {
	case decide.RuleMatched, decide.Overlay:
		return true
	case decide.Permitted, decide.NotEnforced, decide.Unrestricted:
		return verdict == decide.Allow
	case decide.NoPolicy, decide.ClientUnresolved, decide.Blocklisted, decide.Threat, decide.NoRule, decide.NetworkUndefined, decide.OffNetwork,
		decide.EmptyAllowList, decide.GeoUnavailable, decide.GeoUnknown, decide.UntrustedGeography:
		return verdict == decide.Deny
	default:
		return false
	}
}

// resultName is the label of a result of finding the client; empty if there is
// no such result.
func resultName(result int) string {
	switch {
	case result == fromHeader:
		return "header"
	case result == fromPeer:
		return "peer"
	case result <= int(gate.ErrShort):
		return gate.Error(result).Code()
	}
	return ""
}

func (s series) reloads(t *tally) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, result := range []string{Success, Failure, Refused, Alone} {
		s.counter("netwicket_reload_total", "Attempts to load the policy, the first included.", t.reloads[result], "result", result)
	}
	if !t.lastSuccess.IsZero() {
		s.gauge("netwicket_config_last_reload_success_timestamp_seconds", "When the policy in force was loaded.", seconds(t.lastSuccess))
	}
}

func (s series) policy(current *Snapshot) {
	info := current.info
	s.gauge("netwicket_policy_info", "The policy in force; always 1.", 1, "fingerprint", info.Fingerprint, "mode", current.mode().String())
	for i, d := range info.Data {
		label := datasetLabel(info.Data, i)
		if !d.Built.IsZero() {
			s.gauge("netwicket_dataset_build_timestamp_seconds", "When the database was built.", seconds(d.Built), "dataset", label)
		}
		const help = "Networks with data in the database, rows of an overlay, entries of a list."
		s.gauge("netwicket_dataset_entries", help, float64(d.Networks4), "dataset", label, "family", "ipv4")
		s.gauge("netwicket_dataset_entries", help, float64(d.Networks-d.Networks4), "dataset", label, "family", "ipv6")
	}
}

// datasetName is the name of a geo source's file, or the type of one that was compiled into
// a snapshot, which says nothing of files.
func datasetName(d geo.Dataset) string {
	name := d.Type
	if d.File != "" {
		name = filepath.Base(d.File)
	}
	return shown.Text(name) // a label has to be UTF-8
}

// datasetLabel is the source's name, with a number where another has the same.
func datasetLabel(data []geo.Dataset, i int) string {
	name, before := datasetName(data[i]), 0
	for _, d := range data[:i] {
		if datasetName(d) == name {
			before++
		}
	}
	if before > 0 {
		name += "#" + strconv.Itoa(before+1)
	}
	return name
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
