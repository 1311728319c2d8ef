package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// ProposalKind says what a proposal changes. The table in package desk says for
// each kind who signs and what happens then.
type ProposalKind string

// Kinds of proposal.
const (
	ProposeRole     ProposalKind = "staff-role"   // a further role for somebody who is staff
	ProposeInvite   ProposalKind = "staff-invite" // an invitation that the command line asks for
	ProposeRoster   ProposalKind = "roster"       // the founding roster
	ProposeAccounts ProposalKind = "accounts-import"
	ProposeSheets   ProposalKind = "break-glass-sheets"
	// ProposePolicy and ProposeWorkflow put a file in force (R4).
	ProposePolicy   ProposalKind = "policy"
	ProposeWorkflow ProposalKind = "workflow"
	ProposeIncident ProposalKind = "incident" // what emergency tickets belong to
	ProposeThreat   ProposalKind = "threat"   // raised-threat mode lasts longer
	ProposeSupplier ProposalKind = "supplier" // whether a group is a supplier's, and its scope
)

// Proposal is a change of the house that no one hand makes (R4, R28, R56): it is
// filed, further people's keys sign it, and then it comes into force by itself.
type Proposal struct {
	ID   string
	Kind ProposalKind
	// Object is what it changes: a person, an account, a policy.
	Object string
	// Title is one line for lists; Body is what is put in force, as the kind reads
	// it; Lines say all of it to people, as a diff: "+ new", "- old", "  as before".
	Title, Body string
	Lines       []string
	FiledBy     string // person; "" is the command line
	Filed       int64
	Ends        int64 // when it stops waiting for signatures
	Needed      int64 // signatures
	Delay       int64 // from the last signature to the effect, microseconds
	Effective   int64 // when it comes or came into force, 0 while it waits
	Decided     int64 // when it stopped waiting
	State       ProposalState
	Why         string // what kept a failed one from coming into force
	Entry       int64  // ledger entry of its filing
}

// ProposalState is the fate of a proposal. Only a signature moves it forward.
type ProposalState string

// Fates of a proposal.
const (
	ProposalWaiting   ProposalState = "waiting"
	ProposalSigned    ProposalState = "signed" // complete, and its delay runs
	ProposalInForce   ProposalState = "in-force"
	ProposalDenied    ProposalState = "denied"
	ProposalVetoed    ProposalState = "vetoed"
	ProposalExpired   ProposalState = "expired"
	ProposalWithdrawn ProposalState = "withdrawn"
	ProposalFailed    ProposalState = "failed"
)

// Veto is an auditor's decision on a signed proposal that is not in force yet.
const Veto Decision = "veto"

// Limits of proposals.
const (
	// ProposalWait is how long a proposal waits for its signatures. Ours.
	ProposalWait = 7 * Day
	// LooseningLeast is how long what makes the house laxer waits at least after its
	// last signature, so that approvers and auditors hear of it first (R4). Ours.
	LooseningLeast = 24 * Hour
	// ProposalSlack is how late a sweep may put a signed proposal in force, a
	// server that was down included. Ours.
	ProposalSlack = Day
	// ProposalLinesMax and ProposalBytesMax bound what a person can be asked to
	// read and sign. Ours.
	ProposalLinesMax = 500
	ProposalBytesMax = 256 << 10
	// FiledByMachine is how many administrators sign what the command line filed.
	FiledByMachine = 2
)

// Digest is the SHA-256, in hex, over everything that is filed. It stands in the
// ledger entry of the filing and in every signed statement: a row that somebody
// edits afterwards never comes into force.
func (p Proposal) Digest() string {
	h := sha256.New()
	put := func(v string) { fmt.Fprintf(h, "%d:%s,", len(v), v) }
	for _, v := range []string{p.ID, string(p.Kind), p.Object, p.Title, p.Body, p.FiledBy} {
		put(v)
	}
	for _, n := range []int64{p.Filed, p.Ends, p.Needed, p.Delay} {
		put(fmt.Sprint(n))
	}
	for _, l := range p.Lines {
		put(l)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// NotAfter is until when signatures on the proposal may still take effect, in
// whole seconds, because that is how a statement says it.
func (p Proposal) NotAfter() int64 { return (p.Ends + p.Delay + ProposalSlack) / Second * Second }

// Takes says when the proposal comes into force, in words.
func (p Proposal) Takes() string {
	if p.Delay == 0 {
		return "with the last signature"
	}
	return Hours(p.Delay) + " after the last signature, unless an auditor vetoes it"
}

// Hours words a duration: "24 hours", "30 minutes".
func Hours(d int64) string {
	if d%Hour == 0 {
		return fmt.Sprintf("%d hours", d/Hour)
	}
	return fmt.Sprintf("%d minutes", d/Minute)
}

// CheckProposal refuses what nobody could read before signing it.
func CheckProposal(p Proposal) error {
	size := len(p.Title) + len(p.Body)
	for _, l := range p.Lines {
		size += len(l)
	}
	switch {
	case p.Title == "" || len(p.Lines) == 0:
		return Refuse("proposal-empty", "The proposal changes nothing.", "Say what is to be changed.")
	case len(p.Lines) > ProposalLinesMax || size > ProposalBytesMax:
		return Refuse("proposal-too-large", fmt.Sprintf("A proposal has at most %d lines, so that somebody can read it.", ProposalLinesMax), "Split it.")
	}
	return nil
}

// ProposalPeople are those around a proposal.
type ProposalPeople struct {
	Named    []string // exactly these sign; nil when a role decides who may
	Subjects []string // whom the change is about
	Signed   []string // who has decided on it
}

// MaySignProposal refuses the filer, whom the change is about, and who has
// signed: each hand is another person's (R28). Named signers stand for
// themselves, so filer and subject may be among them.
func MaySignProposal(p Proposal, signer string, people ProposalPeople, now int64) error {
	switch {
	case p.State != ProposalWaiting:
		return Refuse("already-decided", "This proposal is "+p.State.Words()+" already.", "Its page shows what happened.")
	case now >= p.Ends:
		return Refuse("proposal-expired", "This proposal stopped waiting at "+UTC(p.Ends)+". Nothing was changed.", "File it again.")
	case slices.Contains(people.Signed, signer):
		return Refuse("signed-before", "You have signed this proposal already.", "Another person signs beside you.")
	case people.Named != nil && !slices.Contains(people.Named, signer):
		return Refuse("not-named", "Only the people it names sign this proposal.", "Its lines say who they are.")
	case people.Named == nil && signer == p.FiledBy:
		return Refuse("own-proposal", "You filed this proposal, so another person signs it.", "You can withdraw it.")
	case people.Named == nil && slices.Contains(people.Subjects, signer):
		return Refuse("own-change", "This proposal is about you, so another person signs it.", "Another administrator reads and signs it.")
	}
	return nil
}

// MayVeto refuses a veto by somebody with a part in the proposal, one that comes
// too early or too late, and a second one against the same change: an auditor
// may veto it once (R4).
func MayVeto(p Proposal, auditor string, people ProposalPeople, vetoed bool, now int64) error {
	switch {
	case p.State != ProposalSigned || now >= p.Effective:
		return Refuse("wrong-state", "This proposal is "+p.State.Words()+", so there is nothing to veto.", "A veto is possible after the last signature and before the effect.")
	case auditor == p.FiledBy || slices.Contains(people.Signed, auditor):
		return Refuse("own-proposal", "You have a part in this proposal, so another auditor decides on a veto.", "Ask another auditor.")
	case vetoed:
		return Refuse("vetoed-before", "The same change was vetoed before, and it was filed and signed again.", "A change can be vetoed once. Speak to those who signed it.")
	}
	return nil
}

// MayWithdraw lets the filer take a proposal back while it is not in force;
// what the command line filed, any administrator.
func MayWithdraw(p Proposal, actor Staff, now int64) error {
	switch {
	case p.State != ProposalWaiting && p.State != ProposalSigned:
		return Refuse("already-decided", "This proposal is "+p.State.Words()+" already.", "Its page shows what happened.")
	case p.FiledBy == "" && !actor.Has(Administrator, now), p.FiledBy != "" && p.FiledBy != actor.Person.ID:
		return Refuse("not-filer", "Only who filed a proposal takes it back.", "Reject it with your key if it must not come into force.")
	}
	return nil
}

// Words is a state as sentences use it.
func (s ProposalState) Words() string {
	switch s {
	case ProposalWaiting:
		return "waiting for signatures"
	case ProposalSigned:
		return "signed and waits for its effect"
	case ProposalInForce:
		return "in force"
	}
	return string(s)
}

// ParseProposalDecision accepts "approve", "deny" and "veto".
func ParseProposalDecision(text string) (Decision, error) {
	if Decision(text) == Veto {
		return Veto, nil
	}
	return ParseDecision(text)
}

// ProposalDomain labels the signed bytes of a decision on a proposal.
const ProposalDomain = "countersign/proposal/v1"

// ProposalStatement is the exact plain text that is read and signed (R52): facts
// of the machine, every line quoted, the signer's own words last.
type ProposalStatement struct {
	RPID       string
	Demo       bool
	Proposal   Proposal
	Subjects   []Person
	Filer      Person // empty for the command line
	Decision   Decision
	Signer     Person
	KeyQuality string
	Reason     string
}

// Text is the canonical encoding: fixed order, one fact a line.
func (s ProposalStatement) Text() string {
	var b strings.Builder
	line, p := factLine(&b), s.Proposal
	b.WriteString(ProposalDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("decision", string(s.Decision))
	line("proposal", p.ID)
	line("kind", string(p.Kind))
	line("object", p.Object)
	line("title", Quote(p.Title))
	for _, who := range s.Subjects {
		line("about", who.ID+" "+Quote(who.Name))
		for _, w := range NameWarnings(who.Name, 0) {
			line("name-warning", w)
		}
	}
	for i, l := range p.Lines {
		line(fmt.Sprintf("line-%d", i+1), Quote(l))
		if strings.ContainsFunc(l, unseen) {
			line("line-warning", "the line holds invisible characters")
		}
	}
	line("body-sha256", hexSum(p.Body))
	line("proposal-sha256", p.Digest())
	line("filed-by", s.filer()+" at "+UTC(p.Filed))
	line("signatures-needed", fmt.Sprint(p.Needed))
	line("takes-effect", p.Takes())
	line("approver-id", s.Signer.ID)
	line("approver-name", Quote(s.Signer.Name))
	line("approver-key", s.KeyQuality)
	line("not-after", UTC(p.NotAfter()))
	line("text-of-the-approver", Quote(s.Reason))
	return b.String()
}

func (s ProposalStatement) filer() string {
	if s.Proposal.FiledBy == "" {
		return "the command line"
	}
	return s.Filer.ID + " " + Quote(s.Filer.Name)
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
