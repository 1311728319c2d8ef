// Package web is the one place that knows echo: routes, sessions, forms, live
// updates, error pages.
//
// A handler is: actor, form, one desk call, page or 303. It holds no rule, no
// SQL and starts no goroutine. All routes stand in routes.go. Errors of the desk
// become pages in errors.go, once for all.
package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/static"
)

// Config is what cmd hands to the web floor.
type Config struct {
	Desk    *desk.Desk
	Assets  *static.Assets
	Log     *slog.Logger
	Now     func() int64 // Unix microseconds
	Version string
	// Secure is set where browsers reach us by https: cookies get the __Host-
	// prefix and Secure, and HSTS is sent.
	Secure bool
	// TrustedProxies may set X-Forwarded-For; empty means that the peer's address
	// is the caller's (M5: never trust the header by default).
	TrustedProxies []netip.Prefix
	// Demo is nil outside of the demo.
	Demo *Demo
	// Count is told about refusals and failures, for metrics. May be nil.
	Count func(what, code string)
}

// Server serves the pages.
type Server struct {
	Config
	echo    *echo.Echo
	cookies *cookies
	live    *live
	origins *http.CrossOriginProtection
	founded atomic.Bool // was seen to be: founding happens once
}

// Limits of requests.
const (
	// maxBody bounds every form but one.
	maxBody = 64 << 10
	// maxImport bounds the form of an accounts file: the file, and what a form adds.
	maxImport = recovery.RosterBytesMax + 1<<20
	// maxStreams bounds live streams of one session.
	maxStreams = 5
)

// New builds the server with all its routes.
func New(cfg Config) *Server {
	if cfg.Count == nil {
		cfg.Count = func(string, string) {}
	}
	s := &Server{Config: cfg, echo: echo.New(), cookies: newCookies(cfg.Secure), live: newLive(cfg.Desk), origins: http.NewCrossOriginProtection()}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = ipExtractor(cfg.TrustedProxies)
	s.echo.HTTPErrorHandler = s.handleError
	s.middleware()
	s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Nudge tells live pages that something was committed. It does not block.
func (s *Server) Nudge() { s.live.nudge() }

// Close ends the live streams, so that a graceful stop need not wait for them.
func (s *Server) Close() { s.live.close() }

// Routes lists method and pattern of every route, for the permission matrix.
func (s *Server) Routes() []*echo.Route { return s.echo.Routes() }

// ipExtractor trusts the peer's own address, or X-Forwarded-For set by a known proxy.
func ipExtractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		opts = append(opts, echo.TrustIPRange(prefixNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}

// HTTPServer wraps the handler with the timeouts of a public listener. Live
// streams lift their own write deadline.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}
