package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"countersign/migrations"
)

// serveOps serves /livez, /readyz and /metrics on the second listener, which
// belongs to the operator's network and not to browsers.
func (s *server) serveOps(failed chan<- error) *http.Server {
	if s.ops == nil {
		return nil
	}
	s.metrics.watch(s.house)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{Timeout: 5 * time.Second}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10}
	go serveOn(server, s.ops, failed)
	return server
}

// readyz answers 200 when the database answers, its schema is ours and the
// ledger has a head; else 503 with one line for each that does not.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	v := s.house.store.View()
	code, text := http.StatusOK, ""
	say := func(what string, err error) {
		if err != nil {
			code = http.StatusServiceUnavailable
			text += fmt.Sprintf("%s: no: %v\n", what, err)
			return
		}
		text += what + ": ok\n"
	}
	say("database", v.Ping(ctx))
	have, err := v.SchemaVersion(ctx)
	if want := migrations.Newest(); err == nil && have != want {
		err = fmt.Errorf("version %d, this program was built for %d", have, want)
	}
	say("schema", err)
	_, err = v.LedgerHead(ctx)
	say("ledger", err)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}
