package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode"
)

// Decision of an approver. Denials are signed the same way.
type Decision string

// Decisions.
const (
	Approve Decision = "approve"
	Deny    Decision = "deny"
)

// Approval is one request for signatures on one revision of a ticket.
type Approval struct {
	ID, Ticket string
	Revision   int64
	AskedBy    string
	Reason     string
	Asked      int64
	Ends       int64
	Needed     int64
	// Groups is how many different groups must sign, one of them security (A2);
	// 0 asks nothing about groups.
	Groups int64
	// Drawn is the approver who was drawn for the next signature; until Reserved
	// nobody else decides (R15).
	Drawn    string
	Reserved int64
	State    ApprovalState
	Decided  int64
}

// ApprovalState is the fate of a request. A time-out never approves.
type ApprovalState string

// Fates of a request.
const (
	ApprovalWaiting ApprovalState = "waiting"
	ApprovalGiven   ApprovalState = "approved"
	ApprovalDenied  ApprovalState = "denied"
	ApprovalExpired ApprovalState = "expired"
	ApprovalVoid    ApprovalState = "void"
)

// Signature is one signed decision on a request.
type Signature struct {
	ID, Approval, Ticket                          string
	Person, Key                                   string
	Decision                                      Decision
	Statement, Nonce                              string
	ClientData, AuthData, Signature, CredentialID string
	At                                            int64
	Entry                                         int64
	// Hasty says why the signature calls for a second reader; "" for none.
	Hasty string
}

// StatementDomain labels the signed bytes, so that a signature over anything
// else can never be taken for an approval.
const StatementDomain = "countersign/approval/v1"

// Statement is the exact plain text an approver reads and signs (R52). Facts
// that the machine knows come first, people's text last, quoted and marked.
type Statement struct {
	RPID, Instance string
	Demo           bool
	Ticket         Ticket
	Account        Account
	Namesakes      int
	Decision       Decision
	Removed        []Factor
	Granted        string   // Grants of the ticket
	Restored       []string // what a takeover does to the contacts
	FirstDay       string   // of work, in a first enrolment
	Evidence       []Evidence
	Risks          []string
	AskedBy        Person
	Asked          int64
	Needed         int64 // signatures
	Groups         int64 // different groups among them, see Approval
	Approver       Person
	KeyQuality     string
	NotAfter       int64
	RequestReason  string
	Reason         string
}

// Text is the canonical encoding: fixed order, one fact a line, no line that a
// person's text could forge.
func (s Statement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(StatementDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("decision", string(s.Decision))
	line("ticket", s.Ticket.Reference+" "+s.Ticket.ID)
	line("revision", fmt.Sprint(s.Ticket.Revision))
	line("account-id", s.Account.ID)
	line("account-name", Quote(s.Account.Name))
	for _, w := range NameWarnings(s.Account.Name, s.Namesakes) {
		line("name-warning", w)
	}
	line("population", string(s.Account.Population))
	line("event", string(s.Ticket.Event)+", "+string(s.Ticket.Facts.Device)+", "+string(s.Ticket.Facts.Lock))
	if s.Ticket.Facts.Taken != "" {
		line("in-doubt", string(s.Ticket.Facts.Taken)+", everything since "+UTC(s.Ticket.Facts.Since))
	}
	line("tier", string(s.Ticket.Tier))
	s.effects(line)
	s.proofs(line)
	for _, r := range s.Risks {
		line("risk", r)
	}
	line("requester", s.Requester())
	line("asked-by", s.AskedBy.ID+" "+Quote(s.AskedBy.Name)+" at "+UTC(s.Asked))
	line("signatures-needed", fmt.Sprint(s.Needed))
	if s.Groups > 1 {
		line("signatures-from", TwoGroups)
	}
	if from := s.Ticket.GroupFrom; from != "" && (s.Groups < 2 || from != SecurityGroup) {
		line("signature-of-group", from)
	}
	line("policy", s.Ticket.PolicyVersion)
	line("workflow", s.Ticket.WorkflowVersion)
	line("approver-id", s.Approver.ID)
	line("approver-name", Quote(s.Approver.Name))
	line("approver-key", s.KeyQuality)
	line("not-after", UTC(s.NotAfter))
	line("text-of-the-requester", Quote(s.RequestReason))
	line("text-of-the-approver", Quote(s.Reason))
	return b.String()
}

// Requester says whether the holder or somebody else asks for this recovery.
func (s Statement) Requester() string {
	if s.Ticket.Requester == s.Ticket.Holder {
		return "the holder"
	}
	return s.Ticket.Requester + ", not the holder"
}

// factLine writes the lines of a signed text. A value stays on its line whatever
// the row holds: no id can forge a second fact.
func factLine(b *strings.Builder) func(name, value string) {
	return func(name, value string) { b.WriteString(name + ": " + spell(value) + "\n") }
}

// Sentences that the page and the statement share.
const (
	TwoGroups      = "two different groups, one of them security"
	MailedLinkRisk = "This account was enrolled by a mailed link and has not been proofed since."
)

func (s Statement) effects(line func(name, value string)) {
	switch {
	case s.Ticket.Binds():
		line("removed", "nothing before the new passkey works")
	case !s.Ticket.TakesAway():
		line("removed", "nothing: a Pass leaves what there is")
	case s.Ticket.Event == FirstEnrolment:
		line("removed", "nothing: the account never had a way to sign in")
	case len(s.Removed) == 0:
		line("removed", "nothing: no live sign-in method but the password")
	}
	for _, f := range s.Removed {
		line("removed", string(f.Kind)+" "+Quote(f.Name)+" added "+UTC(f.Added))
	}
	if s.Ticket.TakesAway() {
		line("removed", "every session of the account and its whole backup code set")
	}
	for _, r := range s.Restored {
		line("contact", r)
	}
	line("granted", s.Granted)
	if s.FirstDay != "" {
		line("first-day", s.FirstDay)
	}
	if s.Account.MailedLink != 0 {
		line("risk", MailedLinkRisk)
	}
	if s.Account.Baseline != 0 {
		line("known-since", "by baseline since "+UTC(s.Account.Baseline)+" only")
	}
}

func (s Statement) proofs(line func(name, value string)) {
	for i, e := range s.Evidence {
		by := "seen by the server"
		if e.By != "" {
			by = "recorded by " + e.By
		}
		line(fmt.Sprintf("proof-%d", i+1), fmt.Sprintf("%s, %s: %s at %s, %s", e.Step, e.Method, e.Result, UTC(e.At), by))
	}
	line("evidence-digest", EvidenceDigest(s.Evidence))
}

// EvidenceDigest is the SHA-256, in hex, over what every proof was.
func EvidenceDigest(all []Evidence) string {
	h := sha256.New()
	for _, e := range all {
		for _, v := range []string{e.ID, string(e.Step), string(e.Method), string(e.Result), e.Channel, e.By, fmt.Sprint(e.At), e.Record, e.Document, e.Cue, e.Note} {
			fmt.Fprintf(h, "%d:%s,", len(v), v)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// UTC writes a moment the way statements and mails do.
func UTC(at int64) string {
	return time.UnixMicro(at).UTC().Format("2006-01-02 15:04:05 UTC")
}

// Quote marks a person's text: one line, quoted, everything invisible or
// steering spelled out, so that it cannot pass for a fact (class B22).
func Quote(text string) string {
	return `"` + spell(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)) + `"`
}

// Spell is a line of ours that quotes people's text, safe to show: what nobody
// would see is written by its number.
func Spell(line string) string { return spell(line) }

// spell writes what nobody would see by its number, and a line break as \n.
func spell(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case unseen(r):
			fmt.Fprintf(&b, `\u{%04X}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen says whether a character shows nothing, or steers others. Some that
// Unicode calls letters or marks are blank too: the Hangul fillers, variation
// selectors, the empty Braille pattern.
func unseen(r rune) bool {
	return !unicode.IsPrint(r) || r == '\u2800' || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// NameWarnings names what could make an approver take one account for another:
// namesakes, mixed scripts, invisible characters.
func NameWarnings(name string, namesakes int) []string {
	var out []string
	if namesakes > 0 {
		out = append(out, fmt.Sprintf("%d other accounts have this name; compare the account id", namesakes))
	}
	if s := scripts(name); len(s) > 1 {
		out = append(out, "the name mixes letters of "+strings.Join(s, " and "))
	}
	if strings.ContainsFunc(name, unseen) {
		out = append(out, "the name holds invisible characters")
	}
	return out
}

func scripts(text string) []string {
	found := map[string]bool{}
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		for name, table := range unicode.Scripts {
			if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
				found[name] = true
			}
		}
	}
	var out []string
	for name := range found {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// ParseDecision accepts "approve" and "deny".
func ParseDecision(text string) (Decision, error) {
	if d := Decision(text); d == Approve || d == Deny {
		return d, nil
	}
	return "", Refuse("decision-unknown", "Choose to approve or to reject.", "Press one of the two buttons.").On("decision")
}

// MayDecide refuses a decision on a request that is no longer waiting, has
// timed out or belongs to an older revision of the ticket.
func MayDecide(a Approval, t Ticket, now int64) error {
	switch {
	case a.State != ApprovalWaiting:
		return Refuse("already-decided", "This request is "+string(a.State)+" already.", "The ticket shows what happened.")
	case now >= a.Ends:
		return Refuse("approval-expired", "This request stopped waiting at "+UTC(a.Ends)+". Nothing was approved.",
			"The agent asks again from the ticket.")
	case a.Revision != t.Revision || t.State != WaitingApproval:
		return Refuse("request-changed", "The ticket changed after this was asked, so the request is void.",
			"The agent asks again from the ticket.")
	}
	return nil
}
