package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/staff"
)

// queue is the list of tickets; its filters live in the URL. A search that names
// filters ("tier:reset is:expiring") leads to the URL that says the same.
func (s *Server) queue(c echo.Context) error {
	q, ignored, rewritten := queueQuery(c.QueryParams())
	if rewritten {
		return c.Redirect(http.StatusSeeOther, "/queue?"+q.Encode())
	}
	view := q.Get("view")
	found, err := s.Desk.QueuePage(c.Request().Context(), actor(c), desk.QueueQuery{View: view, State: recovery.State(q.Get("state")), Tier: recovery.Tier(q.Get("tier")),
		Mine: q.Get("assignee") == "me", Risk: q.Get("risk") == "high", Soon: q.Get("due") == "15m", Text: q.Get("q"), After: c.QueryParam("after")})
	if err != nil {
		return err
	}
	p := staff.QueuePage{View: view, Counts: found.Counts, Query: q, Ignored: ignored, Next: found.Next, Paged: c.QueryParam("after") != "", Saved: savedViews(found.Saved, actor(c), nil), Items: s.queueItems(found.Rows)}
	if c.QueryParam("fragment") == "rows" {
		p.Page.Now, p.Page.Zone = s.Now(), zone
		return s.render(c, http.StatusOK, staff.QueueRows(p))
	}
	p.Page = s.staffPage(c, "Queue")
	return s.render(c, http.StatusOK, staff.Queue(p))
}

func (s *Server) queueItems(rows []store.QueueRow) []staff.QueueItem {
	out := make([]staff.QueueItem, len(rows))
	for i, r := range rows {
		out[i] = staff.QueueItem{Ticket: r.Ticket, Name: r.Name, Passed: r.Passed, Steps: r.Steps, Agent: r.Agent}
	}
	return out
}

// queueQuery keeps the filters that exist. What nobody knows is named as
// ignored; rewritten says that the search text named filters.
func queueQuery(in url.Values) (q url.Values, ignored []string, rewritten bool) {
	q = url.Values{"view": {desk.ViewOpen}}
	set := func(name, value string) {
		if value == "" {
			return
		}
		if !knownFilter(name, value) {
			ignored = append(ignored, name+":"+value)
			return
		}
		q.Set(name, value)
	}
	var words []string
	for _, w := range strings.Fields(in.Get("q")) {
		name, value, ok := strings.Cut(w, ":")
		switch {
		case !ok:
			words = append(words, w)
		case name == "is":
			rewritten = setIs(value, set) || rewritten
		default:
			set(name, value)
			rewritten = rewritten || knownFilter(name, value)
		}
	}
	for name, values := range in {
		if name != "q" && name != "after" && name != "fragment" && name != "done" {
			set(name, values[0])
		}
	}
	if len(words) > 0 {
		q.Set("q", strings.Join(words, " "))
	}
	return q, ignored, rewritten
}

// setIs reads "is:expiring": a view, a state, or mine.
func setIs(value string, set func(name, value string)) bool {
	switch {
	case knownFilter("view", value):
		set("view", value)
	case knownFilter("state", value):
		set("state", value)
	default:
		set("is", value)
		return false
	}
	return true
}

func knownFilter(name, value string) bool {
	switch name {
	case "view":
		return slices.Contains(desk.QueueViews, value)
	case "state":
		return slices.Contains(recovery.States, recovery.State(value))
	case "tier":
		return slices.Contains([]recovery.Tier{recovery.Pass, recovery.Replacement, recovery.Reset}, recovery.Tier(value))
	case "assignee":
		return value == "me"
	case "risk":
		return value == "high"
	case "due":
		return value == "15m"
	}
	return false
}
