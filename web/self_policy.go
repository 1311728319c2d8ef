package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/self"
)

// publicPolicy is the policy as account holders read it (R3).
func (s *Server) publicPolicy(c echo.Context) error {
	rules, err := s.Desk.PublicPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	p := self.PolicyPage{Page: s.page(c, "What recovery takes")}
	for _, e := range recovery.Events {
		event := self.PolicyEvent{Title: e.Words()}
		for _, row := range recovery.Populations {
			event.Rows = append(event.Rows, s.publicRow(rules, e, row))
		}
		p.Events = append(p.Events, event)
	}
	return s.render(c, http.StatusOK, self.Policy(p))
}

var accountWords = map[recovery.Population]string{recovery.Standard: "An ordinary account", recovery.Privileged: "An account of an executive, an administrator or the desk's staff",
	recovery.Contractor: "A contractor's account", recovery.Service: "A shared account or a service account"}

func (s *Server) publicRow(rules desk.Rules, e recovery.EventID, row recovery.Population) self.PolicyRow {
	out := self.PolicyRow{Account: accountWords[row]}
	cell := rules.Cell(e, row)
	for _, w := range cell.Ways {
		ruling := rules.Decide(recovery.Case{Event: e, Population: row, Way: w.ID, Incident: true, Trip: true, Hired: true, InPerson: s.Desk.Settings.InPerson})
		way := self.PolicyWay{Title: placeTitles[w.Place], Says: ruling.Public(), Told: toldWords(w.Notify)}
		if none := w.Artefact.Unissued(); none != nil {
			way.Says, way.Told = []string{none.Text, none.Next}, ""
			out.Ways = append(out.Ways, way)
			continue
		}
		for _, step := range ruling.Workflow.Steps {
			way.Bring = append(way.Bring, bring(step.Methods))
		}
		out.Ways = append(out.Ways, way)
	}
	if len(cell.Ways) == 0 {
		out.Ways = []self.PolicyWay{{Title: "Not offered", Says: []string{cell.Instead}}}
	}
	return out
}

var placeTitles = map[recovery.Place]string{recovery.AtDesk: "With the help desk", recovery.OnPages: "By yourself", recovery.AtMe: "With a sign-in method that works"}

// bring words what passes a step, for somebody who has to have it ready.
func bring(all []recovery.Method) string {
	out := make([]string, len(all))
	for i, m := range all {
		out[i] = bringWords[m]
	}
	return strings.Join(out, ", or ")
}

var bringWords = map[recovery.Method]string{recovery.ByAuthenticator: "a security key that still works", recovery.ByBackupCode: "a backup code that you saved",
	recovery.ByMailCode: "a mailbox of yours that is on record", recovery.BySMSCode: "a number of yours that is on record", recovery.ByPassword: "your password",
	recovery.ByCallBack: "a telephone whose number is on record: we call you", recovery.ByVideo: "a camera, for a video call", recovery.ByVideoDocument: "a camera and a passport or identity card",
	recovery.InPersonBadge: "your badge and a document, at the desk", recovery.ByVoucher: "your manager or sponsor, whom we ask ourselves",
	recovery.ByCheck: "a document, for the identity check", recovery.ByBiometric: "yourself, at the identity check on site"}

// toldWords lists who hears of it.
func toldWords(all []recovery.Audience) string {
	names := map[recovery.Audience]string{recovery.TellHolder: "you, at every address on record", recovery.TellOld: "your earlier addresses", recovery.TellManager: "your manager",
		recovery.TellSecurity: "security", recovery.TellSponsor: "your sponsor", recovery.TellOwner: "the owner", recovery.TellTeam: "the owner's team", recovery.TellApprovers: "all approvers", recovery.TellHR: "HR"}
	var out []string
	for _, a := range all {
		out = append(out, names[a])
	}
	return strings.Join(out, "; ")
}
