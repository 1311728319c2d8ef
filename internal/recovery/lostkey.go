package recovery

import "strings"

// SecondLookWithin is how soon what a lost key approved is reviewed again: one
// business day, like every row of the highest risk. Ours (S6).
var SecondLookWithin = Duration{Days: 1}

// LostDomain labels the signed bytes of a report that a key is lost.
const LostDomain = "countersign/key-lost/v1"

// LostStatement is the text that whoever reports a key signs: from when on what
// it approved is in doubt is part of it.
type LostStatement struct {
	RPID     string
	Demo     bool
	Key      Key
	Owner    Person
	Since    int64
	Reporter Person
}

// Text is the canonical encoding, built like Statement's.
func (s LostStatement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(LostDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("owner-id", s.Owner.ID)
	line("owner-name", Quote(s.Owner.Name))
	line("key-fingerprint", s.Key.Fingerprint)
	line("key-digest", s.Key.Digest)
	line("in-doubt-since", UTC(s.Since))
	line("reporter-id", s.Reporter.ID)
	line("reporter-name", Quote(s.Reporter.Name))
	return b.String()
}

// MayReport refuses a report by anybody but the owner or an administrator, and a
// moment that makes no sense (S6).
func MayReport(k Key, reporter Staff, since, now int64) error {
	switch {
	case reporter.Person.ID != k.Person && !reporter.Has(Administrator, now):
		return Refuse("not-your-key", "Only its owner or an administrator reports a key.", "Call an administrator.")
	case since > now:
		return Refuse("since-future", "The moment lies ahead of us.", "Say since when the key may have been in other hands.").On("since")
	case since < k.Added:
		return Refuse("since-early", "The key was registered at "+UTC(k.Added)+", so nothing was signed with it before.", "Give a later moment.").On("since")
	}
	return nil
}

// MayReportWith refuses to believe a report that the lost key itself signed.
func MayReportWith(lost, with Key) error {
	if lost.ID == with.ID {
		return Refuse("lost-key-itself", "You touched the key that you report, so it is in your hand.", "Touch another of your keys, or call an administrator.")
	}
	return nil
}

// AfterLoss says what becomes of a ticket that a lost key approved: what is not
// executed goes back, what is executed is reviewed again (S6).
func AfterLoss(t Ticket) (back, again bool) {
	switch t.State {
	case WaitingApproval, Approved, Executing:
		return true, false
	case Collecting, Lapsed, InReview, Closed:
		return false, true
	}
	return false, false
}
