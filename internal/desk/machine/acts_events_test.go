package machine

import (
	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// signers are whoever a house may let raise the mode; the group security does.
var signers = []role{approver, reviews, audits, administer}

// eventActs are what happens to the whole house, and travel.
var eventActs = []act{
	{name: "ProposeIncident", roles: everybody, may: []role{administer, machineDo}, call: func(s *step) error {
		n := recovery.NewIncident{Name: s.words(), Accounts: []string{s.account()}, Hours: 4, Tickets: 3}
		p, err := s.Desk.ProposeIncident(s.Context(), s.actor, n)
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "CloseIncident", roles: everybody, may: signers, call: func(s *step) error {
		ids := append(query(s.House, `SELECT id FROM incidents ORDER BY id`), "no-such-incident")
		return s.Desk.CloseIncident(s.Context(), s.actor, ids[s.pick(len(ids), "which incident")], s.words())
	}},
	{name: "BeginThreat", roles: everybody, may: signers, call: func(s *step) error {
		_, err := s.Desk.BeginThreat(s.Context(), s.actor, s.words())
		return err
	}},
	{name: "RaiseThreat", roles: everybody, may: signers, leaves: []string{"staff_keys"}, call: func(s *step) error {
		a := s.answer(s.actor.Person, func() (desk.Touch, error) { return s.Desk.BeginThreat(s.Context(), s.actor, s.words()) }, false)
		_, err := s.Desk.RaiseThreat(s.Context(), s.actor, a)
		return err
	}},
	{name: "ExtendThreat", roles: everybody, may: append([]role{machineDo}, signers...), call: func(s *step) error {
		p, err := s.Desk.ExtendThreat(s.Context(), s.actor, []int64{48, 0, -1, 10_000}[s.bent("hours")])
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "RevokePass", roles: everybody, may: signers, call: func(s *step) error { return s.Desk.RevokePass(s.Context(), s.actor, s.ref()) }},
	{name: "RevokePasses", roles: everybody, may: signers, call: func(s *step) error { return s.Desk.RevokePasses(s.Context(), s.actor) }},
	{name: "ChaseReEnrolment", roles: byItself, call: func(s *step) error { return s.Desk.ChaseReEnrolment(s.Context(), s.ticketID()) }},
	{name: "SweepReEnrolments", roles: byItself, call: func(s *step) error { return s.Desk.SweepReEnrolments(s.Context()) }},
	{name: "SweepThreat", roles: byItself, call: func(s *step) error { return s.Desk.SweepThreat(s.Context()) }},
	{name: "Climb", roles: byItself, call: func(s *step) error { return s.Desk.Climb(s.Context(), s.job(desk.JobClimb)) }},
	{name: "EditAccount", roles: everybody, may: []role{administer, machineDo}, call: func(s *step) error {
		in := desk.AccountEdit{Account: s.account(), Shown: []string{"", "", "not what was shown", ""}[s.bent("shown")]}
		value := []string{"+441632960077", "elsewhere@two.example", "Finance", ""}[s.pick(4, "value")]
		*[]**string{&in.Phone, &in.Email2, &in.Department, &in.Manager}[s.pick(4, "field")] = &value
		_, err := s.Desk.EditAccount(s.Context(), s.actor, in)
		s.proposals = query(s.House, `SELECT id FROM proposals ORDER BY id`)
		return err
	}},
	{name: "RegisterTrip", roles: atMe, may: holders, leaves: []string{"factors"}, call: func(s *step) error {
		begins := s.Clock.Now() + []int64{2 * recovery.Day, 0, -recovery.Day, 400 * recovery.Day}[s.bent("begins")]
		in := desk.NewTrip{Begins: begins, Ends: begins + 5*recovery.Day, Channels: []string{s.s.account + "-mail-1", s.s.account + "-mail-2", s.address()}}
		_, err := s.Desk.RegisterTrip(s.Context(), s.actor, in, s.holderAnswer())
		return err
	}},
	{name: "OpenBinding", roles: atMe, may: holders, leaves: []string{"factors"}, call: func(s *step) error {
		keys := append(query(s.House, `SELECT id FROM factors WHERE account = '`+s.s.account+`' AND kind = 'passkey' AND suspended = 0`), "no-such-passkey")
		t, err := s.Desk.OpenBinding(s.Context(), s.actor, desk.NewBinding{Old: keys[0], Reason: s.words()}, s.holderAnswer())
		return s.keep(err, func() { s.goesOn(t.Account, t) })
	}},
	{name: "ShowBinding", roles: atMe, may: holders, after: []string{"due", "ends"}, leaves: []string{"factors"}, call: func(s *step) error {
		shown, err := s.Desk.ShowBinding(s.Context(), s.actor, s.holderAnswer())
		return s.keep(err, func() { s.s.binding = shown.Code })
	}},
	{name: "UseBinding", roles: public, leaves: counted, call: func(s *step) error {
		token, err := s.Desk.UseBinding(s.Context(), s.actor, s.text("binding code", s.s.binding, func(o *subject) string { return o.binding }, "0000-0000-0000-0000-0000-0000-0000"))
		return s.keep(err, func() { s.opensSession(token) })
	}},
	{name: "ConfirmBinding", roles: atMe, may: holders, after: []string{"due"}, leaves: append([]string{"bindings", "factors"}, failing...), call: func(s *step) error {
		number := s.text("number", codes.BindingNumber(s.Desk.Keys.Pepper, s.s.recovery), func(o *subject) string { return codes.BindingNumber(s.Desk.Keys.Pepper, o.recovery) }, "123456")
		return s.Desk.ConfirmBinding(s.Context(), s.actor, number, s.holderAnswer())
	}},
	{name: "CancelBinding", roles: atMe, may: holders, call: func(s *step) error { return s.Desk.CancelBinding(s.Context(), s.actor) }},
	{name: "RetireOld", roles: byItself, call: func(s *step) error { return s.Desk.RetireOld(s.Context()) }},
	{name: "CancelTrip", roles: atMe, may: holders, call: func(s *step) error {
		ids := append(query(s.House, `SELECT id FROM trips ORDER BY id`), "no-such-trip")
		return s.Desk.CancelTrip(s.Context(), s.actor, ids[s.pick(len(ids), "which trip")])
	}},
}
