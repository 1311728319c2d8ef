package web

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// middleware is what every request passes, outermost first.
func (s *Server) middleware() {
	s.echo.Pre(middleware.RemoveTrailingSlash())
	s.echo.Use(
		s.recovered,
		s.logged,
		s.headers,
		refuseEncoded,
		s.bodyLimit,
		s.sameOrigin,
		refuseNoText,
	)
}

// recovered turns a panic into a 500 page with an id.
func (s *Server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{DisableErrorHandler: false, LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
		s.Log.Error("handler panicked", "route", c.Path(), "stack", string(stack))
		return err
	}})(next)
}

// bodyLimit bounds every form; only the import page takes a whole directory, and
// only of somebody who is signed in: a stranger must not fill the memory.
func (s *Server) bodyLimit(next echo.HandlerFunc) echo.HandlerFunc {
	small := middleware.BodyLimit(strconv.Itoa(maxBody>>10) + "K")(next)
	large := middleware.BodyLimit(strconv.Itoa(maxImport>>20) + "M")(next)
	return func(c echo.Context) error {
		if c.Request().Method != http.MethodPost || c.Path() != importPath {
			return small(c)
		}
		if _, err := s.Desk.PeekSession(c.Request().Context(), desk.StaffSession, s.cookies.get(c, staffCookie)); err != nil {
			return small(c)
		}
		return large(c)
	}
}

// logged writes one line a request: the route's pattern, never the path, which
// may hold a link token; no query, no form.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := s.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		s.Log.Debug("request", "method", c.Request().Method, "route", c.Path(), "status", c.Response().Status, "us", s.Now()-began)
		return nil
	}
}

// Content security policies (design.md rule 11). Staff pages run htmx with a
// nonce; everything else runs our own small files only.
const (
	cspCommon = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; "
	cspPublic = cspCommon + "script-src 'self'; trusted-types 'none'"
)

// headers sets what every answer carries. Staff pages replace the policy by one
// with a nonce (staffOnly).
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", cspPublic)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), camera=(), microphone=(), geolocation=()")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if !strings.HasPrefix(c.Request().URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		return next(c)
	}
}

// withNonce gives a staff page or fragment its own nonce.
func (s *Server) withNonce(c echo.Context) {
	nonce := rand.Text()
	c.Response().Header().Set("Content-Security-Policy", cspCommon+"script-src 'nonce-"+nonce+"'; trusted-types htmx")
	c.SetRequest(c.Request().WithContext(templ.WithNonce(c.Request().Context(), nonce)))
}

// refuseEncoded takes no compressed requests: a small bomb would pass the body
// limit and unpack behind it (M6).
func refuseEncoded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Header.Get("Content-Encoding") != "" {
			return echo.NewHTTPError(http.StatusUnsupportedMediaType)
		}
		return next(c)
	}
}

var errNoText = recovery.Refuse("no-text", "This request holds something that is no text, so nothing was done.", "Type it again by hand on the page.")

// refuseNoText refuses addresses and forms that cannot be read, or hold NUL or
// broken UTF-8: the one database takes them, the other fails on them.
func refuseNoText(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := readForm(r); err != nil {
			return err
		}
		texts := []string{r.URL.Path}
		for name, values := range r.Form {
			texts = append(append(texts, name), values...)
		}
		for _, text := range texts {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return errNoText
			}
		}
		return next(c)
	}
}

func readForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		err = r.ParseMultipartForm(maxBody)
	}
	var tooLarge *echo.HTTPError // of the body limit
	switch {
	case errors.As(err, &tooLarge):
		return tooLarge
	case err != nil && !errors.Is(err, http.ErrNotMultipart) && r.Method == http.MethodPost:
		return errNoText // a page is shown whatever a mail program hung on its link
	}
	return nil
}

// typed is a secret that a person typed, from the body of a form only: an
// address stands in histories and in the logs of proxies.
func typed(c echo.Context, field string) string { return c.Request().PostFormValue(field) }

// sameOrigin refuses unsafe requests of other sites (class B24, T5). The
// standard library's check passes a request that has neither Sec-Fetch-Site nor
// Origin; when such a request carries one of our cookies it is refused here.
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.origins.Check(r); err != nil {
			return errCrossSite
		}
		unsafe := r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
		if unsafe && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && s.cookies.any(r) {
			return errCrossSite
		}
		return next(c)
	}
}

// actor says who asks: filled by staffOnly and holderOnly, else a stranger. The
// form's request id makes a form that is sent twice one act.
func actor(c echo.Context) desk.Actor {
	a, ok := c.Get("actor").(desk.Actor)
	if !ok {
		a = desk.Actor{Kind: desk.Stranger}
	}
	a.IP, a.Browser = c.RealIP(), c.Request().UserAgent()
	if c.Request().Method == http.MethodPost {
		a.Form = requestID(typed(c, "request"))
	}
	if a.Form != "" && a.Kind != desk.Stranger {
		// Forms of one page share its id, so the address of the form belongs to it.
		a.Request = c.Request().URL.Path + " " + a.Form
	}
	return a
}

// requestID accepts what our own forms carry and nothing else.
func requestID(text string) string {
	token, err := codes.ParseToken(text)
	if err != nil {
		return ""
	}
	return token
}

func newRequestID() string {
	token, err := codes.NewToken(rand.Reader)
	if err != nil {
		panic("no randomness: " + err.Error())
	}
	return token
}

// staffOnly lets in whoever has a live staff session; rights are the desk's.
func (s *Server) staffOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		find := s.Desk.Session
		if byItself(c.Request()) {
			find = s.Desk.PeekSession
		}
		session, err := find(c.Request().Context(), desk.StaffSession, s.cookies.get(c, staffCookie))
		if err != nil {
			return s.signInFirst(c, err, "/login")
		}
		c.Set("actor", desk.Actor{Kind: desk.StaffAct, Person: session.Person, Session: session.ID})
		c.Set("session", session)
		s.withNonce(c)
		return next(c)
	}
}

// byItself says whether a page asks without its reader: the live stream, the
// fragments that its events fetch and a page that looks again must not keep an idle
// session alive.
func byItself(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.Header.Get("HX-Request") != "" || r.URL.Path == "/events" || r.URL.Query().Get("auto") != "")
}

// holderOnly lets in whoever has a live holder session.
func (s *Server) holderOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		find := s.Desk.Session
		if byItself(c.Request()) {
			find = s.Desk.PeekSession
		}
		session, err := find(c.Request().Context(), desk.HolderSession, s.cookies.get(c, holderCookie))
		if err != nil {
			return s.signInFirst(c, err, "/me/login")
		}
		c.Set("actor", desk.Actor{Kind: desk.Holder, Person: session.Person, Account: session.Account, Session: session.ID})
		c.Set("session", session)
		return next(c)
	}
}

// signInFirst leads a browser to the sign-in page; scripts and live fragments
// get a 401.
func (s *Server) signInFirst(c echo.Context, err error, to string) error {
	r := c.Request()
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" && !wantsJSON(r) {
		return c.Redirect(http.StatusSeeOther, to)
	}
	return err
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

func prefixNet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
