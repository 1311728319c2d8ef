package recovery

// errClaim is the one answer to every reference that this browser cannot claim:
// unknown, claimed by another browser, ended (R40).
var errClaim = Refuse("reference-unknown", "This reference cannot be used here.",
	"Check it with your help desk. They can give you a new one.").On("reference")

// NoClaim is the answer to a browser that holds no ticket, or no longer.
func NoClaim() *Refusal {
	return Refuse("no-claim", "This browser holds no recovery.", "Enter the reference that your help desk gave you.")
}

// MayClaim refuses a ticket that is not waiting for a browser: one text for
// every cause.
func MayClaim(t Ticket, now int64) error {
	if t.State != Proofing || t.ClaimHash != "" || t.Self() || now >= t.Due {
		return errClaim
	}
	return nil
}

// UnknownReference is MayClaim's answer when there is no such ticket.
func UnknownReference() *Refusal { return errClaim }

// ClaimLive says whether the claimed browser still holds the ticket: 60 minutes
// without use end it while proofs are taken; while a request waits, its window
// runs or the holder is collecting, the ticket's own deadlines rule
// (policy-defaults, "Freshness"), as they do while it is parked.
func ClaimLive(t Ticket, f FreshRule, seen, now int64) bool {
	switch t.State {
	case Proofing, Held:
		return t.ClaimHash != "" && (t.Parked() || now-max(seen, t.Claimed, t.Returned) < f.Claim.Micros)
	case WaitingApproval, Approved, Executing, Collecting:
		return t.ClaimHash != ""
	}
	return false
}

// MayType refuses a proof that does not come from the browser that holds the
// ticket, or comes after the ticket's time.
func MayType(t Ticket, f FreshRule, seen, now int64) error {
	switch {
	case t.Parked():
		return Refuse("parked", "This recovery is parked until "+UTC(t.Due)+".", "The holder goes on with it by the continuation code, in this browser.")
	case t.State == Held:
		return Refuse("held", "This recovery is on hold until "+UTC(t.Due)+".", "The help desk goes on with it.")
	case t.ClaimHash == "":
		return Refuse("unclaimed", "No browser holds this ticket yet.", "The holder enters the reference on the recovery page first.")
	case t.State.Resting() || t.State == Frozen:
		return Refuse("wrong-state", "This recovery is "+t.State.Words()+", so nothing can be entered here.", "Your help desk says how to go on.")
	case !ClaimLive(t, f, seen, now):
		return Refuse("claim-idle", "The recovery page was not used for "+f.Claim.Words()+", so it holds this ticket no longer.",
			"The help desk releases the claim and gives out a new reference.")
	case now >= t.Due:
		return Refuse("ticket-expired", "The time for this recovery ended at "+UTC(t.Due)+".", "The help desk opens a new ticket.")
	}
	return nil
}

// MayRelease refuses to release a claim that does not exist, and any release
// once the reset is executed: the old factors are suspended by then, and what
// the claimed browser does not collect lapses by itself.
func MayRelease(t Ticket) error {
	switch {
	case t.Self():
		return Refuse("self-service", "The holder opened this ticket on the public pages; its claim cannot be released.",
			"Withdraw it and open a ticket for the holder.")
	case t.State != Proofing && t.State != Held && t.State != WaitingApproval && t.State != Approved:
		return Refuse("wrong-state", "The ticket is "+t.State.Words()+", so its claim cannot be released.",
			"When its time is over, open a new ticket; proofing and approval start again.")
	case t.ClaimHash == "":
		return Refuse("unclaimed", "No browser holds this ticket.", "The holder enters the reference on the recovery page.")
	}
	return nil
}
