package recovery

// CodeSet is a set of backup codes of one account. Codes themselves are rows
// with a keyed hash; the text exists only in the answer that shows it.
type CodeSet struct {
	ID, Account, Ticket string
	Made                int64
	Confirmed           int64 // the owner's word on custody; 0 = pending
	Custody             Custody
	Ends                int64
	Asleep              int64 // accepted only from then on (R41)
	Suspended           int64
	Retired             int64
	Why                 string
	Left, Total         int64
}

// Custody is where the owner says the codes are kept.
type Custody string

// Where codes may be kept.
const (
	OnPaper   Custody = "paper"
	InManager Custody = "password-manager"
	InSafe    Custody = "safe"
)

// Custodies lists the answers the page offers.
var Custodies = []Custody{OnPaper, InManager, InSafe}

// Usable refuses a set that is not live now. The texts never tell a stranger
// which of these it was; they are for the ledger.
func (s CodeSet) Usable(now int64) error {
	switch {
	case s.Retired != 0:
		return Refuse("set-retired", "The code set is retired.", "")
	case s.Confirmed == 0:
		return Refuse("set-pending", "The code set was never confirmed.", "")
	case s.Suspended != 0:
		return Refuse("set-suspended", "The code set is suspended.", "")
	case now >= s.Ends:
		return Refuse("set-ended", "The code set has ended.", "")
	case now < s.Asleep:
		return Refuse("set-asleep", "The code set sleeps.", "")
	}
	return nil
}

// MayMakeCodes refuses code sets where policy has none: service accounts never
// have backup codes (policy-defaults, "Code set").
func MayMakeCodes(a Account) error {
	if a.Population == Service {
		return Refuse("no-codes", "Service accounts have no backup codes.", "Their owner asks the desk for a lease.")
	}
	return nil
}

// SetLife is how long a set lives for a population.
func SetLife(p Population) int64 {
	if p == Standard {
		return CodeSetLife
	}
	return CodeSetLifeShort
}

// NotYou is the one text for every way a stranger's proof can fail (R39).
func NotYou() *Refusal {
	return Refuse("did-not-work", "That did not work. Check the code and the account name. Codes work once.",
		"Your help desk can start an assisted recovery.")
}

// Delay is how long a lane waits after n failures: nothing for the first two,
// then doubling from 30 s to one hour (policy-defaults, "Throttles").
func Delay(n int64) int64 {
	if n < ThrottleFree {
		return 0
	}
	d := 30 * Second
	for i := int64(ThrottleFree); i < n && d < Hour; i++ {
		d *= 2
	}
	return min(d, Hour)
}
