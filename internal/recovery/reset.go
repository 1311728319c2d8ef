package recovery

import (
	"slices"
	"strconv"
	"time"
)

// MayExecute is the final gate: approved, opening notice accepted at an
// independent address, window over (R26, R29).
func MayExecute(t Ticket, now int64) error {
	switch {
	case t.State != Approved:
		return Refuse("wrong-state", "The ticket is "+t.State.Words()+", so nothing is executed.", "Reload the ticket to see where it stands.")
	case t.NoticeAccepted == 0:
		return Refuse("notice-pending", "The opening notice has not been accepted at an independent address yet.",
			"The reset waits until the holder can be told.")
	case now < t.WindowEnds:
		return Refuse("window-open", "The holder can object until "+UTC(t.WindowEnds)+".", "The reset runs by itself after that.")
	}
	return nil
}

// ParseUTC reads a moment as UTC writes it; ok is false for anything else.
func ParseUTC(text string) (at int64, ok bool) {
	when, err := time.Parse("2006-01-02 15:04:05 UTC", text)
	return when.UnixMicro(), err == nil
}

// ApprovalLapsed says whether an approved ticket can no longer be executed: its
// opening notice was not accepted in time, or its own deadline is over (R26).
func ApprovalLapsed(t Ticket, now int64) bool {
	return t.State == Approved && t.Due != 0 && now >= t.Due
}

// AfterTimeOut is where a ticket goes when nobody decided in time: back to
// proofing while its proofs still count, so that the agent may ask again;
// otherwise it has expired. Never forward (R15).
func AfterTimeOut(t Ticket, w Workflow, all []Evidence, p Policy, r Ruling, now int64) State {
	t.State = Proofing
	if MayRequest(t, w, all, p, r, now) == nil {
		return Proofing
	}
	return Expired
}

// ThisRun is the evidence that an approver sees: everything recorded in the
// ticket's current run that is not void, failures too.
func ThisRun(t Ticket, all []Evidence) []Evidence {
	return slices.DeleteFunc(slices.Clone(all), func(e Evidence) bool { return e.Run != t.Run || e.Void != 0 || e.Step == StepFresh })
}

// TakesAway says whether executing the ticket suspends what there was. A Pass
// leaves it: it bridges the time until a new sign-in method is enrolled. A binding
// leaves it until the new one works.
func (t Ticket) TakesAway() bool { return t.Artefact != PassSession && !t.Binds() }

// Grants is what the ticket gives, as pages and statements say it: session is how
// long its recovery session lasts, aal up to which assurance level a Pass is good.
func (t Ticket) Grants(session Duration, aal int64) string {
	if t.Binds() {
		return "a new passkey on another device, by a code that the holder carries from a signed-in screen and a number that comes back; the passkey that it replaces is retired when the new one works, after 7 days at the latest"
	}
	if t.Artefact == PassSession {
		return "a Pass: one session of " + session.Words() + " at most in the claimed browser, after one fresh proof, for low-risk work up to AAL" + strconv.FormatInt(aal, 10) + "; it cannot be renewed, and enrolling a new passkey ends it"
	}
	what := "a new passkey"
	switch t.Event {
	case FirstEnrolment:
		what = "the first passkey and the password"
	case SuspectedTakeover, AccountRebind:
		what = "a new passkey, and a password where none is left"
	}
	return "one recovery session of " + session.Words() + " in the claimed browser, after one fresh proof; it can only enrol " + what
}

// GoneWith are the factors that a reset takes away: every live passkey. The
// password was proved in the ticket and stays.
func GoneWith(factors []Factor) []Factor {
	return slices.DeleteFunc(slices.Clone(factors), func(f Factor) bool { return f.Kind != Passkey || !f.Live() })
}

// DecidingKeys are the keys that could sign a decision at a moment: confirmed,
// past their first 72 hours, not suspended by then (R28).
func DecidingKeys(keys []Key, at int64) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool {
		return k.Counted == 0 || k.Decides > at || k.Suspended != 0 && k.Suspended <= at
	})
}

// KeyQuality words what vouches for a person's keys, for the statement.
func KeyQuality(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Attestation)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	out := ""
	for i, a := range all {
		if i > 0 {
			out += " or "
		}
		out += a
	}
	return out
}
