package web

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
)

// wayURL is the workspace with the form of one method.
func wayURL(c echo.Context, m recovery.Method) string {
	return ticketURL(c) + "?method=" + url.QueryEscape(string(m))
}

// callBack begins a call, takes the words that were heard, of the claimed page or of
// the reverse check, or notes that nobody answered.
func (s *Server) callBack(c echo.Context, id recovery.StepID) error {
	ctx, a, ref, to := c.Request().Context(), actor(c), c.Param("ref"), wayURL(c, recovery.ByCallBack)
	switch c.FormValue("do") {
	case "words":
		return s.form(c, s.Desk.EnterWords(ctx, a, ref, id, c.FormValue("words")), ticketURL(c), s.ticketAgain(c, "words"))
	case "match":
		return s.form(c, s.Desk.EnterMatch(ctx, a, ref, id, c.FormValue("match")), to, s.ticketAgain(c, "match"))
	case "unanswered":
		return s.form(c, s.Desk.CallNotAnswered(ctx, a, ref, id), to, s.ticketAgain(c))
	}
	return s.form(c, s.Desk.BeginCall(ctx, a, ref, id, c.FormValue("address")), to, s.ticketAgain(c, "address"))
}

func (s *Server) askVoucher(c echo.Context, id recovery.StepID) error {
	err := s.Desk.AskVoucher(c.Request().Context(), actor(c), c.Param("ref"), id, c.FormValue("voucher"))
	return s.form(c, err, wayURL(c, recovery.ByVoucher)+"&done=sent", s.ticketAgain(c, "voucher"))
}

func (s *Server) beginCheck(c echo.Context, id recovery.StepID, m recovery.Method) error {
	err := s.Desk.BeginCheck(c.Request().Context(), actor(c), c.Param("ref"), id, m)
	return s.form(c, err, wayURL(c, m), s.ticketAgain(c))
}

func (s *Server) noteAssistant(c echo.Context) error {
	err := s.Desk.NoteAssistant(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("assistant"), recovery.AssistantRole(c.FormValue("role")))
	return s.form(c, err, ticketURL(c)+"#assistants", s.ticketAgain(c, "assistant", "role"))
}

// methodView is the desk's view as the page shows it.
func methodView(d desk.TicketPage) staff.MethodView {
	m := d.Methods
	out := staff.MethodView{Unanswered: m.Unanswered, CheckOn: m.CheckOn, Assistants: m.Assistants}
	for _, n := range m.Numbers {
		out.Numbers = append(out.Numbers, staff.AddressChoice(n))
	}
	for _, n := range m.Texts {
		out.Texts = append(out.Texts, staff.AddressChoice(n))
	}
	if m.Call != nil {
		view := staff.CallView(*m.Call)
		out.Call = &view
	}
	if m.Check != nil {
		out.CheckUntil = m.Check.Ends
	}
	for _, k := range m.Candidates {
		v := staff.PossibleVoucher{Person: k.Person.ID, Name: k.Person.Name, Relation: k.Relation}
		if k.Refusal != nil {
			v.Why = k.Refusal.Text
		}
		out.Candidates = append(out.Candidates, v)
	}
	for _, k := range m.Asked {
		out.Asked = append(out.Asked, staff.AskedVoucher{Name: d.Names[k.Person], State: askedState(k, d.Methods.Now), At: max(k.Decided, k.Made)})
	}
	return out
}

// askedState is what came of an invitation, in words.
func askedState(k recovery.Vouching, now int64) string {
	switch {
	case k.Word == recovery.WordVouch:
		return "vouched"
	case k.Word == recovery.WordUnknown:
		return "does not know"
	case k.Word == recovery.WordWrong:
		return "says that something is wrong"
	case k.Decided != 0:
		return "replaced by another invitation"
	case now >= k.Ends:
		return "did not answer in time"
	}
	return "was asked"
}
