package machine

import (
	"slices"

	"countersign/internal/recovery"
)

// onward is the call that takes a ticket further, by who should make it, with
// the right arguments: without it nothing would ever get through.
func (s *step) onward() {
	s.on(s.all[s.pick(len(s.all), "ticket")])
	s.straight = true
	name, by := s.due()
	i := slices.IndexFunc(table, func(a act) bool { return a.name == name })
	s.act, s.role = table[i], by
}

// due is what the ticket waits for.
func (s *step) due() (string, role) {
	switch s.t.State {
	case recovery.Proofing:
		return s.proofing()
	case recovery.Held:
		return s.held()
	case recovery.WaitingApproval:
		return "Approve", approver
	case recovery.Approved, recovery.Executing:
		return s.executes()
	case recovery.Collecting:
		return s.collects()
	case recovery.InReview:
		return s.reviewed()
	case recovery.Frozen:
		return "Lift", holder
	}
	if s.pick(2, "again") == 0 && len(s.s.backup) > 0 {
		return "PresentCode", stranger
	}
	return "OpenTicket", worksIt
}

func (s *step) proofing() (string, role) {
	if s.t.Self() {
		return "PresentPassword", stranger
	}
	if s.t.ClaimHash == "" {
		return "ClaimTicket", stranger
	}
	all := must(s.Store.View().Evidence(s.Context(), s.t.ID))
	open, _, done := workflowOf(s.Desk, s.t).Current(s.t.Run, all)
	switch {
	case done && s.pick(6, "nobody there") == 1:
		return "ParkTicket", worksIt
	case done:
		return "AskApproval", worksIt
	case s.pick(8, "not as usual") == 1:
		return []string{"NotPossible", "HoldTicket", "FailProofing"}[s.pick(3, "how else")], worksIt
	case open.By(recovery.ByMailCode) && s.s.digits != "" && s.pick(2, "typed") == 1:
		return "EnterCode", stranger
	case open.By(recovery.ByPassword):
		return "EnterPassword", stranger
	case open.By(recovery.ByMailCode):
		return "SendCode", worksIt
	}
	return "Compare", worksIt
}

func (s *step) held() (string, role) {
	switch {
	case !s.t.Parked():
		return "ResumeTicket", worksIt
	case s.t.Continuation == "":
		return "ShowContinuation", stranger
	}
	return "ContinueTicket", stranger
}

func (s *step) executes() (string, role) {
	switch now := s.Clock.Now(); {
	case s.t.State == recovery.Executing:
		return "FinishReset", system
	case s.t.NoticeAccepted == 0:
		return "MailAccepted", system
	case now < s.t.WindowEnds:
		return "the clock", system
	case s.t.DueWhat == recovery.DueReturn:
		return "ComeBack", stranger
	}
	return "ExecuteReset", system
}

func (s *step) collects() (string, role) {
	switch {
	case s.s.recovery != "" && s.pick(4, "enrol") != 3:
		return "Enrol", stranger
	case s.t.NoticeAccepted == 0:
		return "MailAccepted", system
	case s.t.Self():
		return "StartRecovery", stranger
	case s.s.digits != "" && s.pick(2, "typed") == 1:
		return "EnterFreshCode", stranger
	}
	all := must(s.Store.View().Evidence(s.Context(), s.t.ID))
	switch _, _, proved := workflowOf(s.Desk, s.t).Current(s.t.Run, all); {
	case proved:
		return "OpenRecovery", stranger
	case s.pick(4, "last proof") == 3:
		return "Compare", colleague
	}
	return "SendFreshCode", stranger
}

func (s *step) reviewed() (string, role) {
	if s.t.ReviewDue != 0 && s.t.Reviewed == 0 {
		return "Review", reviews
	}
	for _, l := range must(s.Store.View().Letters(s.Context(), s.t.ID)) {
		if l.Done == 0 {
			return "TickLetter", worksIt
		}
	}
	return "CloseTicket", reviews
}
