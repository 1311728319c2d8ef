package desk

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
)

// ImportAccounts takes in an accounts file (CSV, header recovery.RosterColumns),
// all or nothing. The first import into an empty directory is the baseline of
// R27; later ones add and change, and accounts that the file does not name are
// left alone. A changed address is new evidence: its age starts now, the old one
// stays a notice address for 90 days, and the holder is told at both.
//
// Refused, with every bad line in the report: a file that cannot be taken as a
// whole. Only the machine's console imports.
func (d *Desk) ImportAccounts(ctx context.Context, actor Actor, in io.Reader) (ImportReport, error) {
	file, err := readRoster(in)
	if err != nil {
		return ImportReport{}, err
	}
	read, more := len(file.problems), file.more
	var report ImportReport
	err = d.change(ctx, actor, recovery.AccountsRefused, nil, func(ctx context.Context, c *Change) error {
		if actor.Kind != Machine {
			return recovery.NeedRole(recovery.Administrator)
		}
		file.problems, file.more = file.problems[:read], more // an act may run twice
		p, err := c.plan(ctx, file)
		report = p.report
		if err != nil {
			return err
		}
		return c.carryOut(ctx, p)
	})
	return report, err
}

// plan compares the file with the rows as they are now.
func (c *Change) plan(ctx context.Context, file *roster) (plan, error) {
	bad := func() (plan, error) {
		return plan{report: ImportReport{Problems: file.problems, More: file.more}}, recovery.Refuse("import-problems",
			"Nothing was imported: the file has "+counted(len(file.problems)+file.more, "problem")+".", "Correct the lines listed and import the file again.")
	}
	if len(file.problems) > 0 {
		return bad()
	}
	any, err := c.Tx.AnyAccount(ctx)
	if err != nil {
		return plan{}, err
	}
	p := planner{file: file, now: c.Now, newID: c.desk.newID}
	if !any {
		p.baseline = c.Now
	}
	if p.have, err = c.known(ctx, file.rows); err != nil {
		return plan{}, err
	}
	if p.references(); len(file.problems) > 0 {
		return bad()
	}
	out := p.run()
	if len(out.moves) > recovery.RosterMovesMax {
		file.complain(0, "the file changes addresses of %d accounts, at most %d in one import; split it", len(out.moves), recovery.RosterMovesMax)
		return bad()
	}
	return out, nil
}

// known reads what the directory holds of the accounts and people in a file.
func (c *Change) known(ctx context.Context, rows []recovery.RosterRow) (known, error) {
	k := known{accounts: map[string]recovery.Account{}, persons: map[string]recovery.Person{}, addresses: map[string][]recovery.Address{}, open: map[string]string{}}
	accounts, people := make([]string, len(rows)), map[string]bool{}
	for i, r := range rows {
		accounts[i], people[r.ID] = r.ID, true
		if r.Manager != "" {
			people[r.Manager] = true
		}
		if r.Sponsor != "" {
			people[r.Sponsor] = true
		}
	}
	all, err := c.Tx.AccountsIn(ctx, accounts)
	if err != nil {
		return k, err
	}
	for _, a := range all {
		k.accounts[a.ID] = a
	}
	persons, err := c.Tx.PersonsIn(ctx, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return k, err
	}
	for _, p := range persons {
		k.persons[p.ID] = p
	}
	tickets, err := c.Tx.OpenTicketsIn(ctx, slices.Sorted(maps.Keys(k.accounts)))
	if err != nil {
		return k, err
	}
	for _, t := range tickets {
		k.open[t.Account] = t.Reference
	}
	addresses, err := c.Tx.AddressesIn(ctx, slices.Sorted(maps.Keys(k.accounts)))
	for _, a := range addresses {
		k.addresses[a.Account] = append(k.addresses[a.Account], a)
	}
	return k, err
}

// carryOut writes a plan and records it: one entry for the import, one for each
// account it touched.
func (c *Change) carryOut(ctx context.Context, p plan) error {
	if err := c.Tx.SavePersons(ctx, p.persons); err != nil {
		return err
	}
	if err := c.Tx.SaveAccounts(ctx, p.accounts); err != nil {
		return err
	}
	if err := c.Tx.AddAddresses(ctx, p.addresses); err != nil {
		return err
	}
	if p.report.Baseline {
		if err := c.Tx.SetMeta(ctx, "baseline", strconv.FormatInt(c.Now, 10)); err != nil {
			return err
		}
	}
	if err := c.recordImport(ctx, p); err != nil {
		return err
	}
	for _, m := range p.moves {
		if err := c.moveAddresses(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (c *Change) recordImport(ctx context.Context, p plan) error {
	data := map[string]string{"added": strconv.Itoa(len(p.added)), "changed": strconv.Itoa(len(p.changed)), "unchanged": strconv.Itoa(p.report.Unchanged)}
	if p.report.Baseline {
		data["baseline"] = "yes"
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.AccountsImported, Data: data}); err != nil {
		return err
	}
	all := make([]recovery.Event, 0, len(p.added)+len(p.changed))
	for _, a := range p.added {
		all = append(all, recovery.Event{Kind: recovery.AccountAdded, Account: a.ID, Data: map[string]string{"population": string(a.Population)}})
	}
	for _, d := range p.changed {
		data := map[string]string{}
		for _, v := range d.Values {
			data["changed-"+v.Field] = "yes"
			if v.Field == "population" {
				data["before"], data["after"] = v.Before, v.After
			}
		}
		all = append(all, recovery.Event{Kind: recovery.AccountChanged, Account: d.ID, Data: data})
	}
	return c.recordMany(ctx, all)
}

// recordMany is record for many events that owe nothing to anybody.
func (c *Change) recordMany(ctx context.Context, all []recovery.Event) error {
	entries := make([]ledger.Entry, len(all))
	for i, e := range all {
		if recovery.Owed(e.Kind) != (recovery.Obligation{}) {
			return fmt.Errorf("record many: %s owes notices", e.Kind)
		}
		entries[i] = ledger.Entry{Kind: string(e.Kind), Actor: c.Actor.ID(), Ticket: e.Ticket, Account: e.Account, Object: e.Object, Data: e.Data}
	}
	c.recorded += len(entries)
	return c.Tx.AppendMany(ctx, entries)
}

// moveAddresses changes an existing account's addresses; the event tells the
// holder at the new and, for 90 days, at the old ones (R27).
func (c *Change) moveAddresses(ctx context.Context, m move) error {
	for _, a := range m.end {
		if err := c.Tx.EndAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	for _, a := range m.revive {
		if err := c.Tx.ReviveAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.AddressReplaced, Account: m.account, Until: c.Now + recovery.OldAddressLife, What: m.lines(),
		Data: map[string]string{"added": strconv.Itoa(len(m.add) + len(m.revive)), "ended": strconv.Itoa(len(m.end))}})
}

// counted is a number with its noun: "1 problem", "2 problems".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
