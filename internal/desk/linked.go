package desk

import (
	"context"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Linked is an earlier attempt that a ticket is linked to, with what happened in
// it: for staff of the desk, never for callers.
type Linked struct {
	Ticket recovery.Ticket
	Why    []LinkedBy
	Step   string // title of the step that failed, "" when none did
	Bad    bool   // denied, stopped or failed
}

// LinkedBy says what two attempts have in common.
type LinkedBy string

// What links attempts.
const (
	ByAccount LinkedBy = "account"
	BySource  LinkedBy = "source" // the same number or address
	ByText    LinkedBy = "text"   // the same agent typed the same words
)

// linkedMax bounds how many attempts of other accounts are looked at.
const linkedMax = 20

// linkedTo lists what the days that the policy looks back have in common with a ticket, newest first:
// the account's own attempts that came to nothing, those of other accounts from the
// same number or address, and those that the same agent opened with the same words.
func (d *Desk) linkedTo(ctx context.Context, v store.View, t recovery.Ticket, earlier []recovery.Earlier) ([]Linked, error) {
	var out []Linked
	rules, err := d.rulesFor(ctx, v, t, d.now())
	if err != nil {
		return nil, err
	}
	since := t.Opened - rules.Stricter.Repeat.After(0)
	for _, e := range earlier {
		if e.Ticket.Opened >= since && (e.Against() || e.Ticket.State.Resting() && e.Ticket.Completed == 0) {
			out = append(out, linkOf(e.Ticket, t, e.Against() || e.Fruitless()))
		}
	}
	from := ""
	if t.Source.Known() {
		from = t.Source.Key()
	}
	others, err := v.TicketsLike(ctx, t.Account, from, recovery.Pattern(t.OpenedBy, t.Reason), since, linkedMax)
	for _, o := range others {
		if o.ID == t.ID {
			continue
		}
		e := recovery.Earlier{Ticket: o}
		out = append(out, linkOf(o, t, e.Against() || e.Fruitless()))
	}
	slices.SortStableFunc(out, func(a, b Linked) int { return int(min(max(b.Ticket.Opened-a.Ticket.Opened, -1), 1)) })
	return out, err
}

func linkOf(o, t recovery.Ticket, bad bool) Linked {
	l := Linked{Ticket: o, Bad: bad}
	if o.Account == t.Account {
		l.Why = append(l.Why, ByAccount)
	}
	if t.Source.Known() && o.Source.Key() == t.Source.Key() {
		l.Why = append(l.Why, BySource)
	}
	if p := recovery.Pattern(t.OpenedBy, t.Reason); p != "" && p == recovery.Pattern(o.OpenedBy, o.Reason) {
		l.Why = append(l.Why, ByText)
	}
	if o.State == recovery.Failed {
		l.Step = stepThatFailed(o)
	}
	return l
}

// stepThatFailed reads the closing words of a failed ticket: its step comes first.
func stepThatFailed(t recovery.Ticket) string {
	step, _, _ := strings.Cut(t.Outcome, ":")
	return step
}
