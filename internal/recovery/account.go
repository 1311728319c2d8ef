package recovery

import "strings"

// Population is the kind of account that policy distinguishes.
type Population string

// The populations of the policy table.
const (
	Standard   Population = "standard"
	Privileged Population = "privileged"
	Contractor Population = "contractor"
	Service    Population = "service"
)

// Populations lists all populations in the order of the policy table.
var Populations = []Population{Standard, Privileged, Contractor, Service}

// Account is what is recovered.
type Account struct {
	ID, Person, Name, Department, Manager string
	Population                            Population
	Created                               int64
	Baseline                              int64 // when the founding import made its values count (R27)
	MailedLink                            int64 // enrolled by a mailed link, until proofed
	Hold                                  int64 // lower assurance until (R41)
	ContactBlock                          int64 // no address or factor change until
	Ended                                 int64
	StartsOn, EndsOn                      int64  // first and last day of work by the directory, at 00:00 UTC; 0 unknown
	Sponsor                               string // person who answers for a contractor, "" the manager
	Photo, Group                          string // record of the photo in the HR system; group of the directory
	IsStaff                               bool   // its person is a member of staff: privileged for its own recovery (R23)
	Trusted                               bool   // its person owns a service account or vouched for a privileged one: the same
}

// Row names the policy column that governs the account: staff, owners of
// service accounts and vouchers of privileged accounts are privileged for their
// own recovery whatever the directory says (R23).
func (a Account) Row() Population {
	if (a.IsStaff || a.Trusted) && a.Population != Service {
		return Privileged
	}
	return a.Population
}

// ContactsFrom is from when on the account's addresses may change: not for a day
// after a recovery, and not at its lower assurance (R41).
func (a Account) ContactsFrom() int64 { return max(a.ContactBlock, a.Hold) }

// AddressKind tells mail addresses from numbers.
type AddressKind string

// Kinds of address.
const (
	Mail  AddressKind = "mail"
	Phone AddressKind = "phone"
)

// Address is one contact of an account. Its age counts from FirstSeen: when
// Countersign first saw this value on this account, never from a file (R27). One
// that left the record and came back is new evidence; Earlier keeps its first sight.
type Address struct {
	ID, Account string
	Kind        AddressKind
	Value       string
	FirstSeen   int64
	Baseline    int64 // known by the founding import since; counts as unchanged
	Ended       int64 // replaced or removed; notices still go there for a while
	Earlier     int64 // seen for the first time, if it left the record since; 0: FirstSeen
}

// Noticed says whether notices still go to the address: for as long as the policy
// says after it was replaced (R27).
func (r ChannelRule) Noticed(a Address, now int64) bool {
	return a.Ended == 0 || now < r.OldNotice.After(a.Ended)
}

func opensWithAccount(mail string, domains []string) bool {
	for _, d := range domains {
		if d != "" && hasDomain(mail, d) {
			return true
		}
	}
	return false
}

func hasDomain(mail, domain string) bool {
	n := len(mail) - len(domain)
	if n < 1 || mail[n-1] != '@' {
		return false
	}
	return equalFold(mail[n:], domain)
}

func equalFold(a, b string) bool {
	for i := range len(a) {
		x, y := a[i]|0x20, b[i]|0x20
		if x != y {
			return false
		}
	}
	return true
}

// FactorKind tells what a holder signs in with.
type FactorKind string

// Kinds of factor.
const (
	Passkey  FactorKind = "passkey"
	Password FactorKind = "password"
)

// Factor is one way an account signs in. Suspended at the execution of a
// reset, erased 30 days after completion (R29).
type Factor struct {
	ID, Account, Name       string
	Kind                    FactorKind
	CredentialID, PublicKey string // base64url, passkeys
	AAGUID, Transports      string
	Attestation             string // what vouches for the key, "" where nobody asked
	SignCount               int64
	BackupEligible          bool   // may be copied to other devices, as registered; checked at each use
	Secret                  string // password: argon2id in PHC form
	Added, Used             int64
	Suspended, Erased       int64
	SuspendedBy             string // ticket
	Ticket                  string // ticket it was enrolled in, "" at /me
}

// Live says whether the factor opens the account.
func (f Factor) Live() bool { return f.Suspended == 0 && f.Erased == 0 }

// Mask shows an address to people who only need to tell it from others:
// d…@one.example, or the last two digits of a number.
func Mask(a Address) string {
	if a.Kind == Phone {
		return "…" + a.Value[max(0, len(a.Value)-2):]
	}
	at := strings.LastIndexByte(a.Value, '@')
	if at < 1 {
		return "…"
	}
	return string([]rune(a.Value)[:1]) + "…" + a.Value[at:]
}
