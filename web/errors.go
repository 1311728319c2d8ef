package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/self"
	"countersign/views/ui"
)

var errCrossSite = recovery.Refuse("cross-site", "This form came from another site, so nothing was done.", "Open the page here and send it again.")

// handleError is the one mapping of errors to answers. Every failed request ends here.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed || errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return // answered already, or nobody is left to answer
	}
	var repeat *desk.Repeat
	if errors.As(err, &repeat) {
		_ = c.Redirect(http.StatusSeeOther, repeat.Location)
		return
	}
	p := s.problem(err)
	s.Count("answer", p.Code)
	if p.Status >= http.StatusInternalServerError {
		s.Log.Error("request failed", "route", c.Path(), "status", p.Status, "code", p.Code, "error", err.Error())
	}
	if wantsJSON(c.Request()) {
		c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
		_ = c.JSON(p.Status, map[string]any{"type": "about:blank", "title": p.Title, "detail": p.Detail, "status": p.Status, "code": p.Code})
		return
	}
	page := s.page(c, p.Title)
	if renderErr := s.render(c, p.Status, self.Problem(self.ProblemPage{Page: page, Detail: p.Detail, Next: p.Next, Code: p.Code})); renderErr != nil {
		s.Log.Error("error page failed", "error", renderErr.Error())
	}
}

// problem is an error as people see it.
type problem struct {
	Status                    int
	Title, Detail, Next, Code string
}

func (s *Server) problem(err error) problem {
	var refusal *recovery.Refusal
	var failure *desk.Failure
	var he *echo.HTTPError
	switch {
	case errors.As(err, &refusal):
		return problem{refusalStatus(refusal.Code), "Not done", refusal.Text, refusal.Next, refusal.Code}
	case errors.Is(err, store.ErrNotFound):
		return problem{http.StatusNotFound, "Page not found", "There is nothing at this address, or it is not yours to see.", "Go back and follow a link.", "not-found"}
	case errors.Is(err, store.ErrConflict):
		return problem{http.StatusConflict, "Changed meanwhile", "Somebody else changed this at the same time, so your change was not made.", "Reload the page and look again.", "conflict"}
	case errors.Is(err, store.ErrClosed):
		return problem{http.StatusServiceUnavailable, "Back in a moment", "The server is stopping. Nothing was changed.", "Try again in a minute.", "stopping"}
	case store.Unavailable(err):
		return problem{http.StatusServiceUnavailable, "Not saved", "The database does not take changes at the moment. Nothing was changed.",
			"Try again in a minute. If it goes on, tell an administrator that the disk may be full" + numbered(err) + ".", "unavailable"}
	case errors.As(err, &failure):
		return problem{http.StatusInternalServerError, "Something failed on our side", "Nothing was changed. The failure has the number " + failure.ID + ".",
			"Try again; if it fails again, tell an administrator the number.", "internal"}
	case errors.As(err, &he):
		return httpProblem(he.Code)
	}
	return problem{http.StatusInternalServerError, "Something failed on our side", "Nothing was changed.", "Try again in a minute.", "internal"}
}

// numbered names the failure's number, which the log has too.
func numbered(err error) string {
	var failure *desk.Failure
	if errors.As(err, &failure) {
		return " (number " + failure.ID + ")"
	}
	return ""
}

func httpProblem(status int) problem {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return problem{http.StatusNotFound, "Page not found", "There is nothing at this address.", "Go back and follow a link.", "not-found"}
	case http.StatusRequestEntityTooLarge:
		return problem{status, "Too much text", "The form is larger than this page takes.", "Shorten the text and send it again.", "too-large"}
	case http.StatusUnsupportedMediaType:
		return problem{status, "Not readable", "Compressed requests are not taken here.", "Send the form from its page.", "encoded"}
	case http.StatusTooManyRequests:
		return problem{status, "Too many", "There are too many requests from this browser.", "Close some windows and try again.", "too-many"}
	}
	return problem{status, "Not done", http.StatusText(status) + ".", "Go back and try again.", "http"}
}

// refusalStatus gives scripts a status that fits; pages show words.
func refusalStatus(code string) int {
	switch code {
	case "signed-out", "check-forged", "check-stale":
		return http.StatusUnauthorized
	case "role-missing", "cross-site", "own-account", "own-request", "own-ticket", "own-voucher", "own-approval", "reports-to", "denied-before", "signed-before",
		"own-key", "own-invite", "own-proposal", "own-change", "not-named", "not-filer", "role-too-new", "own-standing", "touch-first", "key-unconfirmed", "vouch-other":
		return http.StatusForbidden
	case "already-stopped", "recovery-early", "notice-pending", "wrong-state", "step-order", "already-decided", "request-changed", "approval-expired", "proposal-expired", "touch-spent", "call-over", "check-decided", "check-over", "check-waits", "founding-first", "founding-order", "last-administrators":
		return http.StatusConflict
	case "link-used", "link-ended", "attempt-over", "recovery-over":
		return http.StatusGone
	case "check-unknown":
		return http.StatusNotFound
	case "throttled":
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// form answers an act that came from a form: 303 to where it leads, or, when the
// desk refused, the same page again with everything that was typed and status 422.
func (s *Server) form(c echo.Context, err error, to string, again func([]ui.FieldError) templ.Component) error {
	var refusal *recovery.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, to)
	case errors.As(err, &refusal) && again != nil && refusalStatus(refusal.Code) != http.StatusUnauthorized:
		s.Count("refusal", refusal.Code)
		return s.render(c, refusalStatus(refusal.Code), again(fieldErrors(refusal)))
	}
	return err
}

// fieldErrors is a refusal as the error summary shows it.
func fieldErrors(r *recovery.Refusal) []ui.FieldError {
	text := r.Text
	if r.Next != "" {
		text += " " + r.Next
	}
	return []ui.FieldError{{Field: r.Field, Message: text}}
}
