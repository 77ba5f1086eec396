package caddygate

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/shown"
)

// metrics are those of one policy, by the names that netwicket serve gives them. They go on counting
// over reloads of Caddy, each of which has a registry of its own. Labels hold nothing that
// a request brings along.
type metrics struct {
	decisions *prometheus.CounterVec
	reloads   *prometheus.CounterVec
	success   prometheus.Gauge
	info      *prometheus.GaugeVec
}

func newMetrics(name string) *metrics {
	labels := prometheus.Labels{"policy": shown.Text(name)} // which has to be UTF-8
	m := &metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "netwicket_decisions_total", ConstLabels: labels,
			Help: "Decisions of guards; in mode observe the denied requests passed all the same.",
		}, []string{"decision", "reason", "mode"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "netwicket_reload_total", ConstLabels: labels, Help: "Attempts to load the policy, the first included.",
		}, []string{"result"}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "netwicket_config_last_reload_success_timestamp_seconds", ConstLabels: labels, Help: "When the policy in force was loaded.",
		}),
		info: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "netwicket_policy_info", ConstLabels: labels, Help: "The policy in force; always 1.",
		}, []string{"fingerprint", "mode"}),
	}
	for _, result := range []string{"success", "failure", "refused", "overlay"} {
		m.reloads.WithLabelValues(result)
	}
	return m
}

// register adds the metrics to those of a configuration, if another module has not done so.
func (m *metrics) register(registry *prometheus.Registry) error {
	for _, collector := range []prometheus.Collector{m.decisions, m.reloads, m.success, m.info} {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(collector); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

func mode(observe bool) string {
	if observe {
		return gate.Observe.String()
	}
	return gate.Enforce.String()
}

func (m *metrics) count(a *answer) {
	decision := &a.result.Decision
	m.decisions.WithLabelValues(decision.Verdict.String(), decision.Reason.String(), mode(a.beside.observe)).Inc()
}

// loaded notes what is in force since now.
func (m *metrics) loaded(fingerprint string, observe bool) {
	m.reloads.WithLabelValues("success").Inc()
	m.success.SetToCurrentTime()
	m.inForce(fingerprint, observe)
}

func (m *metrics) inForce(fingerprint string, observe bool) {
	m.info.Reset()
	if fingerprint != "" {
		m.info.WithLabelValues(fingerprint, mode(observe)).Set(1)
	}
}

// reported counts an attempt to reload.
func (m *metrics) reported(r keeper.Report, observe bool) {
	var refused *keeper.Refusal
	switch {
	case r.Cause == keeper.Withdrawn:
		m.inForce(r.Info.Fingerprint, observe)
	case r.Err == nil && r.Cause == keeper.OverlayAlone:
		m.reloads.WithLabelValues("overlay").Inc()
		m.inForce(r.Info.Fingerprint, observe)
	case r.Err == nil:
		m.loaded(r.Info.Fingerprint, observe)
	case errors.As(r.Err, &refused):
		m.reloads.WithLabelValues("refused").Inc()
	case r.Cause != keeper.OverlayAlone: // which serve does not count either
		m.reloads.WithLabelValues("failure").Inc()
	}
}
