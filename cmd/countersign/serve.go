package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"countersign/internal/desk"
	"countersign/internal/notify"
	"countersign/internal/worker"
	"countersign/static"
	"countersign/web"
)

// stopTime is how long a graceful stop waits for requests and jobs.
const stopTime = 20 * time.Second

// opsDefault is where serve answers its operators unless told otherwise.
const opsDefault = "127.0.0.1:8081"

type serveCmd struct{}

// Run serves until SIGTERM or SIGINT. It refuses to start while a setting that
// it needs is missing or unsafe; `countersign doctor` lists them all.
func (serveCmd) Run(a *app) error {
	if wrong := blocking(a.settings); len(wrong) > 0 {
		return usageError{errors.New(strings.Join(wrong, "; ") + ". `countersign doctor` explains each setting")}
	}
	sender, err := newSender(a.settings)
	if err != nil {
		return err
	}
	if a.settings.OpsListen == "" {
		a.settings.OpsListen = opsDefault
	}
	s := newServer(a, sender)
	if s.house, err = openHouse(a, s.opening(false)); err != nil {
		return err
	}
	defer s.house.close()
	if err := s.listen(a); err != nil {
		return err
	}
	return s.run(a, desk.OriginServe, nil)
}

// server is everything that runs: pages, operations listener, worker.
type server struct {
	house   *house
	sender  notify.Sender
	metrics *metrics
	web     *web.Server
	worker  *worker.Worker
	demo    *web.Demo
	pages   net.Listener
	ops     net.Listener // nil: none
	started chan struct{}
}

func newServer(a *app, sender notify.Sender) *server {
	return &server{sender: sender, metrics: newMetrics(), started: make(chan struct{})}
}

// opening gives the desk its hooks; they find worker and pages once those run.
func (s *server) opening(demo bool) opening {
	return opening{server: true, demo: demo, nudge: s.nudge, seen: s.metrics.seen}
}

// nudge wakes worker and live pages after a commit.
func (s *server) nudge() {
	select {
	case <-s.started:
		s.worker.Nudge()
		s.web.Nudge()
	default: // the house is still being furnished
	}
}

// listen takes the ports before anything is written, so that a busy port
// leaves no trace in the ledger.
func (s *server) listen(a *app) (err error) {
	if s.pages, err = net.Listen("tcp", a.settings.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if a.settings.OpsListen == "" || a.settings.OpsListen == "off" {
		return nil
	}
	if s.ops, err = net.Listen("tcp", a.settings.OpsListen); err != nil {
		s.pages.Close()
		return fmt.Errorf("listen for operations: %w", err)
	}
	return nil
}

// run starts everything, waits for the end, and stops in order: no new
// requests, live pages, jobs, the last ledger entry.
func (s *server) run(a *app, origin string, ready func()) error {
	trusted, err := prefixes(a.settings.TrustedProxies)
	if err != nil {
		return usageError{err}
	}
	h := s.house
	if err := h.desk.StartServer(a, origin, startFacts(a, h)); err != nil {
		return err
	}
	s.web = web.New(web.Config{Desk: h.desk, Assets: static.New(), Log: h.log, Now: h.clock.Now, Version: version,
		Secure: strings.HasPrefix(h.desk.Settings.PublicURL, "https:"), TrustedProxies: trusted, Demo: s.demo, Count: s.metrics.answered})
	s.worker = worker.New(h.desk, s.sender, h.log, "server-"+rand.Text())
	close(s.started)
	pages := s.web.HTTPServer()
	ctx, cancel := context.WithCancel(a)
	defer cancel()
	var work sync.WaitGroup
	work.Go(func() { s.worker.Run(ctx) })
	failed := make(chan error, 2)
	go serveOn(pages, s.pages, failed)
	ops := s.serveOps(failed)
	h.log.Info("serving", "url", h.desk.Settings.PublicURL, "listen", s.pages.Addr().String(), "version", version)
	if ready != nil {
		ready()
	}
	select {
	case <-a.Done():
	case err = <-failed:
	}
	h.log.Info("stopping")
	return errors.Join(err, s.stop(pages, ops, cancel, &work))
}

func serveOn(server *http.Server, on net.Listener, failed chan<- error) {
	if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
		failed <- fmt.Errorf("serve: %w", err)
	}
}

// stop ends gracefully within stopTime.
func (s *server) stop(pages, ops *http.Server, cancel context.CancelFunc, work *sync.WaitGroup) error {
	ctx, done := context.WithTimeout(context.Background(), stopTime)
	defer done()
	s.web.Close()
	err := pages.Shutdown(ctx)
	cancel()
	finished := make(chan struct{})
	go func() { work.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-ctx.Done():
		err = errors.Join(err, errors.New("jobs did not finish in time; their lease ends by itself"))
	}
	if ops != nil {
		err = errors.Join(err, ops.Shutdown(ctx))
	}
	return errors.Join(err, s.house.desk.StopServer(ctx))
}

// startFacts are the security settings in effect, for the ledger (R56).
func startFacts(a *app, h *house) map[string]string {
	set := a.settings
	facts := map[string]string{
		"version": version, "base-url": h.desk.Settings.PublicURL, "rp-id": h.desk.RP.ID, "attestation": h.desk.RP.Attestation.String(),
		"listen": set.Listen, "smtp": set.SMTPAddr, "smtp-tls": set.SMTPTLS, "trusted-proxies": strings.Join(set.TrustedProxies, " "),
		"account-mail-domains": strings.Join(set.AccountMailDomains, " "), "sms": host(set.SMSURL), "identity-check": host(set.IdentityCheckURL), "policy": h.desk.Policy.Version,
	}
	for k, v := range facts {
		if v == "" {
			delete(facts, k)
		}
	}
	return facts
}

// newSender delivers through the configured mail server, and text messages
// through the gateway if there is one.
func newSender(set settings) (notify.Sender, error) {
	s, err := notify.NewSMTP(notify.SMTPConfig{Addr: set.SMTPAddr, From: set.SMTPFrom, Security: notify.Security(set.SMTPTLS),
		Username: set.SMTPUser, Password: set.SMTPPassword})
	if err != nil {
		return nil, usageError{err}
	}
	if set.SMSURL == "" {
		return notify.Both(s, nil), nil
	}
	g, err := notify.NewGateway(set.SMSURL, []byte(set.SMSSecret), func() int64 { return time.Now().UnixMicro() })
	if err != nil {
		return nil, usageError{err}
	}
	return notify.Both(s, g), nil
}

// host is where a service is; its path may hold a key.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
