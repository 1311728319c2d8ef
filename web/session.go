package web

import (
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
)

// Names of our cookies; with TLS each gets the __Host- prefix. Every cookie
// holds one opaque secret whose hash is a row on the server.
const (
	staffCookie    = "countersign-staff"
	holderCookie   = "countersign-holder"
	recoveryCookie = "countersign-recovery" // recovery session: can enrol, nothing else
	attemptCookie  = "countersign-attempt"  // proofs being collected
	claimCookie    = "countersign-claim"    // the ticket this browser claimed (R40)
	browserCookie  = "countersign-browser"  // signed in as this account before (R41)
)

// recoveryCookieLife is the longest that any policy lets what it opens live: the
// row behind it ends it (24 hours, a Pass).
const recoveryCookieLife = 24 * recovery.Hour

var cookieNames = []string{staffCookie, holderCookie, recoveryCookie, attemptCookie, claimCookie, browserCookie}

// cookies is a gorilla session store that keeps nothing in the browser but an
// opaque id: gorilla's own cookie store cannot be revoked (M4).
type cookies struct{ secure bool }

var _ sessions.Store = (*cookies)(nil)

func newCookies(secure bool) *cookies { return &cookies{secure: secure} }

func (k *cookies) name(name string) string {
	if k.secure {
		return "__Host-" + name
	}
	return name
}

func (k *cookies) options(age int) *sessions.Options {
	return &sessions.Options{Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode, MaxAge: age}
}

// Get implements sessions.Store.
func (k *cookies) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(k, name)
}

// New implements sessions.Store: the session's ID is the secret of the cookie.
func (k *cookies) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(k, name)
	session.Options, session.IsNew = k.options(0), true
	if c, err := r.Cookie(k.name(name)); err == nil {
		session.ID, session.IsNew = c.Value, false
	}
	return session, nil
}

// Save implements sessions.Store: it writes the cookie.
func (k *cookies) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	http.SetCookie(w, sessions.NewCookie(k.name(session.Name()), session.ID, session.Options))
	return nil
}

// get reads a secret, "" when the browser has none.
func (k *cookies) get(c echo.Context, name string) string {
	session, err := k.Get(c.Request(), name)
	if err != nil {
		return ""
	}
	return session.ID
}

// set hands a secret to the browser; age in seconds, 0 for the browser's session.
func (k *cookies) set(c echo.Context, name, secret string, age int) error {
	session, err := k.Get(c.Request(), name)
	if err != nil {
		return err
	}
	session.ID, session.Options = secret, k.options(age)
	return session.Save(c.Request(), c.Response())
}

// drop takes a cookie away.
func (k *cookies) drop(c echo.Context, name string) error { return k.set(c, name, "", -1) }

// any says whether the request carries one of our cookies.
func (k *cookies) any(r *http.Request) bool {
	for _, name := range cookieNames {
		if _, err := r.Cookie(k.name(name)); err == nil {
			return true
		}
	}
	return false
}
