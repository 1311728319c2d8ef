package recovery

import (
	"slices"
	"strings"
	"unicode"
)

// Role is what a member of staff may do.
type Role string

// The roles of the desk. A person may hold several.
const (
	Agent         Role = "agent"
	Approver      Role = "approver"
	Reviewer      Role = "reviewer"
	Auditor       Role = "auditor"
	Administrator Role = "administrator"
)

// Roles lists all roles in the order pages show them.
var Roles = []Role{Agent, Approver, Reviewer, Auditor, Administrator}

// ParseRole accepts a role id. Refusal "role-unknown" lists what exists.
func ParseRole(text string) (Role, error) {
	if slices.Contains(Roles, Role(text)) {
		return Role(text), nil
	}
	return "", Refuse("role-unknown", "There is no role \""+text+"\".",
		"Use agent, approver, reviewer, auditor or administrator.").On("role")
}

// Person is somebody of the directory. Separation of duties compares persons,
// never logins (R23).
type Person struct {
	ID, Name, Email, Manager, Department string
	FirstSeen                            int64
}

// Staff is a person's standing at the desk.
type Staff struct {
	Person     Person
	Invited    int64
	Disabled   int64
	DisabledBy string
	Roles      []Grant
	Groups     []string
	// Above are the managers over the person, nearest first, as far as
	// ReportingHops reach. Wrong data may name somebody twice.
	Above []string
	// Outsourced says that a group of the person belongs to a supplier: the person
	// is an agent and nothing else, for accounts of the departments in Scope.
	Outsourced bool
	Scope      []string
	// Unconfirmed says that the person acts with a key that no second
	// administrator confirmed: no role counts then (R28).
	Unconfirmed bool
}

// Grant is one role of one person. It counts from Counts on (R28); zero means
// that no second administrator has confirmed the person's key yet.
type Grant struct {
	Role    Role
	Granted int64
	By      string
	Counts  int64
	Ended   int64
}

// Has says whether the person holds a role that counts now.
func (s Staff) Has(role Role, now int64) bool {
	if s.Disabled != 0 || s.Unconfirmed || s.Outsourced && role != Agent {
		return false
	}
	for _, g := range s.Roles {
		if g.Role == role && g.Ended == 0 && g.Counts != 0 && g.Counts <= now {
			return true
		}
	}
	return false
}

// Counting lists the roles that count now.
func (s Staff) Counting(now int64) []Role {
	var out []Role
	for _, r := range Roles {
		if s.Has(r, now) {
			out = append(out, r)
		}
	}
	return out
}

// Key is a security key of a member of staff.
type Key struct {
	ID, Person, Name        string
	CredentialID, PublicKey string // base64url
	AAGUID, Attestation     string
	Fingerprint, Digest     string
	Transports              string
	SignCount               int64
	Added, Counted, Decides int64
	ConfirmedBy             string
	Suspended               int64
	SuspendedWhy            string
	Used                    int64
	ConfirmEntry            int64 // ledger entry of its admission
	Invite                  string
	Salt, Detail            string // erasable side row of the admission entry
}

// KeysInForce counts the keys that may decide now. An approver with fewer than
// ApproverKeysMin is one lost key from deciding nothing.
func KeysInForce(all []Key, now int64) int {
	n := 0
	for _, k := range all {
		if k.MayDecide(now) == nil {
			n++
		}
	}
	return n
}

// Live says whether the key may be used to sign in.
func (k Key) Live() bool { return k.Suspended == 0 }

// MayDecide refuses a decision made with a key that does not count yet (R28).
func (k Key) MayDecide(now int64) error {
	switch {
	case k.Suspended != 0:
		return Refuse("key-suspended", "This key is suspended: "+k.SuspendedWhy+".",
			"Use another of your keys, or ask an administrator.")
	case k.Counted == 0:
		return Refuse("key-unconfirmed", "No second administrator has confirmed this key yet.",
			"Read the key's fingerprint to an administrator who did not invite you.")
	case now < k.Decides:
		return Refuse("key-too-new", "This key decides nothing before "+UTC(k.Decides)+".",
			"Use an older key, or wait until then.")
	}
	return nil
}

// MayConfirmKey refuses the confirmation of a key by its owner or by the
// person who sent the invitation, to the key or to a role that waits for it, by
// whichever key: nobody becomes staff by one hand (R28).
func MayConfirmKey(confirmer string, owner Staff, inviter string) error {
	granted := slices.ContainsFunc(owner.Roles, func(g Grant) bool { return g.Counts == 0 && g.Ended == 0 && g.By == confirmer })
	switch {
	case confirmer == owner.Person.ID:
		return Refuse("own-key", "You cannot confirm your own key.", "Another administrator confirms it.")
	case confirmer == inviter || granted:
		return Refuse("own-invite", "You invited this person, so another administrator confirms the key.",
			"Ask a second administrator to open the Staff page.")
	}
	return nil
}

// MayInvite refuses an invitation without known roles, or to a group whose name
// nobody could read out.
func MayInvite(roles []Role, group string) error {
	if len(roles) == 0 {
		return Refuse("role-none", "An invitation needs at least one role.", "Choose what the person will do.").On("role")
	}
	for _, r := range roles {
		if _, err := ParseRole(string(r)); err != nil {
			return err
		}
	}
	if len(group) > 40 || strings.ContainsFunc(group, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		return Refuse("group-name", "A group's name has at most 40 letters, digits and dashes.", "Shorten the name, for example \"security\".").On("group")
	}
	return nil
}

// MayGive refuses a further role for somebody who is not staff with a confirmed
// key, or who holds it: others are invited.
func MayGive(s Staff, keys []Key, role Role) error {
	switch {
	case s.Disabled != 0:
		return Refuse("staff-disabled", "This person's standing ended.", "Invite the person again.")
	case s.Holds(role):
		return Refuse("role-held", "This person holds the role "+string(role)+" already.", "The Staff page says from when it counts.").On("role")
	case !slices.ContainsFunc(keys, func(k Key) bool { return k.Live() && k.Counted != 0 }):
		return Refuse("no-key", "This person has no confirmed key.", "An administrator confirms one first, or sends a new invitation that names the role.")
	}
	return nil
}

// MayAct refuses a person none of whose roles counts now. A role that is given
// and whose 72 hours run is named with its date.
func MayAct(s Staff, now int64, roles ...Role) error {
	if s.Unconfirmed {
		return Key{}.MayDecide(now)
	}
	var soon *Grant
	for _, r := range roles {
		if s.Has(r, now) {
			return nil
		}
		for _, g := range s.Roles {
			if g.Role == r && g.Ended == 0 && g.Counts > now && s.Disabled == 0 && (soon == nil || g.Counts < soon.Counts) {
				soon = &g
			}
		}
	}
	if soon != nil {
		return Refuse("role-too-new", "Your role "+string(soon.Role)+" counts from "+UTC(soon.Counts)+".", "Until then somebody whose role counts does this.")
	}
	return NeedRole(roles[0])
}

// Holds says whether the person was given a role that has not ended, whether it
// counts yet or not.
func (s Staff) Holds(role Role) bool {
	return s.Disabled == 0 && slices.ContainsFunc(s.Roles, func(g Grant) bool { return g.Role == role && g.Ended == 0 })
}

// Held lists the roles that have not ended.
func (s Staff) Held() []Role {
	var out []Role
	for _, r := range Roles {
		if s.Holds(r) {
			out = append(out, r)
		}
	}
	return out
}

// AdministratorsMin is how many administrators must count: fewer could not
// confirm each other's keys (R28). Ours.
const AdministratorsMin = 2

// MayFound is the rule while fewer than two administrators count: exactly two
// invited administrators confirm each other's keys. counted are the live keys
// that were confirmed so far. It answers complete when this confirmation is the
// second of the pair: both count from then on (issue "Staff"; R57).
func MayFound(confirmer, owner Staff, counted []Key) (complete bool, err error) {
	if !confirmer.Holds(Administrator) {
		return false, NeedRole(Administrator)
	}
	if !owner.Holds(Administrator) {
		return false, Refuse("founding-first", "The first two administrators come first: until both count, no other key is confirmed.",
			"Confirm the other administrator's key, then this one.")
	}
	for _, k := range counted {
		if k.Person == confirmer.Person.ID && k.ConfirmedBy == owner.Person.ID {
			return true, nil
		}
	}
	if len(counted) > 0 {
		return false, Refuse("founding-order", "One administrator's key is confirmed already; that person now confirms the key of the one who did it.",
			"Compare the fingerprints the other way round.")
	}
	return false, nil
}

// MayTakeAway refuses what would take the actor's own standing, or leave fewer
// than two administrators. counting are the persons whose administrator role
// counts.
func MayTakeAway(actor string, target Staff, admin bool, counting []string) error {
	switch {
	case actor == target.Person.ID:
		return Refuse("own-standing", "You cannot end your own role.", "Another administrator does it.")
	case admin && slices.Contains(counting, target.Person.ID) && len(counting) <= AdministratorsMin:
		return Refuse("last-administrators", "Only two administrators count, and the house needs both.",
			"Invite a third administrator first, and wait until the role counts.")
	}
	return nil
}

// KeyDomain labels the signed bytes of a key's confirmation.
const KeyDomain = "countersign/staff-key/v1"

// KeyStatement is the text an administrator signs to confirm a key (R28).
type KeyStatement struct {
	RPID      string
	Demo      bool
	Founding  bool
	Key       Key
	Owner     Staff
	Confirmer Person
}

// Text is the canonical encoding, built like Statement's: machine's facts, one
// a line, names quoted.
func (s KeyStatement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(KeyDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	if s.Founding {
		line("founding", "yes, fewer than two administrators count")
	}
	line("person-id", s.Owner.Person.ID)
	line("person-name", Quote(s.Owner.Person.Name))
	for _, w := range NameWarnings(s.Owner.Person.Name, 0) {
		line("name-warning", w)
	}
	line("key-fingerprint", s.Key.Fingerprint)
	line("key-digest", s.Key.Digest)
	line("key-attestation", Quote(s.Key.Attestation))
	for _, r := range s.Owner.Held() {
		line("role", string(r))
	}
	for _, g := range s.Owner.Groups {
		line("group", g)
	}
	line("confirmer-id", s.Confirmer.ID)
	line("confirmer-name", Quote(s.Confirmer.Name))
	return b.String()
}
