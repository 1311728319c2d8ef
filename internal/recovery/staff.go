package recovery

import "slices"

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
	if s.Disabled != 0 {
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
		return Refuse("key-too-new", "This key decides nothing during its first 72 hours.",
			"Use an older key, or wait until the time shown on the Staff page.")
	}
	return nil
}

// MayConfirmKey refuses the confirmation of a key by its owner or by the
// person who sent the invitation: nobody becomes staff by one hand (R28).
func MayConfirmKey(confirmer, owner, inviter string) error {
	switch confirmer {
	case owner:
		return Refuse("own-key", "You cannot confirm your own key.", "Another administrator confirms it.")
	case inviter:
		return Refuse("own-invite", "You invited this person, so another administrator confirms the key.",
			"Ask a second administrator to open the Staff page.")
	}
	return nil
}
