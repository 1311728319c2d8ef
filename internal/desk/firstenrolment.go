package desk

import (
	"cmp"
	"context"
	"encoding/json"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// beginnings refuses what could not end: a recovery of what never was, a first
// enrolment or an undone takeover without an address to go on with. The refusal is
// the first answer, the second one is an error.
func (d *Desk) beginnings(ctx context.Context, v store.View, o Opening, earlier []recovery.Earlier, now int64) (refusal, err error) {
	if o.Account.Ended != 0 || o.Ruling.Refusal != nil { // that says more
		return nil, nil
	}
	had, err := v.EverHadFactor(ctx, o.Account.ID)
	if err != nil {
		return nil, err
	}
	addresses, err := v.Addresses(ctx, o.Account.ID)
	if err != nil {
		return nil, err
	}
	around, err := d.around(ctx, v, recovery.Ticket{Account: o.Account.ID, Event: o.In.Event, Population: o.Account.Row(), Facts: o.In.Facts, Source: o.Source}, now)
	if err != nil {
		return nil, err
	}
	return cmp.Or(recovery.MayRecover(o.In.Event, had), recovery.MayEnrolFirst(o.In.Event, addresses, around),
		recovery.MayDoubt(o.In.Facts, earlier, addresses, around, d.Settings.InPerson)), nil
}

// firstDay says, for the statement, when the person starts and since when the
// directory says so: whoever moves the day opens the row.
func firstDay(ctx context.Context, v store.View, t recovery.Ticket, a recovery.Account) (string, error) {
	if t.Event != recovery.FirstEnrolment {
		return "", nil
	}
	run, err := valueOf(ctx, v, a, "start_date")
	return recovery.DayText(a.StartsOn) + ", in the directory since " + recovery.UTC(run.Since), err
}

// setsPassword says whether the ticket's holder chooses a password with the passkey.
func setsPassword(ctx context.Context, v store.View, t recovery.Ticket) (bool, error) {
	all, err := v.Factors(ctx, t.Account)
	return t.SetsPassword(all), err
}

// chosen is what waits with the challenge of an enrolment: the hash, never the password.
type chosen struct{ Secret string }

// choose checks a password that is chosen with a new passkey and hashes it; "" for
// a ticket that sets none.
func (d *Desk) choose(ctx context.Context, v store.View, t recovery.Ticket, password string) (string, error) {
	sets, err := setsPassword(ctx, v, t)
	if err != nil || !sets {
		return "", err
	}
	a, err := v.Account(ctx, t.Account)
	if err != nil {
		return "", err
	}
	addresses, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return "", err
	}
	if err := recovery.MayUsePassword(password, a, values(addresses)); err != nil {
		return "", err
	}
	secret, err := d.Directory.HashPassword(ctx, password)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(chosen{Secret: secret})
	return string(data), err
}

// addChosen adds the password that was chosen when the ceremony began; the ticket
// must still be one that sets it.
func (c *Change) addChosen(ctx context.Context, t recovery.Ticket, data string) error {
	sets, err := setsPassword(ctx, c.Tx.View, t)
	if err != nil || !sets {
		return err
	}
	var with chosen
	if data == "" {
		return recovery.Refuse("password-missing", "Choose a password.", "Start again on this page.").On("password")
	}
	if err := json.Unmarshal([]byte(data), &with); err != nil {
		return err
	}
	return c.Tx.AddFactor(ctx, recovery.Factor{ID: c.desk.newID(), Account: t.Account, Kind: recovery.Password, Name: "Password", Secret: with.Secret, Added: c.Now, Ticket: t.ID})
}
