package machine

import (
	"context"
	"crypto/rand"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// longAgo are tickets whose time is over: they lapsed, expired, were closed.
func (f *furniture) longAgo() {
	for _, id := range []string{"lapsed", "lapsed-too"} {
		s := f.collecting(id)
		f.Clock.Add(desktest.CollectingLife)
		f.ok(f.Desk.CollectingLapse(f.Context(), s.ticket))
	}
	expired := f.claimed("expired", 1)
	f.Clock.Add(desktest.ProofFresh)
	f.ok(f.Desk.ExpireTicket(f.Context(), expired.ticket))
	closed := f.recovered("closed")
	f.looked(closed)
	f.letters(closed)
	f.ok(f.Desk.CloseTicket(f.Context(), desk.Actor{Kind: desk.StaffAct, Person: reviewer}, closed.reference))
}

// looked is reviewed, where a review was drawn.
func (f *furniture) looked(s *subject) {
	f.Helper()
	if f.now(s).ReviewDue != 0 {
		f.ok(f.Desk.Review(f.Context(), desk.Actor{Kind: desk.StaffAct, Person: reviewer}, s.reference, recovery.FindingOK, ""))
	}
}

func (f *furniture) letters(s *subject) {
	for _, l := range must(f.Store.View().Letters(f.Context(), s.ticket)) {
		f.ok(f.Desk.TickLetter(f.Context(), f.agent, s.reference, l.ID))
	}
}

// atRest are tickets that came to nothing.
func (f *furniture) atRest() {
	_, a := f.asked("denied")
	_, err := f.Sign(desk.Actor{Kind: desk.StaffAct, Person: approvers[0]}, a.ID, recovery.Deny)
	f.ok(err)
	failed := f.claimed("failed", 1)
	f.ok(f.Desk.FailProofing(f.Context(), f.agent, failed.reference, "The caller gave up"))
	withdrawn := f.claimed("withdrawn", 1)
	f.ok(f.Desk.WithdrawTicket(f.Context(), f.agent, withdrawn.reference, "Found the phone"))
	frozen := f.claimed("frozen", 1)
	f.ok(f.Desk.Stop(f.Context(), desktest.Guest, f.StopLink(frozen.ticket)))
	stopped := f.recovered("stopped")
	f.ok(f.Desk.Stop(f.Context(), desktest.Guest, f.StopLink(stopped.ticket)))
}

// reviews are recoveries that were completed and are looked at.
func (f *furniture) reviews() {
	f.recovered("review")
	f.looked(f.recovered("reviewed"))
	self := f.account("self-closed")
	t := f.Recovered(self.account, parsed(self.backup[0]))
	self.ticket, self.reference = t.ID, t.Reference
}

// ofToday are the desk tickets that somebody works on.
func (f *furniture) ofToday() {
	f.enrolling("enrolling")
	f.collecting("collecting")
	for _, id := range []string{"executing", "executing-too", "executing-still"} {
		f.executing(id)
	}
	f.approved("approved-told")
	long := f.approved("approved-awaited")
	f.mails()
	f.SQLExec(`UPDATE tickets SET window_ends = notice_accepted + 7200000000 WHERE id = '` + long.ticket + `'`)
	f.approved("approved")
	f.asked("waiting")
	f.asked("waiting-too")
	f.ok(f.Desk.HoldTicket(f.Context(), f.agent, f.claimed("held", 1).reference, "The caller fetches a document", recovery.Day))
	parked := f.claimed("parked", -1)
	f.ok(f.Desk.ParkTicket(f.Context(), f.agent, parked.reference, "Nobody can decide before Monday"))
	var err error
	parked.continuation, err = f.Desk.ShowContinuation(f.Context(), desktest.Guest, parked.claim)
	f.ok(err)
	f.opened("open")
	f.opened(manager)
	f.claimed("proofing", 0)
	f.claimed("proofed", -1)
}

// others are self-service, the other populations, and the colleague's own account.
func (f *furniture) others() {
	attempt := f.account("attempt")
	var err error
	attempt.attempt, err = f.Present(attempt.account, parsed(attempt.backup[0]))
	f.ok(err)
	pair := f.account("pair")
	pair.attempt, err = f.Present(pair.account, parsed(pair.backup[0]))
	f.ok(err)
	f.ok(f.Desk.PresentPassword(f.Context(), desktest.Guest, pair.attempt, desktest.Password))
	for _, p := range []recovery.Population{recovery.Privileged, recovery.Contractor} {
		f.asked("waiting-"+string(p), population(p))
		f.claimed("proofing-"+string(p), 1, population(p))
	}
	f.opened("colleague-account", func(a *recovery.Account) { a.Person = "colleague" })
	for _, s := range f.all {
		if s.continuation == "" { // a parked account signs nobody in
			f.signedIn(s)
		}
		if s.ticket == "" {
			all := must(f.Store.View().TicketsOf(f.Context(), s.account, 1))
			s.ticket, s.reference = all[0].ID, all[0].Reference
		}
	}
}

func population(p recovery.Population) func(*recovery.Account) {
	return func(a *recovery.Account) { a.Population = p }
}

// stops gives each ticket two messages with "this was not me": a link and a code.
func (f *furniture) stops() {
	for _, s := range f.all {
		s.stops = append(s.stops, f.StopLink(s.ticket))
		code, err := codes.NewStopCode(rand.Reader)
		f.ok(err)
		s.stopCodes = append(s.stopCodes, code)
		f.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddStop(ctx, store.Stop{TokenHash: "by-code-" + s.ticket, CodeHash: codes.HashStopCode(f.Desk.Keys.Pepper, code), Ticket: s.ticket,
				Account: s.account, Address: s.account + "-mail-1", Made: tx.Now(), Ends: tx.Now() + desktest.StopLife})
		})
	}
}
