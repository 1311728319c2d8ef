package recovery

import (
	"slices"
	"strings"
)

// Threat is raised-threat mode: everything becomes stricter for a while, open
// tickets included (R25). One person of security switches it on with a key; a
// second one's key lets it last longer. Nobody switches it off: it ends by itself.
type Threat struct {
	ID, By, Reason string
	Began, Ends    int64
	Extended       int64  // when a second person's key made it longer, 0 when none did
	Proposal       string // that extended it
	Warned         int64  // when security was told that it ends soon
	Ended          int64
}

// Limits of raised-threat mode beside those of the policy. Ours.
const (
	// ThreatWarning is how long before its end security is told.
	ThreatWarning = Hour
	// ThreatOverrun is how long after its end it waits for staffed hours.
	ThreatOverrun = 12 * Hour
)

// On says whether the mode is on now. It outlasts its end until somebody is
// there, and not for longer than ThreatOverrun, whatever the sweep does.
func (t Threat) On(now int64) bool { return t.ID != "" && t.Ended == 0 && now < t.last() }

func (t Threat) last() int64 { return t.Ends + ThreatOverrun }

// Warns says whether security is to be told now that the mode ends soon.
func (t Threat) Warns(now int64) bool {
	return t.Ended == 0 && t.Warned == 0 && now >= t.Ends-ThreatWarning
}

// Over says whether the mode ends now: its time is over, the warning was an hour
// ago, and somebody is on shift, or it waited twelve hours for that.
func (t Threat) Over(now int64, staffed bool) bool {
	if t.Ended != 0 || t.Warned == 0 || now < t.Ends || now < t.Warned+ThreatWarning {
		return false
	}
	return staffed || now >= t.last()
}

// In says whether the person belongs to a group. Security is of the house: nobody
// of a supplier is in it, whatever the roster says.
func (s Staff) In(group string) bool {
	return slices.Contains(s.Groups, group) && (group != SecurityGroup || !s.Outsourced)
}

// MayRaise refuses everybody outside of security, and a mode that is on already.
func MayRaise(s Staff, on Threat, now int64) error {
	switch {
	case !s.In(SecurityGroup):
		return Refuse("not-security", "Only somebody of the group security switches raised-threat mode on.", "An administrator sees on the Staff page who is in it.")
	case on.On(now):
		return Refuse("threat-on", "Raised-threat mode is on already, until "+UTC(on.Ends)+".", "A second person of security can let it last longer.")
	}
	return nil
}

// MayExtend refuses to lengthen what is not on, and twice.
func MayExtend(on Threat, hours int64, longest Duration, now int64) error {
	switch {
	case !on.On(now):
		return Refuse("threat-off", "Raised-threat mode is not on.", "Somebody of security switches it on first.")
	case on.Extended != 0:
		return Refuse("threat-extended", "Raised-threat mode was made longer already, until "+UTC(on.Ends)+".", "When it has ended, it can be switched on again.")
	case hours < 1 || hours*Hour > longest.Micros:
		return Refuse("threat-hours", "Two people let it last for at most "+longest.Words()+" from its beginning.", "Give the hours from its beginning.").On("hours")
	case on.Began+hours*Hour <= on.Ends:
		return Refuse("threat-hours", "It lasts until "+UTC(on.Ends)+" already.", "Give more hours.").On("hours")
	}
	return nil
}

// ThreatDomain labels the signed bytes of switching the mode on.
const ThreatDomain = "countersign/threat/v1"

// ThreatStatement is what a person of security reads and signs.
type ThreatStatement struct {
	RPID   string
	Demo   bool
	Person Person
	For    Duration
	Reason string
}

// Text is the canonical encoding.
func (s ThreatStatement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(ThreatDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("switch-on", "raised-threat mode, for "+s.For.Words())
	for _, e := range ThreatEffects {
		line("effect", e)
	}
	line("person-id", s.Person.ID)
	line("person-name", Quote(s.Person.Name))
	line("reason", Quote(s.Reason))
	return b.String()
}

// ThreatEffects are what the mode does, as pages and the statement say it.
var ThreatEffects = []string{
	"Proofing at the desk is raised by one level, or one more approver signs, in open tickets too.",
	"No Pass is issued; those that are live are listed for revocation.",
	"The recovery pages take no codes; a holder with another passkey signs in with it.",
	"It ends by itself, in staffed hours and after a warning.",
}
