package web

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) auditRoutes(staff *echo.Group) {
	staff.GET("/audit", s.audit)
	staff.GET("/audit/:seq", s.auditEntry)
}

// auditParams are the filters, in the order of the chips, with their labels.
var auditParams = []struct{ name, label string }{
	{"from", "From"}, {"to", "To"}, {"actor", "Who"}, {"kind", "What"}, {"ticket", "Ticket"}, {"account", "Account"}, {"outcome", "Outcome"},
}

func (s *Server) audit(c echo.Context) error {
	p := staff.AuditPage{Page: s.staffPage(c, "Audit"), Filter: auditTyped(c)}
	filter, wrong := auditFilter(c, p.Filter)
	if wrong != nil {
		filter = desk.AuditFilter{} // who may not read the log is told that first
	}
	view, err := s.Desk.AuditPage(c.Request().Context(), actor(c), filter)
	if err == nil {
		err = wrong
	}
	var refusal *recovery.Refusal
	if err != nil && (!errors.As(err, &refusal) || refusal.Field == "") {
		return err
	}
	p.Active = auditChips(c)
	p.Size, p.Root, p.At = view.Chain.Head.Size, view.Chain.Head.Root.String(), view.Chain.Head.At
	p.Note, p.Key = view.Chain.Checkpoint, view.Chain.Key
	if err != nil {
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
			p.Page.Errors = errs
			return staff.Audit(p)
		})
	}
	for _, r := range view.Rows {
		p.Rows = append(p.Rows, auditRow(r))
	}
	if filter.Before != 0 {
		p.First = auditURL(c, "before", "")
	}
	if view.Next != 0 {
		p.Next = auditURL(c, "before", strconv.FormatInt(view.Next, 10))
	}
	return s.render(c, http.StatusOK, staff.Audit(p))
}

// auditTyped is the filter bar as it was sent.
func auditTyped(c echo.Context) staff.AuditFilter {
	get := func(name string) string { return strings.TrimSpace(c.QueryParam(name)) }
	f := staff.AuditFilter{From: get("from"), To: get("to"), Zone: get("zone"), Actor: get("actor"), Kind: get("kind"), Ticket: get("ticket"),
		Account: get("account"), Outcome: get("outcome")}
	if f.Zone == "" {
		f.Zone = "UTC"
	}
	return f
}

// auditFilter reads times and cursor.
func auditFilter(c echo.Context, f staff.AuditFilter) (desk.AuditFilter, error) {
	out := desk.AuditFilter{Actor: f.Actor, Kind: f.Kind, Ticket: f.Ticket, Account: f.Account, Outcome: f.Outcome}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		return out, recovery.Refuse("zone-unknown", "There is no time zone \""+f.Zone+"\".", "Use a name like UTC or Europe/Berlin.").On("zone")
	}
	if out.From, err = auditMoment("from", f.From, zone); err != nil {
		return out, err
	}
	if out.Until, err = auditMoment("to", f.To, zone); err != nil {
		return out, err
	}
	if text := c.QueryParam("before"); text != "" {
		if out.Before, err = strconv.ParseInt(text, 10, 64); err != nil || out.Before < 1 {
			return out, recovery.Refuse("cursor-unknown", "This page of the list does not exist.", "Start again from the newest entries.")
		}
	}
	return out, nil
}

// auditMoment reads a date, or a date and time, in the reader's zone.
func auditMoment(field, text string, zone *time.Location) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UnixMicro(), nil
		}
	}
	return 0, recovery.Refuse("time-unreadable", "Enter a date and time like 2026-11-21 08:00.", "").On(field)
}

// auditChips are the active filters, each with the page without it.
func auditChips(c echo.Context) (out []staff.AuditChip) {
	for _, f := range auditParams {
		if v := strings.TrimSpace(c.QueryParam(f.name)); v != "" {
			out = append(out, staff.AuditChip{Label: f.label + ": " + v, Remove: auditURL(c, f.name, "")})
		}
	}
	return out
}

// auditURL is the present list with one parameter changed; every change but the
// cursor's begins at the newest entry.
func auditURL(c echo.Context, name, value string) string {
	q := url.Values{}
	for key, v := range c.QueryParams() {
		if len(v) > 0 && v[0] != "" && (key != "before" || name == "before") {
			q.Set(key, v[0])
		}
	}
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return "/audit"
	}
	return "/audit?" + q.Encode()
}

func auditRow(r desk.AuditRow) staff.AuditRow {
	e := r.Entry
	return staff.AuditRow{Seq: e.Seq, At: e.At, Kind: e.Kind, Actor: e.Actor, Who: r.Who, Account: e.Account, Object: e.Object, Ticket: e.Ticket,
		Reference: r.Reference, Outcome: staff.AuditOutcome(e.Kind), Reason: e.Data["reason"]}
}

func (s *Server) auditEntry(c echo.Context) error {
	seq, err := strconv.ParseInt(c.Param("seq"), 10, 64)
	if err != nil || seq < 0 {
		return store.ErrNotFound
	}
	e, err := s.Desk.Entry(c.Request().Context(), actor(c), seq)
	if err != nil {
		return err
	}
	p := staff.AuditEntryPage{Page: s.staffPage(c, "Entry "+strconv.FormatInt(seq, 10)), Row: auditRow(e.AuditRow), Body: e.Body, Side: e.LedgerRow.Detail,
		SideFate: string(e.Detail), Leaf: e.Leaf.String(), Size: e.Chain.Head.Size, Root: e.Chain.Head.Root.String(), Holds: e.Holds}
	for _, name := range slices.Sorted(maps.Keys(e.Entry.Data)) {
		p.Data = append(p.Data, ui.Fact{Label: name, Value: e.Entry.Data[name], Code: true})
	}
	for _, h := range e.Proof {
		p.Proof = append(p.Proof, base64.StdEncoding.EncodeToString(h[:]))
	}
	if seq > 0 {
		p.Earlier = staff.AuditPath(seq - 1)
	}
	if seq+1 < e.Chain.Head.Size {
		p.Later = staff.AuditPath(seq + 1)
	}
	return s.render(c, http.StatusOK, staff.AuditEntry(p))
}
