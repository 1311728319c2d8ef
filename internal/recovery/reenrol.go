package recovery

import "strings"

// DueReEnrol is what the deadline of a ticket is about whose access is over or
// weaker than its row asks: the holder enrols a sign-in method of the row's
// strength until then. Such a ticket stands in nobody's way: the new method may
// come by another ticket.
const DueReEnrol = "re-enrol"

// ReEnrolment is the duty that an artefact leaves (R12, R21): a new sign-in method
// of the strength that the population asks for, by a deadline. At half-time holder
// and manager are told; when the deadline passes, the account is locked.
type ReEnrolment struct {
	Ticket, Account string
	Strength        string // as the policy words it (PopulationRule.NewFactor)
	Began, Due      int64
	Chased          int64  // when holder and manager were told at half-time
	Met             int64  // when a method of the strength was enrolled
	Factor          string // which one
	Ended           int64  // when it came to nothing
	Why             string
}

// ReEnrolMissed is why a duty, and the ticket that it came from, came to nothing
// when the deadline passed.
const ReEnrolMissed = "re-enrolment-missed"

// Open says whether the duty still waits.
func (r ReEnrolment) Open() bool { return r.Met == 0 && r.Ended == 0 }

// Half is when holder and manager are told.
func (r ReEnrolment) Half() int64 { return r.Began + (r.Due-r.Began)/2 }

// Chases says whether holder and manager are to be told now.
func (r ReEnrolment) Chases(now int64) bool {
	return r.Open() && r.Chased == 0 && now >= r.Half() && now < r.Due
}

// Missed says whether the deadline passed without a new sign-in method.
func (r ReEnrolment) Missed(now int64) bool { return r.Open() && now >= r.Due }

// Attested says whether keys of this strength must be bound to one device and
// vouched for by their maker.
func Attested(strength string) bool { return strings.Contains(strength, "attested") }

// Reaches says whether a sign-in method has the strength that policy words.
func (f Factor) Reaches(strength string) bool {
	if f.Kind != Passkey || !f.Live() {
		return false
	}
	return !Attested(strength) || f.Attestation != "" && !f.BackupEligible
}

// LivePass says whether the ticket gives access now that one act can end (R20).
func (t Ticket) LivePass(now int64) bool {
	return t.Tier == Pass && t.State == Collecting && t.DueWhat != DueReEnrol && now < t.Due
}

// MayRevoke refuses to revoke what is not live.
func MayRevoke(t Ticket, now int64) error {
	if t.LivePass(now) {
		return nil
	}
	return Refuse("pass-over", "This Pass is over already, so there is nothing to revoke.", "Reload the page to see which are live.")
}

// MayRevokeAs refuses everybody but administrators and people of security.
func MayRevokeAs(s Staff, now int64) error {
	if s.Has(Administrator, now) || s.In(SecurityGroup) {
		return nil
	}
	return Refuse("not-security", "Only an administrator or somebody of the group security revokes a Pass.", "The Staff page says who they are.")
}
