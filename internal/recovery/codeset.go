package recovery

import "slices"

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
	Kept                int64 // the owner's further word on custody, half-way; 0 none
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

// PrintOnly says whether the account's codes may leave the page on paper only
// (R33).
func (p Policy) PrintOnly(a Account) bool { return p.Populations[a.Row()].PrintOnly }

// Custodies are the answers an account may give about where its codes are kept.
func (p Policy) Custodies(a Account) []Custody {
	if p.PrintOnly(a) {
		return []Custody{OnPaper, InSafe}
	}
	return Custodies
}

// MayConfirm refuses a set that is not waiting for its owner's word: another
// account's, one that was confirmed or dropped, one that waited too long.
func (s CodeSet) MayConfirm(account string, r CodeRule, now int64) error {
	switch {
	case s.Account != account:
		return Refuse("set-unknown", "This code set is not yours.", "Make a new set on this page.")
	case s.Confirmed != 0:
		return Refuse("set-confirmed", "You confirmed this set already. It works.", "")
	case s.Retired != 0 || now >= r.Show.After(s.Made):
		return Refuse("set-dropped", "This set waited longer than "+r.Show.Words()+", so its codes never worked. Destroy them.", "Make a new set on this page.")
	}
	return nil
}

// Half is when half of the set's time is over.
func (s CodeSet) Half() int64 { return s.Made + (s.Ends-s.Made)/2 }

// AsksAgain says whether the owner's word on custody is asked for again: half-way
// through the set's time (R32). Until it comes a code needs one further proof
// (policy-defaults, "Code set").
func (r CodeRule) AsksAgain(s CodeSet, now int64) bool {
	return r.Recheck && s.Confirmed != 0 && s.Retired == 0 && now < s.Ends && now >= s.Half() && s.Kept < s.Half()
}

// KeptNot is the answer to a code alone whose set is asked about.
func KeptNot(desk InPerson) *Refusal {
	return Refuse("custody-open", "Half of these codes' time is over and nobody confirmed since then that you have them, so they open nothing alone.",
		"Call your help desk: there a code counts beside another proof. "+desk.Words())
}

// MayKeep refuses an answer about custody that the account cannot give, and a
// missing word.
func (p Policy) MayKeep(a Account, where Custody, word bool) error {
	switch {
	case !slices.Contains(p.Custodies(a), where):
		return Refuse("custody-missing", "Say where you keep the codes.", "").On("custody")
	case !word:
		return Refuse("custody-word", "Tick the box when you have the codes where you said.", "Until then they do not work.").On("word")
	}
	return nil
}

// Handlings are what the browser says was done with the codes on the page. It
// is a claim: the server cannot see it (ui.md 3.8).
var Handlings = []string{"copy", "download", "print"}

// MayHandle refuses unknown words, and a set that is no longer on any page.
func (s CodeSet) MayHandle(account, act string, r CodeRule, now int64) error {
	if s.Account != account || !slices.Contains(Handlings, act) || now >= r.Show.After(s.Made) {
		return Refuse("set-not-shown", "These codes are no longer shown.", "Make a new set on this page.")
	}
	return nil
}

// State is where the set stands, in a word.
func (s CodeSet) State(now int64) string {
	switch {
	case s.Retired != 0:
		return "retired"
	case s.Suspended != 0:
		return "suspended"
	case now >= s.Ends:
		return "ended"
	case s.Confirmed == 0:
		return "not confirmed"
	case now < s.Asleep:
		return "asleep"
	}
	return "live"
}

// NotYou is the one text for every way a stranger's proof can fail (R39).
func NotYou() *Refusal {
	return Refuse("did-not-work", "That did not work. Check the code and the account name. Codes work once.",
		"Your help desk can start an assisted recovery.")
}

// MailedWrong is the one answer to a mailed code on the public pages that opens
// nothing, whatever the cause.
func MailedWrong() *Refusal {
	return Refuse("mailed-wrong", "That did not work. Check the digits. A code works once, for a few minutes, in the browser that asked for it.",
		"Ask for a new code, or call your help desk.").On("code")
}

// AccountMissing refuses a form without an account name.
func AccountMissing() *Refusal {
	return Refuse("account-missing", "Enter your account name.", "Your user name or one of your registered mail addresses.").On("account")
}

// Delay is how long a lane waits after n failures: nothing for the first two,
// then doubling from 30 s to one hour (policy-defaults, "Throttles").
func Delay(r ThrottleRule, n int64) int64 {
	if n < r.Free {
		return 0
	}
	d := 30 * Second
	for i := r.Free; i < n && d < r.LongestWait.Micros; i++ {
		d *= 2
	}
	return min(d, r.LongestWait.Micros)
}
