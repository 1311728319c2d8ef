package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// draw picks the approver who may decide first: at random among those on shift
// who may decide on this request, never chosen by the agent (R15); those who are
// signed in come first. The drawn one is told and has five minutes; then the
// request is open to all of them. With nobody there the request waits all the same.
func (c *Change) draw(ctx context.Context, a recovery.Approval, t recovery.Ticket) error {
	signed, err := c.Tx.Signatures(ctx, a.ID)
	if err != nil {
		return err
	}
	parts, err := c.desk.decisionParts(ctx, c.Tx.View, a, t, signed, c.Now)
	if err != nil {
		return err
	}
	present, absent, err := c.present(ctx)
	if err != nil {
		return err
	}
	rounds, err := poolFirst(ctx, c.Tx.View, t, c.Now, present, absent)
	if err != nil {
		return err
	}
	before, err := drawnBefore(ctx, c.Tx.View, a)
	if err != nil {
		return err
	}
	if slices.Contains(present, before) || slices.Contains(absent, before) {
		rounds = slices.Insert(rounds, 0, []string{before})
	}
	for _, from := range rounds {
		id, err := c.pick(ctx, from, parts)
		if err != nil {
			return err
		}
		if id != "" {
			return c.reserve(ctx, a, t, id)
		}
	}
	return c.Tx.DrawApproval(ctx, a.ID, "", 0)
}

// drawnBefore is who still had the ticket's last request alone when it was taken
// back, "" for nobody: to take it back and ask again is no other draw.
func drawnBefore(ctx context.Context, v store.View, a recovery.Approval) (string, error) {
	all, err := v.ApprovalsOf(ctx, a.Ticket)
	all = slices.DeleteFunc(all, func(o recovery.Approval) bool { return o.ID == a.ID })
	if err != nil || len(all) == 0 {
		return "", err
	}
	if last := all[len(all)-1]; last.State == recovery.ApprovalVoid && last.Decided < last.Reserved {
		return last.Drawn, nil
	}
	return "", nil
}

// poolFirst puts the approvers before all others whom the holder named for a
// journey: they know of it, and are awake. With none of them on shift the others
// decide.
func poolFirst(ctx context.Context, v store.View, t recovery.Ticket, now int64, rounds ...[]string) ([][]string, error) {
	trip, _, err := tripOf(ctx, v, t, now)
	if err != nil || trip.Pool == "" {
		return rounds, err
	}
	var first [][]string
	for _, ids := range rounds {
		var in []string
		for _, id := range ids {
			s, err := v.Staff(ctx, id)
			if err != nil {
				return nil, err
			}
			if s.In(trip.Pool) {
				in = append(in, id)
			}
		}
		first = append(first, in)
	}
	return append(first, rounds...), nil
}

// present parts the approvers on shift by whether they are signed in. The
// demo's seeded approvers are programs that never come, so nobody waits for them.
func (c *Change) present(ctx context.Context) (here, away []string, err error) {
	all, err := onShift(ctx, c.Tx.View, c.Now)
	if err != nil {
		return nil, nil, err
	}
	signedIn, err := c.Tx.SignedIn(ctx, c.Now, c.Now-recovery.SessionIdle)
	for _, id := range all {
		switch {
		case slices.Contains(signedIn, id):
			here = append(here, id)
		case !c.desk.Settings.Demo:
			away = append(away, id)
		}
	}
	return here, away, err
}

// pick draws one of these who may approve, "" when none may.
func (c *Change) pick(ctx context.Context, from []string, parts recovery.Parts) (string, error) {
	for len(from) > 0 {
		n, err := rand.Int(c.desk.Rand, big.NewInt(int64(len(from))))
		if err != nil {
			return "", fmt.Errorf("draw an approver: %w", err)
		}
		i := int(n.Int64())
		staff, able, err := ableStaff(ctx, c.Tx.View, from[i], c.Now)
		if err != nil {
			return "", err
		}
		if able && recovery.MayApprove(staff, parts) == nil {
			return from[i], nil
		}
		from = slices.Delete(slices.Clone(from), i, i+1)
	}
	return "", nil
}

func (c *Change) reserve(ctx context.Context, a recovery.Approval, t recovery.Ticket, person string) error {
	rules, err := c.rulesFor(ctx, t)
	if err != nil {
		return err
	}
	until := min(rules.Request.Reserved.After(c.Now), a.Ends)
	if err := c.Tx.DrawApproval(ctx, a.ID, person, until); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ApprovalDrawn, Ticket: t.ID, Account: t.Account, Object: person, Until: until,
		Data: map[string]string{"approval": a.ID, "person": person}, Link: "/approvals/" + a.ID})
}

// onShift lists the approvers whose role counts and who are on shift now.
func onShift(ctx context.Context, v store.View, now int64) ([]string, error) {
	ids, err := v.CountingStaff(ctx, recovery.Approver, now)
	if err != nil {
		return nil, err
	}
	shifts, err := v.Shifts(ctx)
	if err != nil {
		return nil, err
	}
	said, err := v.OnShift(ctx, now)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		mine := slices.DeleteFunc(slices.Clone(shifts), func(s recovery.Shift) bool { return s.Person != id })
		return !recovery.Duty{Shifts: mine, Until: said[id]}.On(now)
	}), nil
}

// Candidate is somebody who could decide on a request.
type Candidate struct {
	recovery.Person
	Groups []string
	Site   string // of the shift that is on or comes next
	On     bool
	Next   int64 // when the next shift begins, 0 for none in sight
}

// candidates lists who could decide on a waiting request, those on shift first,
// then by when they come (R60).
func (d *Desk) candidates(ctx context.Context, v store.View, a recovery.Approval, t recovery.Ticket, now int64) ([]Candidate, error) {
	covers, err := coverOf(ctx, v, now)
	if err != nil {
		return nil, err
	}
	said, err := v.OnShift(ctx, now)
	if err != nil {
		return nil, err
	}
	signed, err := v.Signatures(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	parts, err := d.decisionParts(ctx, v, a, t, signed, now)
	if err != nil {
		return nil, err
	}
	var out []Candidate
	for _, c := range covers {
		if recovery.MayApprove(c.Staff, parts) != nil {
			continue
		}
		duty := recovery.Duty{Shifts: c.Shifts, Until: said[c.Staff.Person.ID]}
		out = append(out, Candidate{Person: c.Staff.Person, Groups: c.Staff.Groups, Site: duty.Site(now), On: duty.On(now), Next: duty.Next(now)})
	}
	trip, _, err := tripOf(ctx, v, t, now)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return a.outside(trip.Pool) - b.outside(trip.Pool) })
	slices.SortStableFunc(out, func(a, b Candidate) int { return a.order() - b.order() })
	return out, nil
}

// outside is 1 for whoever is not of the group that the holder named for a journey.
func (c Candidate) outside(pool string) int {
	if pool == "" || slices.Contains(c.Groups, pool) {
		return 0
	}
	return 1
}

// order puts who is there before who comes, and who comes before who does not.
func (c Candidate) order() int {
	switch {
	case c.On:
		return 0
	case c.Next != 0:
		return 1
	}
	return 2
}

// Nobody says in words that nobody can decide now, who could, where and when;
// "" when somebody can.
func Nobody(all []Candidate) string {
	if slices.ContainsFunc(all, func(c Candidate) bool { return c.On }) {
		return ""
	}
	var first *Candidate
	for i, c := range all {
		if c.Next != 0 && (first == nil || c.Next < first.Next) {
			first = &all[i]
		}
	}
	switch {
	case len(all) == 0:
		return "No approver of this house may decide on this request. An administrator invites another approver."
	case first == nil:
		return "Nobody eligible is on shift, and no shift of theirs is in sight. " + all[0].Name + " could decide after switching on \"I am on shift\" on the Rota page."
	}
	where := ""
	if first.Site != "" {
		where = " (" + first.Site + ")"
	}
	return "Nobody eligible until " + recovery.UTC(first.Next) + "; then " + first.Name + where + " is on shift. Before that, an eligible approver can switch on \"I am on shift\" on the Rota page."
}

// hasty says whether the actor decides so fast that a second reader is needed,
// and notes this decision's pace (policy-defaults, "Approvals").
func (c *Change) hasty(ctx context.Context, approval string, began int64) (string, error) {
	rule := c.Rules.Request
	decided, quick, err := c.Tx.Pace(ctx, c.Actor.Person, c.Now-recovery.Hour, rule.Hasty.Micros)
	if err != nil {
		return "", err
	}
	return rule.Hurry(decided, quick), c.Tx.AddPace(ctx, approval, c.Actor.Person, c.Now-began)
}

// missing says whether a row was not there.
func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }
