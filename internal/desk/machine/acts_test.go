package machine

import (
	"slices"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// act is one line of the table of acts.
type act struct {
	name  string // of the desk's method
	roles []role // who calls it
	may   []role // who can ever be answered with anything but a refusal; nil: all of them
	// after are the columns of time that it may move to later: its own business.
	after []string
	// leaves are the tables that a refusal of it may change: what was spent,
	// counted, or ended by the last of so many wrong tries.
	leaves []string
	call   func(*step) error
}

// table is every act of the walk.
var table = slices.Concat(ticketActs, proofActs, approvalActs, methodActs, selfActs, holderActs, staffActs, eventActs, jobActs)

// failing is what a refusal that ends a ticket leaves.
var failing = []string{"tickets", "tries", "evidence", "issued_codes", "approvals", "attempts", "notices", "letters", "stops", "counters", "sessions"}

// counted is what a wrong try of a stranger leaves, beside the throttle.
var counted = []string{"notices", "stops", "code_sets", "meta"}

// proofDues: the first proof gives its run an hour, the next workflow another.
var proofDues = []string{"due"}

var ticketActs = []act{
	{name: "OpenTicket", roles: everybody, may: desks, call: func(s *step) error {
		in := desk.NewTicket{Account: s.account(), Event: recovery.DeviceLoss, Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked, Mail: recovery.Elsewhere},
			Intake: recovery.ByPhone, Source: "+44 20 7946 0999", Reason: s.words()}
		if s.bent("event") > 0 {
			in.Event = recovery.Events[s.pick(len(recovery.Events), "which event")]
		}
		t, err := s.Desk.OpenTicket(s.Context(), s.actor, in)
		if err == nil {
			s.goesOn(in.Account, t)
		}
		return err
	}},
	{name: "ClaimTicket", roles: public, call: func(s *step) error {
		secret, err := s.Desk.ClaimTicket(s.Context(), s.actor, s.ref())
		return s.keep(err, func() { s.claims(secret) })
	}},
	{name: "ReleaseClaim", roles: everybody, may: desks, after: proofDues, call: func(s *step) error {
		t, err := s.Desk.ReleaseClaim(s.Context(), s.actor, s.ref(), s.words())
		return s.keep(err, func() { s.of(t.ID, func(o *subject) { o.reference = t.Reference }) })
	}},
	{name: "WithdrawClaimed", roles: public, call: func(s *step) error { return s.Desk.WithdrawClaimed(s.Context(), s.actor, s.claimSecret()) }},
	{name: "WithdrawTicket", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.WithdrawTicket(s.Context(), s.actor, s.ref(), s.words()) }},
	{name: "HoldTicket", roles: everybody, may: desks, call: func(s *step) error {
		return s.Desk.HoldTicket(s.Context(), s.actor, s.ref(), s.words(), []int64{recovery.Hour, 0, -recovery.Hour, 400 * recovery.Day}[s.bent("life")])
	}},
	{name: "ResumeTicket", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.ResumeTicket(s.Context(), s.actor, s.ref()) }},
	{name: "ParkTicket", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.ParkTicket(s.Context(), s.actor, s.ref(), s.words()) }},
	{name: "ShowContinuation", roles: public, call: func(s *step) error {
		code, err := s.Desk.ShowContinuation(s.Context(), s.actor, s.claimSecret())
		return s.keep(err, func() { s.shown(code) })
	}},
	{name: "ContinueTicket", roles: public, leaves: failing, call: func(s *step) error {
		own := s.text("continuation", s.s.continuation, func(o *subject) string { return o.continuation }, noContinuation)
		return s.Desk.ContinueTicket(s.Context(), s.actor, s.claimSecret(), own)
	}},
	{name: "ComeBack", roles: public, call: func(s *step) error { return s.Desk.ComeBack(s.Context(), s.actor, s.claimSecret()) }},
	{name: "Pressured", roles: everybody, may: desks, after: proofDues, call: func(s *step) error { return s.Desk.Pressured(s.Context(), s.actor, s.ref()) }},
	{name: "TakeLease", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.TakeLease(s.Context(), s.actor, s.ref(), s.words()) }},
	{name: "HandOver", roles: everybody, may: desks, call: func(s *step) error {
		to := append(slices.Clone(agents), "", reviewer, s.s.account)
		return s.Desk.HandOver(s.Context(), s.actor, s.ref(), to[s.pick(len(to), "to whom")], s.words())
	}},
	{name: "AddNote", roles: everybody, may: []role{worksIt, colleague, approver, reviews}, call: func(s *step) error {
		return s.Desk.AddNote(s.Context(), s.actor, s.ref(), s.words())
	}},
	{name: "SaveDraft", roles: everybody, may: []role{worksIt, colleague, approver, reviews}, call: func(s *step) error {
		_, err := s.Desk.SaveDraft(s.Context(), s.actor, s.ref(), s.words())
		return err
	}},
	{name: "AddSignal", roles: everybody, may: desks, call: func(s *step) error {
		in := recovery.Signal{Topic: recovery.Topics[0], Knew: recovery.DidKnow, Note: s.words()}
		if s.bent("signal") > 0 {
			in = recovery.Signal{}
		}
		return s.Desk.AddSignal(s.Context(), s.actor, s.ref(), in)
	}},
	{name: "TickLetter", roles: everybody, may: []role{worksIt, colleague, reviews}, call: func(s *step) error {
		return s.Desk.TickLetter(s.Context(), s.actor, s.ref(), s.letter())
	}},
	{name: "Review", roles: everybody, may: []role{reviews}, call: func(s *step) error {
		f := []recovery.Finding{recovery.FindingOK, recovery.FindingConcern, "", "perhaps"}[s.bent("finding")]
		return s.Desk.Review(s.Context(), s.actor, s.ref(), f, s.words())
	}},
	{name: "CloseTicket", roles: everybody, may: []role{worksIt, colleague, reviews}, call: func(s *step) error {
		return s.Desk.CloseTicket(s.Context(), s.actor, s.ref())
	}},
	{name: "ExpireTicket", roles: byItself, call: func(s *step) error { return s.Desk.ExpireTicket(s.Context(), s.ticketID()) }},
	{name: "CollectingLapse", roles: byItself, after: []string{"due"}, call: func(s *step) error { return s.Desk.CollectingLapse(s.Context(), s.ticketID()) }},
	{name: "Stop", roles: public, call: func(s *step) error {
		own := s.text("stop link", last(s.s.stops), func(o *subject) string { return last(o.stops) }, noSecret)
		return s.Desk.Stop(s.Context(), s.actor, own)
	}},
	{name: "StopByCode", roles: public, leaves: counted, call: func(s *step) error {
		own := s.text("stop code", last(s.s.stopCodes), func(o *subject) string { return last(o.stopCodes) }, "K7QP2-M9X4T")
		return s.Desk.StopByCode(s.Context(), s.actor, own)
	}},
}

var proofActs = []act{
	{name: "SendCode", roles: everybody, may: desks, call: func(s *step) error {
		id, m := s.stage()
		err := s.Desk.SendCode(s.Context(), s.actor, s.ref(), id, m, s.address())
		return s.keep(err, s.read)
	}},
	{name: "EnterCode", roles: public, after: proofDues, leaves: failing, call: func(s *step) error {
		return s.Desk.EnterCode(s.Context(), s.actor, s.claimSecret(), s.digits())
	}},
	{name: "EnterPassword", roles: public, after: proofDues, leaves: failing, call: func(s *step) error {
		return s.Desk.EnterPassword(s.Context(), s.actor, s.claimSecret(), s.password())
	}},
	{name: "Compare", roles: everybody, may: desks, after: proofDues, call: func(s *step) error {
		id, m := s.stage()
		in := recovery.Comparison{Record: "HR-0042", Outcome: recovery.Match, Badge: true, Site: "Room 12", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
		if !recovery.GuideOf(m).Document {
			in.Document = recovery.Document{}
		}
		switch s.bent("seen") {
		case 1:
			in.Outcome = recovery.NoMatch
		case 2:
			in = recovery.Comparison{}
		}
		return s.Desk.Compare(s.Context(), s.actor, s.ref(), id, m, in)
	}},
	{name: "NotPossible", roles: everybody, may: desks, after: proofDues, call: func(s *step) error {
		id, m := s.stage()
		return s.Desk.NotPossible(s.Context(), s.actor, s.ref(), id, m, s.words())
	}},
	{name: "FailProofing", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.FailProofing(s.Context(), s.actor, s.ref(), s.words()) }},
}

var approvalActs = []act{
	{name: "AskApproval", roles: everybody, may: desks, call: func(s *step) error {
		_, err := s.Desk.AskApproval(s.Context(), s.actor, s.ref(), s.words())
		return err
	}},
	{name: "WithdrawRequest", roles: everybody, may: desks, call: func(s *step) error { return s.Desk.WithdrawRequest(s.Context(), s.actor, s.ref()) }},
	{name: "BeginApproval", roles: everybody, may: []role{approver}, call: func(s *step) error {
		_, err := s.Desk.BeginApproval(s.Context(), s.actor, s.approval(), s.decision(), s.words())
		return err
	}},
	{name: "Approve", roles: everybody, may: []role{approver}, leaves: []string{"staff_keys"}, call: func(s *step) error {
		id, d := s.approval(), s.decision()
		a := s.answer(s.actor.Person, func() (desk.Touch, error) { return s.Desk.BeginApproval(s.Context(), s.actor, id, d, s.words()) }, false)
		if s.bent("decided") == 1 {
			d = s.decision()
		}
		_, err := s.Desk.Approve(s.Context(), s.actor, desk.Decide{Approval: id, Decision: recovery.Decision(d), Answer: a})
		return err
	}},
	{name: "ExpireApproval", roles: byItself, call: func(s *step) error { return s.Desk.ExpireApproval(s.Context(), s.approval()) }},
	{name: "ExpireApproved", roles: byItself, call: func(s *step) error { return s.Desk.ExpireApproved(s.Context(), s.ticketID()) }},
	{name: "SweepApprovals", roles: byItself, call: func(s *step) error { return s.Desk.SweepApprovals(s.Context()) }},
}

var selfActs = []act{
	{name: "PresentCode", roles: public, leaves: counted, call: func(s *step) error {
		in := desk.PresentCode{Account: s.account(), Code: s.backup(), Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}}
		if s.bent("facts") == 1 {
			in.Facts = recovery.Facts{Device: recovery.Stolen, Lock: recovery.Unlocked}
		}
		secret, err := s.Desk.PresentCode(s.Context(), s.actor, in)
		return s.keep(err, func() { s.presented(in, secret) })
	}},
	{name: "AskMailCode", roles: public, call: func(s *step) error {
		f := recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}
		if s.bent("facts") == 1 {
			f.Lock = recovery.Unlocked
		}
		secret, err := s.Desk.AskMailCode(s.Context(), s.actor, s.account(), f)
		return s.keep(err, func() { s.s.mailed = secret })
	}},
	{name: "PresentMailCode", roles: public, leaves: append([]string{"tries", "issued_codes"}, counted...), call: func(s *step) error {
		secret := s.text("mailed", s.s.mailed, func(o *subject) string { return o.mailed }, noSecret)
		s.read()
		err := s.Desk.PresentMailCode(s.Context(), s.actor, secret, s.digits(), "")
		return s.keep(err, func() { s.mailedIn(secret) })
	}},
	{name: "PresentPassword", roles: public, leaves: failing, call: func(s *step) error {
		return s.Desk.PresentPassword(s.Context(), s.actor, s.attemptSecret(), s.password())
	}},
	{name: "StartRecovery", roles: public, after: []string{"due"}, call: func(s *step) error {
		token, err := s.Desk.StartRecovery(s.Context(), s.actor, s.attemptSecret())
		return s.keep(err, func() { s.opensSession(token) })
	}},
	{name: "SendFreshCode", roles: public, call: func(s *step) error {
		err := s.Desk.SendFreshCode(s.Context(), s.actor, s.claimSecret(), s.address())
		return s.keep(err, s.read)
	}},
	{name: "EnterFreshCode", roles: public, after: []string{"due"}, leaves: failing, call: func(s *step) error {
		token, err := s.Desk.EnterFreshCode(s.Context(), s.actor, s.claimSecret(), s.digits())
		return s.keep(err, func() { s.opensSession(token) })
	}},
	{name: "OpenRecovery", roles: public, after: []string{"due"}, call: func(s *step) error {
		token, err := s.Desk.OpenRecovery(s.Context(), s.actor, s.claimSecret())
		return s.keep(err, func() { s.opensSession(token) })
	}},
	{name: "BeginEnrol", roles: public, call: func(s *step) error {
		_, err := s.Desk.BeginEnrol(s.Context(), s.recoverySession(), desktest.NewPassword)
		return err
	}},
	{name: "Enrol", roles: public, after: []string{"due"}, call: func(s *step) error {
		row := s.recoverySession()
		a := s.answer("", func() (desk.Touch, error) { return s.Desk.BeginEnrol(s.Context(), row, desktest.NewPassword) }, true)
		_, err := s.Desk.Enrol(s.Context(), row, s.actor.IP, "New passkey", a)
		return err
	}},
	{name: "ReportLoss", roles: public, leaves: append([]string{"loss_reports"}, counted...), call: func(s *step) error {
		in := desk.ReportLoss{Account: s.account(), What: []string{string(recovery.LostDevice), string(recovery.Intruder), "", "?"}[s.bent("loss")]}
		if s.pick(2, "with a code") == 1 {
			in.Code = s.backup()
		}
		return s.Desk.ReportLoss(s.Context(), s.actor, in)
	}},
}
