package desk

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// AccountEdit is a form about one account: nil leaves a value as it is.
type AccountEdit struct {
	Account                                                     string
	Department, Manager, Phone, Email2, Population, ContractEnd *string
	Sponsor, Group                                              *string
	Ended                                                       *bool
	Shown                                                       string // digest of the difference that was looked at
}

// EditAccount changes one account like a file of one line would: it is the same
// plan, the same second key and the same messages (R27). Refused: no change; and
// what ImportAccounts refuses.
func (d *Desk) EditAccount(ctx context.Context, actor Actor, in AccountEdit) (ImportReport, error) {
	return d.takeIn(ctx, actor, in.Shown, in.row)
}

// PlanEdit says what EditAccount would do, and who would sign for it.
func (d *Desk) PlanEdit(ctx context.Context, actor Actor, in AccountEdit) (ImportReport, error) {
	return d.wouldTake(ctx, actor, in.row)
}

// row is the account's line as the form wants it.
func (e AccountEdit) row(ctx context.Context, v store.View) (*roster, error) {
	a, err := v.Account(ctx, e.Account)
	if err != nil {
		return nil, err
	}
	addresses, err := v.Addresses(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	first := ""
	if a.Population != recovery.Service {
		p, err := v.Person(ctx, a.Person)
		if err != nil {
			return nil, err
		}
		first = p.Email
	}
	before := recovery.RowOf(a, addresses, first)
	row := e.overlay(before)
	if row == before {
		return nil, recovery.Refuse("no-change", "Nothing was changed.", "Change a value, then look at the difference.")
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	if err := w.WriteAll([][]string{recovery.RosterColumns, row.Fields()}); err != nil {
		return nil, err
	}
	file, err := readRoster(strings.NewReader(text.String()))
	if err == nil {
		file.object = a.ID
	}
	return file, err
}

// overlay puts what the form says over a line.
func (e AccountEdit) overlay(row recovery.RosterRow) recovery.RosterRow {
	for _, f := range []struct{ to, from *string }{{&row.Department, e.Department}, {&row.Manager, e.Manager}, {&row.Phone, e.Phone}, {&row.Email2, e.Email2},
		{&row.ContractEnd, e.ContractEnd}, {&row.Sponsor, e.Sponsor}, {&row.Group, e.Group}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if e.Population != nil {
		row.Population = recovery.Population(*e.Population)
	}
	if e.Ended != nil {
		row.Ended = "no"
		if *e.Ended {
			row.Ended = "yes"
		}
	}
	return row.Normalise()
}

// editColumns are the form's fields whose faults can be named.
var editColumns = []string{"email2", "phone", "population", "department", "manager_id", "contract_end", "sponsor_id", "group", "ended"}

// lineRefusal words the fault of a form's line at its field.
func lineRefusal(file *roster) error {
	text := file.problems[0].Text
	r := recovery.Refuse("value-wrong", strings.ToUpper(text[:1])+text[1:]+".", "Correct the value.")
	if column, _, _ := strings.Cut(text, " "); slices.Contains(editColumns, column) {
		return r.On(column)
	}
	return r
}

// AccountForm is what the form about an account begins with.
type AccountForm struct {
	Account       recovery.Account
	Phone, Email2 string // masked, "" for none
	Fresh         bool   // the actor touched a key in the last five minutes
}

// ImportPage says whether an administrator may import at once, or touches a key
// first.
func (d *Desk) ImportPage(ctx context.Context, actor Actor) (fresh bool, err error) {
	if _, err := d.reader(ctx, actor, recovery.Administrator); err != nil {
		return false, d.report(err)
	}
	fresh, err = isFresh(ctx, d.view(), actor, d.now())
	return fresh, d.report(err)
}

// EditPage reads the form of an account, for administrators.
func (d *Desk) EditPage(ctx context.Context, actor Actor, id string) (AccountForm, error) {
	fresh, err := d.ImportPage(ctx, actor)
	out := AccountForm{Fresh: fresh}
	if err != nil {
		return out, err
	}
	if out.Account, err = d.view().Account(ctx, id); err != nil {
		return out, d.report(err)
	}
	addresses, err := d.view().Addresses(ctx, id)
	row := recovery.RowOf(out.Account, addresses, "")
	if out.Account.Person == id {
		p, err := d.view().Person(ctx, id)
		if err != nil {
			return out, d.report(err)
		}
		row = recovery.RowOf(out.Account, addresses, p.Email)
	}
	out.Email2 = maskMail(row.Email2)
	if row.Phone != "" {
		out.Phone = recovery.Mask(recovery.Address{Kind: recovery.Phone, Value: row.Phone})
	}
	return out, d.report(err)
}
