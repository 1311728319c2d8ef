package desk

import (
	"context"
	"slices"

	"countersign/internal/notify"
	"countersign/internal/recovery"
)

// hrGroup is the group of staff that rows of another identity record name.
const hrGroup = "hr"

// tellAudience writes to whomever the row of the ticket names beside its holder
// (policy-defaults, "Notices"): at its opening, its grant, its end. held keeps
// the messages back with those to the holder until something is proved.
func (c *Change) tellAudience(ctx context.Context, owed recovery.Obligation, e recovery.Event, held int64) error {
	t, err := c.Tx.Ticket(ctx, e.Ticket)
	if err != nil {
		return err
	}
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	told := []string{t.Holder}
	row, err := c.audiences(ctx, t, ruling)
	if err != nil {
		return err
	}
	for _, audience := range row {
		if audience == recovery.TellSecurity && owed.Security {
			continue // the alert says it
		}
		people, err := c.audience(ctx, audience, t.Account)
		if err != nil {
			return err
		}
		for _, id := range people {
			if slices.Contains(told, id) {
				continue
			}
			told = append(told, id)
			if err := c.tellNamed(ctx, owed.Row, e, t, id, held); err != nil {
				return err
			}
		}
	}
	return nil
}

// audiences are those of the row, and the manager too where the holder's addresses
// warn nobody: somebody who knows the holder hears of it (S9).
func (c *Change) audiences(ctx context.Context, t recovery.Ticket, r recovery.Ruling) ([]recovery.Audience, error) {
	w, err := c.desk.flow(ctx, c.Tx.View, t)
	if err != nil {
		return nil, err
	}
	around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return nil, err
	}
	addresses, err := c.Tx.Addresses(ctx, t.Account)
	row := r.Way.Notify
	if (w.Meets() || len(recovery.LastChannels(addresses, around)) == 0) && !slices.Contains(row, recovery.TellManager) {
		row = append(slices.Clone(row), recovery.TellManager)
	}
	return row, err
}

// audience is who is meant; the holder's addresses, old ones too, are written to
// by tellHolder.
func (c *Change) audience(ctx context.Context, who recovery.Audience, account string) ([]string, error) {
	a, err := c.Tx.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	switch who {
	case recovery.TellManager, recovery.TellTeam:
		return []string{a.Manager}, nil
	case recovery.TellSponsor:
		return []string{a.AnsweredBy()}, nil
	case recovery.TellOwner:
		return []string{a.Person}, nil
	case recovery.TellApprovers:
		return c.Tx.CountingStaff(ctx, recovery.Approver, c.Now)
	case recovery.TellSecurity:
		return c.groupOr(ctx, recovery.SecurityGroup)
	case recovery.TellHR:
		return c.groupOr(ctx, hrGroup)
	}
	return nil, nil
}

// groupOr lists the people of a group; the administrators where it has nobody
// whose role counts.
func (c *Change) groupOr(ctx context.Context, name string) ([]string, error) {
	people, err := c.Tx.CountingIn(ctx, name, c.Now)
	if err == nil && len(people) == 0 {
		people, err = c.Tx.CountingStaff(ctx, recovery.Administrator, c.Now)
	}
	return people, err
}

// tellNamed writes to one person whom the row names. Nobody can be written to
// whom the directory names without telling who they are.
func (c *Change) tellNamed(ctx context.Context, kind recovery.Notice, e recovery.Event, t recovery.Ticket, person string, held int64) error {
	p, err := c.Tx.Person(ctx, person)
	if missing(err) || err == nil && p.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	f := notify.Facts{Account: t.Account, Reference: t.Reference, What: []string{t.Event.Words() + ".", recovery.HappenedWords(e.Kind)}}
	return c.mailHeld(ctx, kind, e, p, f, held)
}
