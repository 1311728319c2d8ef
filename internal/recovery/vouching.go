package recovery

import (
	"fmt"
	"strings"
)

// Relation is why the directory names somebody as a voucher.
type Relation string

// Relations.
const (
	IsManager   Relation = "manager"
	IsSponsor   Relation = "sponsor"   // of a contractor or service account: whoever the directory makes answerable
	IsColleague Relation = "colleague" // of the same manager
)

// Relations lists them in the order in which vouchers are asked.
var Relations = []Relation{IsManager, IsSponsor, IsColleague}

// Word is what a voucher says.
type Word string

// Words of a voucher: for the holder, no idea, or that something is wrong.
const (
	WordVouch   Word = "vouch"
	WordUnknown Word = "unknown"
	WordWrong   Word = "wrong"
)

// Known is how the voucher knows that it is the holder who asks.
type Known string

// Ways to know.
const (
	InTheRoom Known = "in-the-room"
	OnMyCall  Known = "on-my-call"
)

// Words is how pages say it.
func (k Known) Words() string {
	return map[Known]string{InTheRoom: "in the room with the holder", OnMyCall: "on a call that the voucher placed to a number they had"}[k]
}

// Vouching is an invitation to vouch and what became of it.
type Vouching struct {
	ID, Ticket      string
	Run             int64
	Step            StepID
	Person, Account string // the voucher, and the account whose passkey signs
	Relation        Relation
	Agent           string
	TokenHash       string
	Made, Ends      int64
	Decided         int64 // 0 while it waits
	Word            Word  // "" when it was replaced by another invitation
	How             Known
	Note            string
	Signature       Signature // Person, Statement and the key's answer
}

// Live refuses an invitation that was answered, replaced, or is over: dead on
// the microsecond it ends (R7).
func (v Vouching) Live(t Ticket, now int64) error {
	switch {
	case v.Decided != 0:
		return Refuse("link-used", "This request was answered or replaced already.", "There is nothing left to do here.")
	case now >= v.Ends || t.Run != v.Run || t.State != Proofing && !(t.State == Collecting && v.Step == StepFresh):
		return Refuse("link-ended", "This request has ended.", "The help desk asks again if your word is still needed.")
	}
	return nil
}

// Voucher is somebody who could be asked to vouch, as directory and records know
// the person now.
type Voucher struct {
	Person    Person
	Relation  Relation
	Link      ValueRun // the holder's manager or sponsor in the directory, and since when
	Known     int64    // when the holder's account came on record
	Account   Account  // the own one; zero when there is none
	Mail      Address  // where the directory says the invitation goes; zero when nowhere
	Passkeys  int      // live, of the strength that the holder's account asks for
	Above     []string
	Vouched   int64 // how often within the policy's time
	Recovered int64 // when the own account was last recovered
}

// May refuses somebody whose word the policy does not take (policy-defaults,
// "Voucher"). young is how old account and evidence must be.
func (v Voucher) May(t Ticket, p Parts, rule VouchRule, young Duration, now int64) error {
	other := "Somebody else who knows the holder vouches."
	if MayVouch(v.Person.ID, p) != nil {
		return Refuse("voucher-part", v.Person.Name+" has another part in this ticket.", other)
	}
	for _, id := range v.Above {
		if id == t.Holder {
			return Refuse("voucher-reports", v.Person.Name+" reports to the holder.", other)
		}
	}
	switch {
	case v.Account.ID == "" || v.Account.Ended != 0 || v.Passkeys == 0 || v.Account.Hold > now || v.Account.MailedLink != 0:
		return Refuse("voucher-level", v.Person.Name+" has no account of the holder's level with a passkey.", other)
	case v.Recovered != 0 && now < rule.Own.After(v.Recovered):
		return Refuse("voucher-recovered", v.Person.Name+"'s own account was recovered lately.", other)
	case v.Account.Baseline == 0 && (now < young.After(v.Account.Created) || now < young.After(v.Person.FirstSeen)):
		return Refuse("voucher-young", v.Person.Name+" has not been in the directory for "+young.Words()+".", other)
	case t.Facts.Since != 0 && v.Link.Since >= t.Facts.Since:
		return Refuse("voucher-doubt", "The directory has named "+v.Person.Name+" for the holder only since the time that is in doubt.", other)
	case v.Link.Young(young, now) && !v.original(t):
		return Refuse("voucher-link", "The directory has named "+v.Person.Name+" for the holder for less than "+young.Words()+".", other)
	case v.Mail.ID == "":
		return Refuse("voucher-mail", "No mail address of "+v.Person.Name+" has stood in the directory for long enough.", other)
	case v.Vouched >= rule.Most:
		return Refuse("voucher-often", fmt.Sprintf("%s has vouched %d times within %s.", v.Person.Name, v.Vouched, rule.Within.Words()), other)
	}
	return nil
}

// original says whether the directory named the voucher together with an account
// that is enrolled for the first time: it never named anybody else.
func (v Voucher) original(t Ticket) bool { return t.Event == FirstEnrolment && v.Link.Since <= v.Known }

// VouchDomain labels the signed bytes of a voucher's word.
const VouchDomain = "countersign/vouching/v1"

// VouchStatement is the text that a voucher reads and signs.
type VouchStatement struct {
	RPID     string
	Demo     bool
	Vouching Vouching
	Ticket   Ticket
	Account  Account
	Voucher  Person
	Asked    Person // the agent
	Granted  string
	Word     Word
	How      Known
	Note     string
}

// Check refuses a word that says nothing.
func (s VouchStatement) Check() error {
	switch s.Word {
	case WordVouch:
		if s.How.Words() == "" {
			return Refuse("how-missing", "Say how you know that it is "+s.Account.Name+" who asks.",
				"A call that reached you, a chat or a mail does not count: ring a number you already had, or meet in person.").On("how")
		}
	case WordUnknown, WordWrong:
	default:
		return Refuse("word-missing", "Choose what you say.", "Press one of the buttons.").On("word")
	}
	return FitText("note", s.Note, TextMax)
}

// Text is the canonical encoding, built like Statement's.
func (s VouchStatement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(VouchDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("word", string(s.Word))
	if s.Word == WordVouch {
		line("how", string(s.How))
	}
	line("request", s.Vouching.ID)
	line("ticket", s.Ticket.Reference+" "+s.Ticket.ID)
	line("run", fmt.Sprint(s.Ticket.Run))
	line("account-id", s.Account.ID)
	line("account-name", Quote(s.Account.Name))
	line("event", string(s.Ticket.Event))
	line("tier", string(s.Ticket.Tier))
	line("granted", s.Granted)
	line("asked-by", s.Asked.ID+" "+Quote(s.Asked.Name)+" at "+UTC(s.Vouching.Made))
	line("voucher-id", s.Voucher.ID)
	line("voucher-name", Quote(s.Voucher.Name))
	line("voucher-is", string(s.Vouching.Relation))
	line("not-after", UTC(s.Vouching.Ends))
	line("text-of-the-voucher", Quote(s.Note))
	return b.String()
}
