package main

import (
	"fmt"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// newcomers start to work on the demo's last day and were imported two days before
// it. The help desk is enrolling the first of them; the other one comes later.
func newcomers() []demoPerson {
	out := make([]demoPerson, 2)
	for i := range out {
		out[i] = demoHolder(demoAccounts - 20 - 14*i)
		out[i].name = demoName(demoAccounts + i)
		out[i].id = strings.ToLower(strings.ReplaceAll(out[i].name, " ", "."))
		out[i].email, out[i].email2 = out[i].id+"@"+workMail, out[i].id+"@"+secondMail
		out[i].population, out[i].phone = recovery.Standard, ""
	}
	return out
}

// welcome imports the newcomers and begins the first enrolment of one of them.
func (w *walk) welcome() {
	all := newcomers()
	w.plan(w.now-2*recovery.Day, "import newcomers", func() error {
		var b strings.Builder
		b.WriteString("id,name,email,email2,phone,population,department,manager_id,contract_end,start_date\n")
		for _, p := range all {
			fmt.Fprintf(&b, "%s,%s,%s,%s,,%s,%s,,,%s\n", p.id, p.name, p.email, p.email2, p.population, p.department, recovery.DayText(w.now/recovery.Day*recovery.Day))
		}
		_, err := w.desk.ImportAccounts(w.ctx, machine, desk.Import{File: strings.NewReader(b.String())})
		return err
	})
	s := &story{walk: w, n: demoAccounts, who: all[0], at: w.now - 11*recovery.Minute, agent: seededHands[0].id}
	s.then(0, "open", func() (err error) {
		if err := s.signIn(s.agent); err != nil {
			return err
		}
		s.ticket, err = s.desk.OpenTicket(s.ctx, staffActor(s.agent), desk.NewTicket{Account: s.who.id, Event: recovery.FirstEnrolment, Intake: recovery.OnSite,
			Reason: "First day of work; at the service point with a passport."})
		return err
	})
	s.claimed()
	s.then(recovery.Minute, "see the document", func() error {
		return s.desk.Compare(s.ctx, staffActor(s.agent), s.ticket.Reference, "badge", recovery.InPersonBadge, recovery.Comparison{Record: "HR-20001", Outcome: recovery.Match,
			Site: "Service point", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}})
	})
}
