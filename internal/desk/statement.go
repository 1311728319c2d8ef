package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// frozen is what an approver chose when the statement was made; everything else
// in it is read from the rows, at the beginning, at the end and at execution.
type frozen struct {
	Person   string            `json:"person"`
	Decision recovery.Decision `json:"decision"`
	Reason   string            `json:"reason"`
	NotAfter int64             `json:"notAfter"`
	keysAt   int64             // the moment whose keys are described
}

// freeze begins what the actor is about to sign: until when it may be executed,
// by the rules that the ticket obeys.
func (d *Desk) freeze(ctx context.Context, v store.View, actor Actor, t recovery.Ticket) (frozen, error) {
	now := d.now()
	f := frozen{Person: actor.Person, keysAt: now}
	rules, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return f, err
	}
	ruling, err := d.ruling(ctx, v, t, now)
	f.NotAfter = recovery.NotAfter(t, rules.Policy, ruling.Way.Window, now)
	return f, err
}

func (f frozen) encode() (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}

func thaw(text string, keysAt int64) (frozen, error) {
	var f frozen
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, fmt.Errorf("read a frozen decision: %w", err)
	}
	f.keysAt = keysAt
	return f, nil
}

// statementText is the exact text that is signed, from the rows as v has them
// now: only columns that execution does not change (R52).
func (d *Desk) statementText(ctx context.Context, v store.View, a recovery.Approval, t recovery.Ticket, f frozen) (string, error) {
	s, err := d.statement(ctx, v, a, t, f)
	if err != nil {
		return "", fmt.Errorf("write a statement: %w", err)
	}
	text := s.Text()
	head, err := stepup.ParseStatement(text)
	if err != nil {
		return "", fmt.Errorf("write a statement: %w", err)
	}
	if who, ok := head.Value(stepup.HeaderApproverID); !ok || who != f.Person {
		return "", fmt.Errorf("write a statement: it does not name its approver once")
	}
	return text, nil
}

func (d *Desk) statement(ctx context.Context, v store.View, a recovery.Approval, t recovery.Ticket, f frozen) (recovery.Statement, error) {
	s := recovery.Statement{RPID: d.RP.ID, Instance: d.Settings.Instance, Demo: d.Settings.Demo, Ticket: t, Decision: f.Decision,
		Asked: a.Asked, Needed: a.Needed, Groups: a.Groups, NotAfter: f.NotAfter, RequestReason: a.Reason, Reason: f.Reason}
	var err error
	if s.Account, s.Removed, s.Namesakes, err = subject(ctx, v, t); err != nil {
		return s, err
	}
	if s.Granted, err = d.grants(ctx, v, t); err != nil {
		return s, err
	}
	if s.FirstDay, err = firstDay(ctx, v, t, s.Account); err != nil {
		return s, err
	}
	restored, _, err := d.restoration(ctx, v, t, d.now())
	if err != nil {
		return s, err
	}
	s.Restored = restored.Lines()
	all, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return s, err
	}
	s.Evidence = recovery.ThisRun(t, all)
	if s.AskedBy, err = v.Person(ctx, a.AskedBy); err != nil {
		return s, err
	}
	if s.Approver, err = v.Person(ctx, f.Person); err != nil {
		return s, err
	}
	keys, err := v.Keys(ctx, f.Person)
	if err != nil {
		return s, err
	}
	s.KeyQuality = recovery.KeyQuality(recovery.DecidingKeys(keys, f.keysAt))
	x, err := d.extra(ctx, v, t, d.now())
	s.Risks = x.Risks()
	if risk := t.ParkedRisk(); risk != "" {
		s.Risks = append(s.Risks, risk)
	}
	return s, err
}

// session is how long the recovery session of a ticket lasts: as its population
// has it, or as long as the row lets a Pass live.
func (d *Desk) session(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Duration, error) {
	if t.Artefact == recovery.PassSession {
		ruling, err := d.ruling(ctx, v, t, now)
		return ruling.Way.Life, err
	}
	rules, err := d.rulesFor(ctx, v, t, now)
	return rules.Populations[t.Population].Session, err
}

// grants is what the ticket gives, in words.
func (d *Desk) grants(ctx context.Context, v store.View, t recovery.Ticket) (string, error) {
	life, err := d.session(ctx, v, t, d.now())
	if err != nil {
		return "", err
	}
	ruling, err := d.ruling(ctx, v, t, d.now())
	return t.Grants(life, ruling.Way.AAL), err
}

// subject reads whose recovery it is and what it takes away.
func subject(ctx context.Context, v store.View, t recovery.Ticket) (recovery.Account, []recovery.Factor, int, error) {
	account, err := v.Account(ctx, t.Account)
	if err != nil {
		return account, nil, 0, err
	}
	factors, err := v.Factors(ctx, t.Account)
	if err != nil {
		return account, nil, 0, err
	}
	gone := t.Removes(factors)
	namesakes, err := v.Namesakes(ctx, account)
	return account, gone, int(namesakes), err
}

// stillTrue compares a signed statement with the rows as they are now; the
// approver's own words, its last line, are all that the rows do not hold.
func (d *Desk) stillTrue(ctx context.Context, v store.View, a recovery.Approval, t recovery.Ticket, g recovery.Signature) (bool, error) {
	notAfter, ok := signedUntil(g)
	if !ok {
		return false, nil
	}
	now, err := d.statementText(ctx, v, a, t, frozen{Person: g.Person, Decision: g.Decision, NotAfter: notAfter, keysAt: g.At})
	if err != nil {
		return false, err
	}
	const words = "text-of-the-approver: "
	facts := now[:strings.LastIndex(now, words)+len(words)]
	return strings.HasPrefix(g.Statement, facts), nil
}

// signedUntil is the moment after which a signature may not be executed, from
// the signed text itself.
func signedUntil(g recovery.Signature) (int64, bool) {
	signed, err := stepup.ParseStatement(g.Statement)
	if err != nil {
		return 0, false
	}
	until, _ := signed.Value("not-after")
	return recovery.ParseUTC(until)
}

// decisionParts are the people of a ticket for one request: who signed it, not
// who signed an earlier one that an edit voided (they may sign again).
func (d *Desk) decisionParts(ctx context.Context, v store.View, a recovery.Approval, t recovery.Ticket, signed []recovery.Signature, now int64) (recovery.Parts, error) {
	parts, err := d.partsOf(ctx, v, t, now)
	if err != nil {
		return parts, err
	}
	parts.Approvers = nil
	for _, g := range signed {
		parts.Approvers = append(parts.Approvers, g.Person)
	}
	parts.Signers, err = signersOf(ctx, v, a, t.GroupFrom, signed)
	return parts, err
}

// signersOf is what a request still asks of its signers, with the groups of those
// who signed as they are now; from is the group that the ticket wants among them.
func signersOf(ctx context.Context, v store.View, a recovery.Approval, from string, signed []recovery.Signature) (recovery.Signers, error) {
	q := recovery.Signers{Signatures: recovery.SignaturesNeeded(a, signed), Groups: a.Groups, From: from, Signed: map[string][]string{}}
	if a.Groups < 2 && from == "" {
		return q, nil
	}
	for _, g := range signed {
		s, err := v.Staff(ctx, g.Person)
		if err != nil {
			return q, err
		}
		q.Signed[g.Person] = s.Groups
	}
	return q, nil
}

// without takes a person out of the approvers, to ask about that person again.
func without(parts recovery.Parts, person string) recovery.Parts {
	parts.Approvers = slices.DeleteFunc(slices.Clone(parts.Approvers), func(p string) bool { return p == person })
	parts.Signers.Signed = maps.Clone(parts.Signers.Signed)
	delete(parts.Signers.Signed, person)
	return parts
}
