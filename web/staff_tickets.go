package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

// zone is the reader's until profiles come.
var zone = time.UTC

func (s *Server) ticketRoutes(staff *echo.Group) {
	staff.GET("/queue", s.queue)
	staff.GET("/queue/views", s.views)
	staff.POST("/queue/views", s.saveView)
	staff.POST("/queue/views/:id", s.renameView)
	staff.POST("/queue/views/:id/removal", s.removeView)
	staff.GET("/tickets/new", s.newTicket)
	staff.POST("/tickets/new", s.checkTicket)
	staff.POST("/tickets", s.openTicket)
	staff.GET("/tickets/:ref", s.ticket)
	staff.POST("/tickets/:ref/steps/:step", s.step)
	staff.POST("/tickets/:ref/steps/:step/not-possible", s.notPossible)
	staff.POST("/tickets/:ref/signals", s.addSignal)
	staff.POST("/tickets/:ref/notes", s.addNote)
	staff.POST("/tickets/:ref/assistants", s.noteAssistant)
	staff.POST("/tickets/:ref/draft", s.saveDraft)
	staff.POST("/tickets/:ref/pressure", s.pressured)
	staff.GET("/tickets/:ref/hold", s.askHold)
	staff.POST("/tickets/:ref/hold", s.holdTicket)
	staff.POST("/tickets/:ref/resumption", s.resume)
	staff.GET("/tickets/:ref/handover", s.askHandover)
	staff.POST("/tickets/:ref/handover", s.handOver)
	staff.GET("/tickets/:ref/letters/:id", s.letter)
	staff.POST("/tickets/:ref/letters/:id", s.tickLetter)
	for _, sub := range []string{"withdrawal", "claim", "lease", "failure"} {
		staff.GET("/tickets/:ref/"+sub, s.askReason(sub))
		staff.POST("/tickets/:ref/"+sub, s.withReason(sub))
	}
}

func ticketURL(c echo.Context) string { return "/tickets/" + url.PathEscape(c.Param("ref")) }

// newTicket searches the account, then shows the form for it.
func (s *Server) newTicket(c echo.Context) error {
	ctx, account, q := c.Request().Context(), c.QueryParam("account"), c.QueryParam("q")
	if account != "" {
		return s.ticketForm(c, typedTicket(c.QueryParam), http.StatusOK, nil)
	}
	p := staff.FindPage{Page: s.staffPage(c, "New ticket"), Query: q, Searched: c.QueryParams().Has("q")}
	if !p.Searched {
		return s.render(c, http.StatusOK, staff.Find(p))
	}
	found, err := s.Desk.FindAccounts(ctx, actor(c), q)
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) && refusal.Field != "" {
		p.Page.Errors, p.Searched = fieldErrors(refusal), false
		return s.render(c, http.StatusUnprocessableEntity, staff.Find(p))
	}
	if err != nil {
		return err
	}
	for _, f := range found {
		p.Found = append(p.Found, staff.FoundAccount{Account: f.Account, Manager: f.Manager, Phones: f.Phones})
	}
	return s.render(c, http.StatusOK, staff.Find(p))
}

// ticketForm shows the form for one account with what was typed.
func (s *Server) ticketForm(c echo.Context, typed staff.TypedTicket, status int, errs []ui.FieldError) error {
	account, err := s.Desk.AccountForTicket(c.Request().Context(), actor(c), typed.Account)
	if err != nil {
		return err
	}
	incidents, err := s.Desk.IncidentsFor(c.Request().Context(), actor(c), account)
	if err != nil {
		return err
	}
	already, err := s.Desk.Already(c.Request().Context(), actor(c), account)
	if err != nil {
		return err
	}
	p := staff.NewTicketPage{Page: s.staffPage(c, "New ticket"), Account: account, Typed: typed, Already: already, Incidents: incidents}
	p.Page.Errors = errs
	return s.render(c, status, staff.NewTicket(p))
}

func typedTicket(value func(string) string) staff.TypedTicket {
	return staff.TypedTicket{Account: value("account"), Event: value("event"), Device: value("device"), Lock: value("lock"), Intake: value("intake"),
		Source: value("source"), Requester: value("requester"), Reason: value("reason"), Mail: value("mail"), Taken: value("taken"), Since: value("since"),
		Incident: value("incident"), Way: value("way")}
}

func asNewTicket(t staff.TypedTicket) desk.NewTicket {
	return desk.NewTicket{Account: t.Account, Event: recovery.EventID(t.Event), Facts: recovery.Facts{Device: recovery.Fate(t.Device), Lock: recovery.Lock(t.Lock), Mail: mailAt(t.Mail), Taken: recovery.Taken(t.Taken), Since: recovery.ParseMoment(t.Since)},
		Intake: recovery.Intake(t.Intake), Source: t.Source, Requester: t.Requester, Reason: t.Reason, Incident: t.Incident, Way: t.Way}
}

// mailAt takes the one word that the form may say about mailboxes.
func mailAt(typed string) recovery.MailAt {
	if typed == string(recovery.Elsewhere) {
		return recovery.Elsewhere
	}
	return ""
}

// checkTicket is "check before you open". It is a POST so that what the caller
// said stays out of the address, and it changes nothing.
func (s *Server) checkTicket(c echo.Context) error {
	typed := typedTicket(c.FormValue)
	o, err := s.Desk.CheckTicket(c.Request().Context(), actor(c), asNewTicket(typed))
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) && refusal.Field != "" && refusal.Field != "account" {
		return s.ticketForm(c, typed, http.StatusUnprocessableEntity, fieldErrors(refusal))
	}
	if err != nil {
		return err
	}
	return s.checkPage(c, typed, o, http.StatusOK)
}

func (s *Server) checkPage(c echo.Context, typed staff.TypedTicket, o desk.Opening, status int) error {
	title := "Check before you open this ticket"
	if o.Refusal != nil {
		title = "This ticket cannot be opened"
		s.Count("refusal", o.Refusal.Code)
	}
	return s.render(c, status, staff.Check(staff.CheckPage{Page: s.staffPage(c, title), Account: o.Account, Typed: typed, Facts: o.In.Facts, Requester: o.RequesterName, Ruling: o.Ruling,
		Workflow: o.Workflow, Policy: o.Policy, Risks: o.Risks, Usable: o.Usable, Struck: o.Struck, Open: o.Open, Others: o.Others, Source: o.Source, Linked: linked(o.Linked), Reports: o.Reports, SameAgent: o.SameAgent, Earlier: o.Earlier, Refusal: o.Refusal, Ways: o.Ways}))
}

// openTicket opens it. What became true meanwhile is told on the same page.
func (s *Server) openTicket(c echo.Context) error {
	typed := typedTicket(c.FormValue)
	t, err := s.Desk.OpenTicket(c.Request().Context(), actor(c), asNewTicket(typed))
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		if o, again := s.Desk.CheckTicket(c.Request().Context(), actor(c), asNewTicket(typed)); again == nil && o.Refusal != nil {
			return s.checkPage(c, typed, o, refusalStatus(refusal.Code))
		}
	}
	return s.form(c, err, "/tickets/"+t.Reference, nil)
}

// ticket is the workspace.
func (s *Server) ticket(c echo.Context) error {
	p, err := s.ticketPage(c)
	if err != nil {
		return err
	}
	p.Asked = c.QueryParam("done") == "noted"
	if c.QueryParam("fragment") == "work" {
		return s.render(c, http.StatusOK, staff.TicketWork(p))
	}
	return s.render(c, http.StatusOK, staff.Ticket(p))
}

func (s *Server) ticketPage(c echo.Context) (staff.TicketPage, error) {
	d, err := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
	if err != nil {
		return staff.TicketPage{}, err
	}
	_, state := ui.TicketState(string(d.Ticket.State))
	p := staff.TicketPage{Fresh: d.Fresh, Page: s.staffPage(c, d.Ticket.Tier.Words()+" for "+d.Account.Name), Ticket: d.Ticket, Account: d.Account, Workflow: d.Workflow, Step: d.Step, N: d.N, Done: d.Done,
		Evidence: d.Evidence, Cue: d.Cue, CodeTo: d.CodeTo, CodeBy: d.CodeBy, CodeUntil: d.CodeUntil, Otherwise: d.Otherwise, Request: d.Request, MayPark: d.MayPark, ParkEnd: d.ParkEnd, Nobody: d.Nobody, Signals: d.Signals, Channels: d.Channels,
		Chosen: recovery.Method(c.FormValue("method")), ClaimLive: d.ClaimLive, Risks: d.Risks,
		Letters: d.Letters, Approvals: d.Approvals, Earlier: d.Earlier, Linked: linked(d.Linked), Others: otherTiers(d.Others), ReviewWhy: recovery.ReviewWords(d.ReviewWhy), Reports: d.Reports, Names: d.Names, Reader: actor(c).Person, MayWork: d.MayWork, MayReview: d.MayReview,
		InPerson: s.Desk.Settings.InPerson.Words(), Duty: d.Pass.Duty, Revokes: d.Pass.Revokes}
	p.Page.State = state
	p.Page.Scripts = []string{"js/draft.js"}
	p.Draft, p.DraftAt, p.Typing, p.LostTo, p.LostAt = d.Draft.Text, d.Draft.At, d.Typing, d.Lost.Name, d.Lost.At
	p.Method = methodView(d)
	for _, w := range d.Ways {
		p.Ways = append(p.Ways, staff.StepWay(w))
	}
	for _, a := range d.Choices {
		p.Choices = append(p.Choices, staff.AddressChoice(a))
	}
	for _, n := range d.Notices {
		p.Notices = append(p.Notices, staff.SentNotice(n))
	}
	for _, n := range d.Notes {
		p.Notes = append(p.Notes, staff.TicketNote{Name: n.Name, At: n.At, Text: n.Text})
	}
	p.Timeline = timeline(d)
	return p, nil
}

// linkedWords say what an earlier attempt has in common with the ticket.
var linkedWords = map[desk.LinkedBy]string{desk.ByAccount: "this account", desk.BySource: "the same number or address", desk.ByText: "the same words of the same agent"}

func linked(all []desk.Linked) []staff.Linked {
	out := make([]staff.Linked, len(all))
	for i, l := range all {
		out[i] = staff.Linked{Ticket: l.Ticket, Step: l.Step, Bad: l.Bad}
		for _, by := range l.Why {
			out[i].Common = append(out[i].Common, linkedWords[by])
		}
	}
	return out
}

func otherTiers(all []desk.OtherTier) []staff.OtherTier {
	out := make([]staff.OtherTier, len(all))
	for i, o := range all {
		out[i] = staff.OtherTier(o)
	}
	return out
}

// timeline turns ledger entries into lines; notes stand in their own place.
func timeline(d desk.TicketPage) []staff.TicketEntry {
	var out []staff.TicketEntry
	for _, e := range d.Entries {
		what := e.Entry.Data["step"]
		if what == "" {
			what = e.Entry.Data["reason"]
		}
		out = append(out, staff.TicketEntry{At: e.Entry.At, Kind: e.Entry.Kind, Who: desk.ActorName(e.Entry.Actor, d.Names), Step: what})
	}
	return out
}

// ticketAgain shows the workspace with a refused form's words still in it.
func (s *Server) ticketAgain(c echo.Context, fields ...string) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, err := s.ticketPage(c)
		if err != nil {
			page := s.staffPage(c, "Not done")
			page.Errors = errs
			return ui.StaffPage(page)
		}
		p.Page.Errors, p.Typed = errs, map[string]string{}
		for _, f := range fields {
			p.Typed[f] = c.FormValue(f)
		}
		if p.Ticket.Lease.Live(s.Now()) && p.Ticket.Lease.Person != p.Reader && p.Typed["note"] != "" {
			p.Typed["new-note"] = p.Typed["note"] // the step's form is gone with the lease, its words are not
		}
		return staff.Ticket(p)
	}
}

// step files what an agent does in the step that is open; the desk refuses any other.
func (s *Server) step(c echo.Context) error {
	ctx, a, ref, id, method := c.Request().Context(), actor(c), c.Param("ref"), recovery.StepID(c.Param("step")), recovery.Method(c.FormValue("method"))
	switch method {
	case recovery.ByCallBack:
		return s.callBack(c, id)
	case recovery.ByVoucher:
		return s.askVoucher(c, id)
	case recovery.ByCheck, recovery.ByBiometric:
		return s.beginCheck(c, id, method)
	case recovery.ByVideo, recovery.ByVideoDocument, recovery.InPersonBadge:
		in := recovery.Comparison{Record: c.FormValue("record"), Outcome: c.FormValue("outcome"), Note: c.FormValue("note")}
		if recovery.GuideOf(method).Document {
			in.Document = recovery.Document{Kind: c.FormValue("document"), Issuer: c.FormValue("issuer"), Last4: strings.ToUpper(c.FormValue("last4"))}
		}
		if method == recovery.InPersonBadge {
			in.Badge, in.Site = c.FormValue("badge") != "", c.FormValue("site")
		}
		return s.form(c, s.Desk.Compare(ctx, a, ref, id, method, in), ticketURL(c), s.ticketAgain(c, "record", "document", "issuer", "last4", "badge", "site", "outcome", "note"))
	}
	return s.form(c, s.Desk.SendCode(ctx, a, ref, id, method, c.FormValue("address")), ticketURL(c)+"?done=sent", s.ticketAgain(c, "address"))
}

// notPossible records that a way of the open step cannot be done.
func (s *Server) notPossible(c echo.Context) error {
	err := s.Desk.NotPossible(c.Request().Context(), actor(c), c.Param("ref"), recovery.StepID(c.Param("step")), recovery.Method(c.FormValue("method")), c.FormValue("why"))
	return s.form(c, err, ticketURL(c), s.ticketAgain(c, "why"))
}

// addSignal records what the caller knew.
func (s *Server) addSignal(c echo.Context) error {
	in := recovery.Signal{Topic: c.FormValue("topic"), Knew: recovery.Knew(c.FormValue("knew")), Note: c.FormValue("signal-note")}
	err := s.Desk.AddSignal(c.Request().Context(), actor(c), c.Param("ref"), in)
	return s.form(c, err, ticketURL(c)+"#signals", s.ticketAgain(c, "topic", "knew", "signal-note"))
}

func (s *Server) addNote(c echo.Context) error {
	err := s.Desk.AddNote(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("note"))
	return s.form(c, err, ticketURL(c)+"#notes", func(errs []ui.FieldError) templ.Component {
		for i := range errs {
			if errs[i].Field == "note" {
				errs[i].Field = "new-note"
			}
		}
		c.Request().Form.Set("new-note", c.FormValue("note"))
		return s.ticketAgain(c, "new-note")(errs)
	})
}

func (s *Server) pressured(c echo.Context) error {
	err := s.Desk.Pressured(c.Request().Context(), actor(c), c.Param("ref"))
	return s.form(c, err, ticketURL(c)+"?done=noted", s.ticketAgain(c))
}

func (s *Server) letter(c echo.Context) error {
	text, err := s.Desk.LetterSheet(c.Request().Context(), actor(c), c.Param("ref"), c.Param("id"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Letter(staff.LetterPage{Page: s.staffPage(c, "Letter to print and post"), Reference: c.Param("ref"), Text: text}))
}

func (s *Server) tickLetter(c echo.Context) error {
	err := s.Desk.TickLetter(c.Request().Context(), actor(c), c.Param("ref"), c.Param("id"))
	return s.form(c, err, ticketURL(c)+"#letters", s.ticketAgain(c))
}

// reasons are the acts that ask for a reason on a page of their own.
var reasons = map[string]struct {
	title, label string
	kind         ui.ButtonKind
	then         []string
}{
	"withdrawal": {"Check before you withdraw", "Withdraw this ticket", ui.Danger,
		[]string{"The ticket ends and cannot be opened again.", "The holder is told at every address on record.", "The proofs stay on record; the next agent sees them."}},
	"failure": {"Check before you end this proofing", "The caller cannot do this: end it", ui.Danger,
		[]string{"The proofing has failed and this ticket is closed.", "The holder is told at every address on record, and security is told.", "The next agent sees which step failed. Tell the caller nothing but that it cannot go on."}},
	"claim": {"Check before you release the claim", "Release the claim", ui.Danger,
		[]string{"Every proof and every approval of this ticket is void.", "The ticket gets a new reference; read it out to the holder.", "Another browser can then claim the ticket, and proofing starts over."}},
	"lease": {"Check before you take over", "Take this ticket over", ui.Primary,
		[]string{"The other agent can no longer do a step.", "You become part of this ticket: you can neither approve nor review it."}},
}

func (s *Server) reasonPage(c echo.Context, sub string, free bool, errs []ui.FieldError) templ.Component {
	r := reasons[sub]
	if free {
		r.title, r.label, r.then = "Work on this ticket", "Work on this ticket", r.then[1:]
	}
	p := staff.ReasonPage{Page: s.staffPage(c, r.title), Reference: c.Param("ref"), Action: ticketURL(c) + "/" + sub, Consequences: r.then, Label: r.label, Kind: r.kind, Reason: c.FormValue("reason"), Free: free}
	p.Page.Errors = errs
	return staff.Reason(p)
}

// askReason shows the page; the ticket must be one the reader may see.
func (s *Server) askReason(sub string) echo.HandlerFunc {
	return func(c echo.Context) error {
		d, err := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
		if err != nil {
			return err
		}
		free := sub == "lease" && (!d.Ticket.Lease.Live(s.Now()) || d.Ticket.Lease.Person == actor(c).Person)
		return s.render(c, http.StatusOK, s.reasonPage(c, sub, free, nil))
	}
}

// withReason does the act; a released claim leads to the new reference.
func (s *Server) withReason(sub string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, a, ref, why := c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("reason")
		to, err := ticketURL(c), error(nil)
		switch sub {
		case "withdrawal":
			err = s.Desk.WithdrawTicket(ctx, a, ref, why)
		case "failure":
			err = s.Desk.FailProofing(ctx, a, ref, why)
		case "lease":
			err = s.Desk.TakeLease(ctx, a, ref, why)
		case "claim":
			var t recovery.Ticket
			if t, err = s.Desk.ReleaseClaim(ctx, a, ref, why); err == nil {
				to = "/tickets/" + t.Reference
			}
		}
		return s.form(c, err, to, func(errs []ui.FieldError) templ.Component { return s.reasonPage(c, sub, false, errs) })
	}
}
