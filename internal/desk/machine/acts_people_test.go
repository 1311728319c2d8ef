package machine

import (
	"fmt"

	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/recovery"
)

// atMe are the roles that could be somebody at /me.
var atMe = []role{stranger, holder, other, worksIt}

var holders = []role{holder, other}

var holderActs = []act{
	{name: "BeginHolderSignIn", roles: public, call: func(s *step) error {
		_, err := s.Desk.BeginHolderSignIn(s.Context(), s.actor)
		return err
	}},
	{name: "HolderSignIn", roles: public, leaves: []string{"factors"}, call: func(s *step) error {
		a := s.answer(s.s.account, func() (desk.Touch, error) { return s.Desk.BeginHolderSignIn(s.Context(), s.actor) }, false)
		in, err := s.Desk.HolderSignIn(s.Context(), s.actor, a, "")
		return s.keep(err, func() { s.signsIn(in) })
	}},
	{name: "BeginHolderTouch", roles: atMe, may: holders, call: func(s *step) error {
		_, err := s.Desk.BeginHolderTouch(s.Context(), s.actor)
		return err
	}},
	{name: "SignOut", roles: everybody, call: func(s *step) error { return s.Desk.SignOut(s.Context(), s.actor) }},
	{name: "MakeCodes", roles: atMe, may: holders, call: func(s *step) error {
		made, err := s.Desk.MakeCodes(s.Context(), s.actor, s.holderAnswer())
		return s.keep(err, func() { s.made(made) })
	}},
	{name: "ConfirmCodes", roles: atMe, may: holders, call: func(s *step) error {
		return s.Desk.ConfirmCodes(s.Context(), s.actor, s.set(), recovery.OnPaper, s.bent("word") == 0)
	}},
	{name: "HandleCodes", roles: atMe, may: holders, call: func(s *step) error {
		return s.Desk.HandleCodes(s.Context(), s.actor, s.set(), []string{"copy", "download", "print", "?"}[s.bent("how")])
	}},
	{name: "SendHoldCode", roles: atMe, may: holders, call: func(s *step) error {
		err := s.Desk.SendHoldCode(s.Context(), s.actor, s.address())
		return s.keep(err, s.read)
	}},
	{name: "ConfirmHold", roles: atMe, may: holders, leaves: failing, call: func(s *step) error {
		return s.Desk.ConfirmHold(s.Context(), s.actor, s.digits())
	}},
	{name: "ReportOwn", roles: atMe, may: holders, call: func(s *step) error {
		chosen := [][]string{{s.actor.Account + "-passkey"}, nil, {"no-such-passkey"}, {s.s.account + "-password"}}[s.bent("chosen")]
		return s.Desk.ReportOwn(s.Context(), s.actor, string(recovery.LostDevice), chosen, s.holderAnswer())
	}},
	{name: "Lift", roles: atMe, may: holders, call: func(s *step) error { return s.Desk.Lift(s.Context(), s.actor, s.holderAnswer()) }},
}

var staffActs = []act{
	{name: "ReportAtDesk", roles: everybody, may: desks, call: func(s *step) error {
		in := desk.DeskReport{Account: s.account(), What: string(recovery.LostDevice), Note: s.words()}
		if s.pick(2, "rung back") == 1 {
			in.Number = s.text("number", s.s.account+"-phone", func(o *subject) string { return o.account + "-phone" }, s.s.account+"-mail-1")
		}
		return s.Desk.ReportAtDesk(s.Context(), s.actor, in)
	}},
	{name: "BeginReportKey", roles: everybody, may: staffRoles, call: func(s *step) error {
		_, err := s.Desk.BeginReportKey(s.Context(), s.actor, s.lostKey(), s.Clock.Now()-recovery.Hour)
		return err
	}},
	{name: "ReportKey", roles: everybody, may: staffRoles, leaves: []string{"staff_keys"}, call: func(s *step) error {
		id := s.lostKey()
		a := s.answer(s.actor.Person, func() (desk.Touch, error) {
			return s.Desk.BeginReportKey(s.Context(), s.actor, id, s.Clock.Now()-recovery.Hour)
		}, false)
		return s.Desk.ReportKey(s.Context(), s.actor, id, a)
	}},
	{name: "RevokeRecoveries", roles: everybody, may: []role{administer}, call: func(s *step) error {
		return s.Desk.RevokeRecoveries(s.Context(), s.actor, s.lostKey())
	}},
	{name: "EndRole", roles: everybody, may: []role{administer}, call: func(s *step) error {
		return s.Desk.EndRole(s.Context(), s.actor, s.member(), recovery.Roles[s.pick(len(recovery.Roles), "which role")])
	}},
	{name: "DisableStaff", roles: everybody, may: []role{administer}, call: func(s *step) error { return s.Desk.DisableStaff(s.Context(), s.actor, s.member()) }},
	{name: "BeginSignIn", roles: public, call: func(s *step) error {
		_, err := s.Desk.BeginSignIn(s.Context(), s.actor)
		return err
	}},
	{name: "SignIn", roles: everybody, leaves: []string{"staff_keys"}, call: func(s *step) error {
		own := s.actor.Person
		if s.actor.Kind != desk.StaffAct {
			own = reviewer
		}
		a := s.answer(own, func() (desk.Touch, error) { return s.Desk.BeginSignIn(s.Context(), s.actor) }, false)
		token, person, err := s.Desk.SignIn(s.Context(), s.actor, a)
		return s.keep(err, func() { s.sessions[person] = must(s.Desk.PeekSession(s.Context(), desk.StaffSession, token)).ID })
	}},
	{name: "BeginProve", roles: everybody, may: staffRoles, call: func(s *step) error {
		_, err := s.Desk.BeginProve(s.Context(), s.actor)
		return err
	}},
	{name: "Prove", roles: everybody, may: staffRoles, leaves: []string{"staff_keys"}, call: func(s *step) error {
		a := s.answer(s.actor.Person, func() (desk.Touch, error) { return s.Desk.BeginProve(s.Context(), s.actor) }, false)
		return s.Desk.Prove(s.Context(), s.actor, a)
	}},
	{name: "ProposeRole", roles: everybody, may: []role{administer, machineDo}, call: func(s *step) error {
		p, err := s.Desk.ProposeRole(s.Context(), s.actor, s.member(), recovery.Roles[s.pick(len(recovery.Roles), "which role")])
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "ProposeInvite", roles: everybody, may: []role{administer, machineDo}, call: func(s *step) error {
		p, err := s.Desk.ProposeInvite(s.Context(), s.actor, desk.StaffInvite{Person: []string{"newcomer", "", "nobody", reviewer}[s.bent("person")], Roles: []recovery.Role{recovery.Approver}})
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "FileProposal", roles: everybody, may: []role{administer, machineDo}, call: func(s *step) error {
		p := recovery.Proposal{Kind: recovery.ProposeRole, Object: auditor, Title: "Role reviewer for " + auditor, Lines: []string{"+ role reviewer"},
			Body: fmt.Sprintf(`{"person":%q,"role":"reviewer"}`, auditor)}
		switch s.bent("proposal") {
		case 1:
			p.Kind = "no-such-kind"
		case 2:
			p = recovery.Proposal{}
		}
		p, err := s.Desk.FileProposal(s.Context(), s.actor, p)
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "FilePolicy", roles: everybody, may: []role{administer}, call: func(s *step) error {
		if err := s.Desk.StartPolicyDraft(s.Context(), s.actor, recovery.Presets[s.pick(len(recovery.Presets), "preset")]); err != nil {
			return err
		}
		p, err := s.Desk.FilePolicy(s.Context(), s.actor, desk.PolicyFile)
		return s.keep(err, func() { s.filed(p) })
	}},
	{name: "BeginProposal", roles: everybody, may: staffRoles, call: func(s *step) error {
		_, err := s.Desk.BeginProposal(s.Context(), s.actor, s.proposal(), s.decision(), s.words())
		return err
	}},
	{name: "DecideProposal", roles: everybody, may: staffRoles, after: []string{"ends"}, leaves: []string{"staff_keys"}, call: func(s *step) error {
		id, d := s.proposal(), s.decision()
		a := s.answer(s.actor.Person, func() (desk.Touch, error) { return s.Desk.BeginProposal(s.Context(), s.actor, id, d, s.words()) }, false)
		_, err := s.Desk.DecideProposal(s.Context(), s.actor, desk.ProposalDecision{Proposal: id, Decision: recovery.Decision(d), Answer: a})
		return err
	}},
	{name: "WithdrawProposal", roles: everybody, may: staffRoles, call: func(s *step) error {
		return s.Desk.WithdrawProposal(s.Context(), s.actor, s.proposal())
	}},
	{name: "SweepProposals", roles: byItself, after: []string{"ends"}, call: func(s *step) error { return s.Desk.SweepProposals(s.Context()) }},
	{name: "FinishProposal", roles: byItself, after: []string{"ends"}, call: func(s *step) error { return s.Desk.FinishProposal(s.Context(), s.proposal()) }},
}

// Lines in lower case are no acts of the desk: the worker as it is, and time.
var jobActs = []act{
	{name: "the clock", roles: byItself, call: func(s *step) error {
		s.Clock.Add([]int64{recovery.Second, recovery.Minute, 6 * recovery.Minute, 11 * recovery.Minute, recovery.Second, 31 * recovery.Minute, -recovery.Hour, 2 * recovery.Hour}[s.pick(8, "how long")])
		return nil
	}},
	{name: "the worker", roles: byItself, after: []string{"due"}, leaves: failing, call: (*step).work},
	{name: "Sweep", roles: byItself, after: []string{"due", "ends"}, call: func(s *step) error { return s.Desk.Sweep(s.Context()) }},
	{name: "ExecuteReset", roles: byItself, after: proofDues, leaves: []string{"approvals", "tickets"}, call: func(s *step) error {
		return s.Desk.ExecuteReset(s.Context(), s.job(desk.JobExecute))
	}},
	{name: "FinishReset", roles: byItself, after: proofDues, call: func(s *step) error {
		var failure error
		if s.bent("directory") == 1 {
			failure = directory.ErrPassword // any error will do
		}
		return s.Desk.FinishReset(s.Context(), s.job(desk.JobOrder), directory.Outcome{Local: true}, failure)
	}},
	{name: "MailCode", roles: byItself, call: func(s *step) error { return s.Desk.MailCode(s.Context(), s.job(desk.JobMailCode)) }},
	{name: "WarnLoss", roles: byItself, call: func(s *step) error { return s.Desk.WarnLoss(s.Context(), s.job(desk.JobWarn)) }},
	{name: "MailAccepted", roles: byItself, after: []string{"due"}, call: func(s *step) error { return s.Desk.MailAccepted(s.Context(), s.job(desk.JobMail)) }},
	{name: "MailDelayed", roles: byItself, call: func(s *step) error { return s.Desk.MailDelayed(s.Context(), s.job(desk.JobMail), "451 later") }},
	{name: "MailFailed", roles: byItself, call: func(s *step) error { return s.Desk.MailFailed(s.Context(), s.job(desk.JobMail), "550 no such mailbox") }},
	{name: "JobUnknown", roles: byItself, call: func(s *step) error { return s.Desk.JobUnknown(s.Context(), s.job("from-the-future")) }},
	{name: "ClaimJob", roles: byItself, call: func(s *step) error {
		_, err := s.Desk.ClaimJob(s.Context(), "machine")
		return err
	}},
	{name: "AskCustody", roles: byItself, call: func(s *step) error { return s.Desk.AskCustody(s.Context()) }},
	{name: "DropPendingCodes", roles: byItself, call: func(s *step) error {
		_, err := s.Desk.DropPendingCodes(s.Context())
		return err
	}},
	{name: "EraseFactors", roles: byItself, call: func(s *step) error { return s.Desk.EraseFactors(s.Context()) }},
	{name: "SweepThrottles", roles: byItself, call: func(s *step) error { return s.Desk.SweepThrottles(s.Context()) }},
	{name: "DigestUnproved", roles: byItself, call: func(s *step) error { return s.Desk.DigestUnproved(s.Context()) }},
}

// work does what is due now as the worker does it, at most three jobs.
func (s *step) work() error {
	for range 3 {
		j, err := s.Desk.ClaimJob(s.Context(), "worker")
		if err != nil {
			return err
		}
		switch j.Kind {
		case desk.JobMail:
			err = s.Desk.MailAccepted(s.Context(), j)
		case desk.JobExecute:
			err = s.Desk.ExecuteReset(s.Context(), j)
		case desk.JobClimb:
			err = s.Desk.Climb(s.Context(), j)
		case desk.JobMailCode:
			err = s.Desk.MailCode(s.Context(), j)
		case desk.JobWarn:
			err = s.Desk.WarnLoss(s.Context(), j)
		case desk.JobOrder:
			err = s.Desk.FinishReset(s.Context(), j, directory.Outcome{Local: true}, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
