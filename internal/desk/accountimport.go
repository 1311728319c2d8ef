package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Import is an accounts file. Shown is the digest of the difference that was
// looked at before: when the rows moved on since, nothing is done; "" for none.
type Import struct {
	File  io.Reader
	Shown string
}

// ImportAccounts takes in an accounts file (CSV, header recovery.RosterColumns),
// all or nothing; accounts that it does not name are left alone. A changed value
// is new evidence: its age starts now, and those it is about are told, at the old
// address too (R27).
//
// Until the house is founded the machine imports at once, and what it imports is
// the baseline that the founding roster signs. Later the machine's imports are
// proposals, and so are an administrator's that one person alone does not make:
// report.Filed says where it waits.
//
// Refused: a file that cannot be taken as a whole, with every bad line in the
// report; a difference other than the one shown; anybody but an administrator
// with a fresh touch.
func (d *Desk) ImportAccounts(ctx context.Context, actor Actor, in Import) (ImportReport, error) {
	file, err := readRoster(in.File)
	if err != nil {
		return ImportReport{}, err
	}
	return d.takeIn(ctx, actor, in.Shown, file.asRead)
}

// PlanImport says what ImportAccounts would do, and who would sign for it. It
// changes nothing.
func (d *Desk) PlanImport(ctx context.Context, actor Actor, in io.Reader) (ImportReport, error) {
	file, err := readRoster(in)
	if err != nil {
		return ImportReport{}, err
	}
	return d.wouldTake(ctx, actor, file.asRead)
}

// rosterOf gives the rows to take in, from the rows as they are in v. It may be
// asked twice.
type rosterOf func(ctx context.Context, v store.View) (*roster, error)

// asRead is the file as it was read, without what a plan complained of.
func (r *roster) asRead(context.Context, store.View) (*roster, error) {
	again := *r
	again.problems = slices.Clone(r.problems)
	return &again, nil
}

// takeIn applies rows, or files them for a second key.
func (d *Desk) takeIn(ctx context.Context, actor Actor, shown string, rows rosterOf) (ImportReport, error) {
	var report ImportReport
	err := d.change(store.Long(ctx), actor, recovery.AccountsRefused, nil, func(ctx context.Context, c *Change) error {
		report = ImportReport{}
		if err := c.mayImport(ctx); err != nil {
			return err
		}
		file, err := rows(ctx, c.Tx.View)
		if err != nil {
			return err
		}
		p, err := d.plan(ctx, c.Tx.View, actor, file, c.Now)
		report = p.report
		switch {
		case err != nil:
			return err
		case shown != "" && shown != p.report.Digest:
			return recovery.Refuse("rows-moved", "The directory changed after you looked at the difference, so nothing was done.", "Look at the difference as it is now.")
		case p.report.Needed > 0:
			filed, err := c.proposeImport(ctx, file, p)
			report.Filed = &filed
			return err
		}
		return c.carryOut(ctx, p, "")
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = recovery.Refuse("import-too-long", "This machine is too busy to take in the file in one piece, so nothing was changed.", "Try again at a quieter time, or in smaller files.")
	}
	return report, err
}

// wouldTake plans on one snapshot.
func (d *Desk) wouldTake(ctx context.Context, actor Actor, rows rosterOf) (ImportReport, error) {
	if actor.Kind != Machine {
		if _, err := d.reader(ctx, actor, recovery.Administrator); err != nil {
			return ImportReport{}, d.report(err)
		}
	}
	var p plan
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		file, err := rows(ctx, v)
		if err != nil {
			return err
		}
		p, err = d.plan(ctx, v, actor, file, d.now())
		return err
	})
	return p.report, d.report(err)
}

// mayImport lets the machine import, and administrators behind a fresh touch.
func (c *Change) mayImport(ctx context.Context) error {
	if c.Actor.Kind == Machine {
		return nil
	}
	if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
		return err
	}
	return c.fresh(ctx)
}

// plan compares rows to take in with the rows that v has.
func (d *Desk) plan(ctx context.Context, v store.View, actor Actor, file *roster, now int64) (plan, error) {
	bad := func() (plan, error) {
		if file.object != "" {
			return plan{}, lineRefusal(file)
		}
		return plan{report: ImportReport{Problems: file.problems, More: file.more}}, recovery.Refuse("import-problems",
			"Nothing was imported: the file has "+counted(len(file.problems)+file.more, "problem")+".", "Correct the lines listed and import the file again.")
	}
	if len(file.problems) > 0 {
		return bad()
	}
	any, err := v.AnyAccount(ctx)
	if err != nil {
		return plan{}, err
	}
	p := planner{file: file, now: now, newID: d.newID, founding: !any}
	if !any && d.Settings.Demo {
		p.baseline = now // made up with the rest of the demo; nobody signs it
	}
	if p.have, err = known(ctx, v, file.rows, now); err != nil {
		return plan{}, err
	}
	if p.references(); len(file.problems) > 0 {
		return bad()
	}
	out := p.run()
	if n := out.tells(); n > recovery.RosterMovesMax {
		file.complain(0, "the file changes what %d people are told of, at most %d in one import; split it", n, recovery.RosterMovesMax)
		return bad()
	}
	return out, d.whoSigns(ctx, v, actor, &out, now)
}

// whoSigns fills in why the change needs further keys, and how many (R27).
func (d *Desk) whoSigns(ctx context.Context, v store.View, actor Actor, p *plan, now int64) error {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return err
	}
	for _, s := range p.sensitive {
		for _, why := range s.Why {
			p.report.Why = append(p.report.Why, s.ID+": "+why)
		}
	}
	before, err := touchedAlone(ctx, v, actor, now)
	if err != nil {
		return err
	}
	if many := recovery.TooMany(int64(len(p.added)+len(p.changed)), before, rules.Policy.House.SecondKeyAt); many != "" {
		p.report.Why = append([]string{many}, p.report.Why...)
	}
	if actor.Kind != Machine {
		if len(p.report.Why) > 0 {
			p.report.Needed = 1
		}
		return nil
	}
	founded, err := d.isFounded(ctx, v)
	if !founded || d.Settings.Demo || len(p.added)+len(p.changed) == 0 {
		p.report.Why = nil // the founding roster signs for it, and nobody for a demo
		return err
	}
	p.report.Why = append([]string{"filed on the command line of a founded house"}, p.report.Why...)
	p.report.Needed = recovery.FiledByMachine
	return err
}

// importsOfADay bounds how many imports of one person are looked at: more of them
// have touched enough accounts. Ours.
const importsOfADay = 100

// touchedAlone is how many accounts a person touched within a day without anybody
// else's key: a file that is split is no smaller.
func touchedAlone(ctx context.Context, v store.View, actor Actor, now int64) (int64, error) {
	all, err := v.LedgerEntries(ctx, store.LedgerFilter{Actor: actor.ID(), Kind: string(recovery.AccountsImported), From: now - recovery.Day, Limit: importsOfADay})
	n := int64(0)
	for _, r := range all {
		if r.Entry.Data["proposal"] != "" {
			continue
		}
		for _, field := range []string{"added", "changed"} {
			some, _ := strconv.ParseInt(r.Entry.Data[field], 10, 64)
			n += some
		}
	}
	return n, err
}

// known reads what the directory holds of the accounts and people in a file.
func known(ctx context.Context, v store.View, rows []recovery.RosterRow, now int64) (inDirectory, error) {
	k := inDirectory{accounts: map[string]recovery.Account{}, persons: map[string]recovery.Person{}, addresses: map[string][]recovery.Address{},
		values: map[string][]recovery.ValueRun{}, open: map[string]string{}}
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
	all, err := v.AccountsIn(ctx, accounts)
	if err != nil {
		return k, err
	}
	for _, a := range all {
		k.accounts[a.ID] = a
	}
	persons, err := v.PersonsIn(ctx, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return k, err
	}
	for _, p := range persons {
		k.persons[p.ID] = p
	}
	tickets, err := v.OpenTicketsIn(ctx, slices.Sorted(maps.Keys(k.accounts)))
	if err != nil {
		return k, err
	}
	for _, t := range tickets {
		k.open[t.Account] = t.Reference
	}
	runs, err := v.AccountValuesIn(ctx, slices.Sorted(maps.Keys(k.accounts)))
	if err != nil {
		return k, err
	}
	for _, r := range runs {
		k.values[r.Account] = append(k.values[r.Account], r)
	}
	addresses, err := v.AddressesIn(ctx, slices.Sorted(maps.Keys(k.accounts)))
	for _, a := range addresses {
		k.addresses[a.Account] = append(k.addresses[a.Account], a)
	}
	if err != nil {
		return k, err
	}
	if err := k.scopes(ctx, v, now); err != nil {
		return k, err
	}
	return k, k.lookAlikes(ctx, v, rows)
}

// scopes reads what an account comes into by its department: the sight of
// suppliers, and open incidents.
func (k *inDirectory) scopes(ctx context.Context, v store.View, now int64) error {
	suppliers, err := v.Suppliers(ctx)
	if err != nil {
		return err
	}
	k.supplier.Outsourced = true
	for _, s := range suppliers {
		k.supplier.Scope = append(k.supplier.Scope, s.Departments...)
	}
	k.incidents, err = v.OpenIncidents(ctx, now)
	return err
}

// lookAlikes finds what new rows could be taken for: ids that differ only in
// case, and namesakes.
func (k *inDirectory) lookAlikes(ctx context.Context, v store.View, rows []recovery.RosterRow) error {
	k.alike, k.namesakes = map[string]string{}, map[string]string{}
	var ids, names []string
	for _, r := range rows {
		if _, exists := k.accounts[r.ID]; !exists {
			ids, names = append(ids, strings.ToLower(r.ID)), append(names, recovery.FoldName(r.Name))
		}
	}
	alike, err := v.AlikeIDs(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range alike {
		if _, exact := k.persons[id]; !exact {
			k.alike[strings.ToLower(id)] = id
		}
	}
	found, err := v.NamesakesIn(ctx, names)
	for _, n := range found {
		k.namesakes[n.Folded] = n.ID
	}
	return err
}

// carryOut writes a plan and records it: one entry for the import, one for each
// account it touched. proposal is what put it in force, "" for nobody but the actor.
func (c *Change) carryOut(ctx context.Context, p plan, proposal string) error {
	for _, t := range p.changed {
		if t.before.Ended != 0 && t.after.Ended == 0 {
			if err := c.Tx.DelayAddresses(ctx, t.before.ID, c.Now-t.before.Ended); err != nil {
				return err
			}
		}
	}
	if err := c.Tx.SavePersons(ctx, p.persons); err != nil {
		return err
	}
	if err := c.Tx.SaveAccounts(ctx, p.accounts); err != nil {
		return err
	}
	if err := c.Tx.AddAddresses(ctx, p.addresses); err != nil {
		return err
	}
	if err := c.Tx.SaveAccountValues(ctx, p.runs()); err != nil {
		return err
	}
	if err := c.recordImport(ctx, p, proposal); err != nil {
		return err
	}
	for _, t := range p.changed {
		if err := c.turned(ctx, t); err != nil {
			return err
		}
	}
	for _, m := range p.moves {
		if err := c.moveAddresses(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (c *Change) recordImport(ctx context.Context, p plan, proposal string) error {
	data := map[string]string{"added": strconv.Itoa(len(p.added)), "changed": strconv.Itoa(len(p.changed)), "unchanged": strconv.Itoa(p.report.Unchanged), "difference": p.report.Digest}
	if p.report.Founding {
		data["founding"] = "yes"
	}
	if proposal != "" {
		data["proposal"] = proposal
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.AccountsImported, Data: data}); err != nil {
		return err
	}
	all := make([]recovery.Event, 0, len(p.added)+len(p.changed))
	for _, a := range p.added {
		all = append(all, recovery.Event{Kind: recovery.AccountAdded, Account: a.ID, Data: map[string]string{"population": string(a.Population)}})
	}
	for _, t := range p.changed {
		data := map[string]string{}
		for _, v := range t.diff.Values {
			data["changed-"+v.Field] = "yes"
			if v.Field == recovery.FieldPopulation {
				data["before"], data["after"] = v.Before, v.After
			}
		}
		all = append(all, recovery.Event{Kind: recovery.AccountChanged, Account: t.diff.ID, Data: data})
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

// counted is a number with its noun: "1 problem", "2 problems".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
