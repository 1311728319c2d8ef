package main

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"countersign/internal/recovery"
)

// metrics are what an operator watches. No label names a person, an account or
// a ticket.
type metrics struct {
	registry  *prometheus.Registry
	events    *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	answers   *prometheus.CounterVec
	approvals *prometheus.CounterVec
	redeemed  *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "countersign_" + name, Help: help}, labels)
	}
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		events:    counter("events_total", "Ledger entries written by this process, by kind.", "kind"),
		refusals:  counter("refusals_total", "Acts refused by this process, by reason.", "reason"),
		answers:   counter("answers_total", "Refusals and failures as pages answered them, by code.", "what", "code"),
		approvals: counter("approvals_total", "Approval requests, by what became of them.", "outcome"),
		redeemed:  counter("redemptions_total", "Backup codes presented, by what became of them.", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "countersign_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.events, m.refusals, m.answers, m.approvals, m.redeemed, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range approvalOutcomes {
		m.approvals.WithLabelValues(outcome) // a series that is 0 is not one that is missing
	}
	for _, outcome := range redemptionOutcomes {
		m.redeemed.WithLabelValues(outcome)
	}
	return m
}

// What counts as the fate of an approval request or of a backup code.
var (
	approvalOutcomes = map[recovery.EventKind]string{recovery.ApprovalAsked: "asked", recovery.ApprovalComplete: "approved",
		recovery.ApprovalDenied_: "denied", recovery.ApprovalTimedOut: "expired", recovery.ApprovalRefused: "refused"}
	redemptionOutcomes = map[recovery.EventKind]string{recovery.BackupRedeemed: "redeemed", recovery.BackupRefused: "refused"}
)

// seen is the desk's hook.
func (m *metrics) seen(kind recovery.EventKind, refused string) {
	if refused != "" {
		m.refusals.WithLabelValues(refused).Inc()
		return
	}
	m.events.WithLabelValues(string(kind)).Inc()
	if outcome := approvalOutcomes[kind]; outcome != "" {
		m.approvals.WithLabelValues(outcome).Inc()
	}
	if outcome := redemptionOutcomes[kind]; outcome != "" {
		m.redeemed.WithLabelValues(outcome).Inc()
	}
}

// answered is the pages' hook.
func (m *metrics) answered(what, code string) { m.answers.WithLabelValues(what, code).Inc() }

// watch adds what is read from the database when somebody asks.
func (m *metrics) watch(h *house) { m.registry.MustRegister(&houseCollector{h}) }

type houseCollector struct{ house *house }

var (
	descTickets = prometheus.NewDesc("countersign_tickets", "Tickets by state.", []string{"state"}, nil)
	descLag     = prometheus.NewDesc("countersign_outbox_lag_seconds", "Age of the oldest job that is due and not done.", nil, nil)
	descSize    = prometheus.NewDesc("countersign_ledger_entries", "Entries in the ledger.", nil, nil)
	descAge     = prometheus.NewDesc("countersign_ledger_head_age_seconds", "Time since the last change.", nil, nil)
	descStaff   = prometheus.NewDesc("countersign_staff_counting", "People whose role counts now, by role.", []string{"role"}, nil)
	descUp      = prometheus.NewDesc("countersign_database_up", "1 when the database answered this scrape.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *houseCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descTickets, descLag, descSize, descAge, descStaff, descUp} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is left out, and
// countersign_database_up says so.
func (c *houseCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	up := 1.0
	if err := c.collect(ctx, gauge); err != nil {
		up = 0
	}
	gauge(descUp, up)
}

func (c *houseCollector) collect(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	v, now := c.house.store.View(), c.house.clock.Now()
	counters, err := v.Counters(ctx)
	if err != nil {
		return err
	}
	for _, state := range recovery.States {
		gauge(descTickets, float64(counters["tickets."+string(state)]), strings.ReplaceAll(string(state), "-", "_"))
	}
	lag, err := v.OutboxLag(ctx, now)
	if err != nil {
		return err
	}
	gauge(descLag, float64(lag)/1e6)
	head, err := v.LedgerHead(ctx)
	if err != nil {
		return err
	}
	gauge(descSize, float64(head.Size))
	gauge(descAge, float64(max(now-head.At, 0))/1e6)
	counts, err := c.house.desk.House(ctx)
	for role, n := range counts.Counting {
		gauge(descStaff, float64(n), string(role))
	}
	return err
}
