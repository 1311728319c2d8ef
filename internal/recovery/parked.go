package recovery

import (
	"slices"
	"strconv"
	"strings"
)

// A parked ticket is held with an end: it was proofed, nobody can decide or its
// holder must leave, and the account stays locked meanwhile. The holder goes on
// with it in the claimed browser by a continuation code (SP 800-63A-4 §3.9), then
// gives one fresh proof over a channel that the ticket has not used; approval is
// asked for anew (policy-defaults, "Freshness").

// DueParked is the end of a parked ticket.
const DueParked = "parked"

// SlotContinuation counts wrong continuation codes.
const SlotContinuation Slot = "continuation"

// Parked says whether the ticket waits for its holder while the account is locked.
func (t Ticket) Parked() bool { return t.State == Held && t.DueWhat == DueParked }

// ParkEnd is when a parking that begins now ends: so long after the first one.
// Parking again leads no further.
func (t Ticket) ParkEnd(f FreshRule, now int64) int64 {
	if t.FirstParked != 0 {
		return f.Parked.After(t.FirstParked)
	}
	return f.Parked.After(now)
}

// MayPark refuses to park what was not proofed whole, what the holder opened, and
// a ticket whose time to be parked is used up. A request that waits was made
// within its proofs, so they counted then.
func MayPark(t Ticket, w Workflow, all []Evidence, p Policy, r Ruling, now int64) error {
	switch {
	case t.Self():
		return Refuse("self-service", "The holder opened this ticket on the public pages; it cannot be parked.", "It ends by itself.")
	case t.State != Proofing && t.State != WaitingApproval:
		return MayMove(t.State, Held)
	case now >= t.ParkEnd(p.Fresh, now):
		return Refuse("park-over", "This ticket was parked before; that time ended at "+UTC(t.ParkEnd(p.Fresh, now))+".", "Open a new ticket when the holder can stay.")
	case t.State == WaitingApproval:
		return nil
	}
	return MayRequest(t, w, all, p, r, now)
}

// MayShowContinuation refuses a second showing of the code, and any where nothing
// is parked.
func MayShowContinuation(t Ticket, now int64) error {
	if err := MayContinue(t, now); err != nil {
		return err
	}
	if t.Continuation != "" {
		return Refuse("continuation-shown", "The continuation code of this recovery was shown already; it is shown once.",
			"Enter it when you come back. If you did not keep it, your help desk starts again with you from the beginning.")
	}
	return nil
}

// MayContinue refuses to go on with a ticket that is not parked, or no longer.
func MayContinue(t Ticket, now int64) error {
	switch {
	case !t.Parked():
		return Refuse("not-parked", "This recovery is not parked.", "Reload this page to see where it stands.")
	case now >= t.Due:
		return Refuse("park-over", "The time to go on with this recovery ended at "+UTC(t.Due)+".", "Your help desk opens a new one.")
	}
	return nil
}

// AccountParked is the answer to a sign-in while the account is locked: who helps,
// where and when (R60).
func AccountParked(t Ticket, desk InPerson) *Refusal {
	return Refuse("account-parked", "This account is locked until "+UTC(t.Due)+", because its recovery is parked.",
		"Go on with the recovery in the browser that you began it in, with your continuation code. If you did not ask for it, follow the link \"this was not me\" in the message about it. Otherwise: "+desk.Words())
}

// returnStep names the fresh proofs of a parked ticket: each time its own.
const returnStep = "return-"

// returning are the methods of the fresh proof: those that show that the person is
// there, or has something that nobody else has. What is known shows neither.
var returning = []Method{ByMailCode, BySMSCode, ByCallBack, ByBackupCode, ByAuthenticator, ByVoucher, ByVideo, InPersonBadge, ByCheck}

// For is the workflow as this ticket goes by it: with a fresh proof for each time
// that the ticket was parked and its holder came back, and the last one once the
// desk's recovery is executed (R40).
func (w Workflow) For(t Ticket) Workflow {
	last := t.State == Collecting && !t.Self()
	if t.Returns == 0 && !last {
		return w
	}
	w.Steps = slices.Clone(w.Steps)
	for n := int64(1); n <= t.Returns; n++ {
		w.Steps = append(w.Steps, Step{ID: StepID(returnStep + strconv.FormatInt(n, 10)), Title: "A fresh proof after parking", Methods: returning})
	}
	if last {
		w.Steps = append(w.Steps, lastStep)
	}
	return w
}

// returns says whether the step is the fresh proof of a ticket that was parked.
func (id StepID) returns() bool { return strings.HasPrefix(string(id), returnStep) }

// lasts says whether a proof counts whatever its age: it was fresh when the ticket
// was parked, and the fresh proof stands for it now.
func (t Ticket) lasts(e Evidence) bool { return e.At < t.Returned }

// Counting says whether a proof of the ticket's run still counts.
func (t Ticket) Counting(e Evidence, f FreshRule, now int64) bool {
	return t.lasts(e) || e.Fresh(f, now)
}

// Carriers are the addresses that a mailed code of a step can go to.
func Carriers(all []Address, around Circumstances, id StepID, proofs []Evidence) []Address {
	usable, last := Usable(all, around), LastChannels(all, around)
	return slices.DeleteFunc(slices.Clone(usable), func(a Address) bool {
		return MayCarry(a.ID, usable, last, proofs) != nil || MayComeAgain(Evidence{Step: id, Channel: a.ID}, proofs) != nil
	})
}

// ParkedRisk is what an approver must know of a ticket that was parked, "" of
// any other.
func (t Ticket) ParkedRisk() string {
	if t.Returned == 0 {
		return ""
	}
	return "This ticket was parked. Its holder went on with it at " + UTC(t.Returned) + "; proofs from before are older than usual."
}
