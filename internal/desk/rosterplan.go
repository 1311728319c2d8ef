package desk

import (
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

// inDirectory is what the directory has of the accounts and people in a file.
type inDirectory struct {
	accounts  map[string]recovery.Account
	persons   map[string]recovery.Person
	addresses map[string][]recovery.Address // by account
	values    map[string][]recovery.ValueRun
	open      map[string]string   // reference of the account's open ticket
	alike     map[string]string   // id of an account or person, by its lower case
	namesakes map[string]string   // id of a live account, by its folded name
	supplier  recovery.Staff      // who sees what any supplier's desk sees
	incidents []recovery.Incident // open now
}

// plan is everything an import writes.
type plan struct {
	report    ImportReport
	persons   []recovery.Person
	accounts  []recovery.Account
	addresses []recovery.Address
	moves     []move
	added     []recovery.Account
	changed   []turn
	sensitive []AccountDiff // what the second key is for, new ones too
	about     []string      // persons of those
	full      []string      // the whole difference, unmasked, for its digest
}

// turn is a change of an existing account.
type turn struct {
	diff          AccountDiff
	before, after recovery.Account
	runs          []recovery.ValueRun
	told          []string // persons that the account was, or is, linked to
}

// move is a change of an existing account's addresses: new values, ended ones,
// and values that came back.
type move struct {
	account     string
	add         []recovery.Address
	end, revive []recovery.Address
}

// planner compares a file with the directory. It is pure: rows in, plan out.
type planner struct {
	file     *roster
	have     inDirectory
	now      int64
	founding bool  // the directory is empty
	baseline int64 // now at the import that a demo is born with, else 0
	newID    func() string
	plan     plan
}

// references checks what a row says about others: its manager, its sponsor, what
// kind of account it was before, and whether it may change so now.
func (p *planner) references() {
	inFile := map[string]bool{}
	for _, r := range p.file.rows {
		if r.Population != recovery.Service {
			inFile[r.ID] = true
		}
	}
	for _, r := range p.file.rows {
		for _, link := range []struct{ column, id string }{{recovery.FieldManager, r.Manager}, {recovery.FieldSponsor, r.Sponsor}} {
			if _, person := p.have.persons[link.id]; link.id != "" && !inFile[link.id] && !person {
				p.file.complain(r.Line, "%s %s is no person of this file or of the directory; add that person or leave it empty", link.column, link.id)
			}
		}
		old, exists := p.have.accounts[r.ID]
		if exists {
			p.mayChange(r, old)
			continue
		}
		if other := p.have.alike[strings.ToLower(r.ID)]; other != "" && other != r.ID {
			p.file.complain(r.Line, "id %s differs from %s, which the directory has, only in case; one of them would be taken for the other", r.ID, other)
		}
		if r.Ended == "yes" {
			p.file.complain(r.Line, "account %s is not in the directory, so it cannot end", r.ID)
		}
		if other := p.have.namesakes[recovery.FoldName(r.Name)]; other != "" && len(p.plan.report.Notes) < recovery.RosterProblemsMax {
			p.plan.report.Notes = append(p.plan.report.Notes, LineProblem{r.Line, "the name of " + r.ID + " reads like that of account " + other})
		}
	}
}

// mayChange checks a row against the account it is about.
func (p *planner) mayChange(r recovery.RosterRow, old recovery.Account) {
	contacts := p.differs(r).any()
	ref, open := p.have.open[r.ID]
	if old.Ended != 0 && !p.file.has("ended") {
		p.file.complain(r.Line, "account %s has ended; leave the line out, or bring the account back by a column ended that says no", r.ID)
	}
	if (old.Population == recovery.Service) != (r.Population == recovery.Service) {
		p.file.complain(r.Line, "account %s cannot change between %s and %s; end it and give the new account a new id", r.ID, old.Population, r.Population)
	}
	if until := old.ContactsFrom(); p.now < until && contacts {
		p.file.complain(r.Line, "account %s was recovered a short time ago, so its addresses cannot change until %s; leave the line out until then", r.ID, recovery.UTC(until))
	}
	if open && contacts {
		p.file.complain(r.Line, "account %s has the open ticket %s, so its addresses cannot change; leave the line out until it is closed", r.ID, ref)
	}
	if open && old.Ended == 0 && r.Ended == "yes" {
		p.file.complain(r.Line, "account %s has the open ticket %s, so it cannot end; withdraw or reject the ticket first", r.ID, ref)
	}
}

// run makes the plan of a file without problems.
func (p *planner) run() plan {
	p.plan.report.Founding = p.founding
	for _, r := range p.file.rows {
		old, exists := p.have.accounts[r.ID]
		if exists {
			p.change(r, old)
			continue
		}
		p.add(r)
	}
	for _, t := range p.plan.changed {
		p.plan.report.Changed = append(p.plan.report.Changed, t.diff)
	}
	p.plan.report.Digest = digestOfText(strings.Join(p.plan.full, "\n"))
	return p.plan
}

func (p *planner) add(r recovery.RosterRow) {
	a := recovery.Account{ID: r.ID, Person: r.Person(), Name: r.Name, Department: r.Department, Manager: r.Manager, Population: r.Population,
		Created: p.now, Baseline: p.baseline, StartsOn: recovery.DayOf(r.Start), EndsOn: recovery.DayOf(r.ContractEnd), Sponsor: r.Sponsor, Photo: r.Photo, Group: r.Group}
	p.plan.accounts, p.plan.added = append(p.plan.accounts, a), append(p.plan.added, a)
	p.plan.report.Added = append(p.plan.report.Added, r.ID)
	p.plan.full = append(p.plan.full, fmt.Sprintf("+ %q", r.Fields()))
	_, known := p.have.persons[r.ID]
	if why := (recovery.AccountChange{After: a, Known: known}).Why(); len(why) > 0 {
		p.sensitive(AccountDiff{ID: r.ID, Line: r.Line, New: true, Why: why, Values: []ValueDiff{{recovery.FieldHolder, "", a.Person}}}, a.Person)
	}
	p.person(r)
	for _, w := range wanted(r) {
		p.plan.addresses = append(p.plan.addresses, p.address(r.ID, w))
	}
}

// sensitive notes a change that needs a second key; persons whom the directory
// knows do not sign what is about them.
func (p *planner) sensitive(d AccountDiff, person string) {
	p.plan.sensitive = append(p.plan.sensitive, d)
	if _, known := p.have.persons[person]; known && !slices.Contains(p.plan.about, person) {
		p.plan.about = append(p.plan.about, person)
	}
}

func (p *planner) address(account string, w recovery.Address) recovery.Address {
	return recovery.Address{ID: p.newID(), Account: account, Kind: w.Kind, Value: w.Value, FirstSeen: p.now, Baseline: p.baseline}
}

// wanted are the addresses a row names, kind and value only.
func wanted(r recovery.RosterRow) []recovery.Address {
	var out []recovery.Address
	for _, a := range []recovery.Address{{Kind: recovery.Mail, Value: r.Email}, {Kind: recovery.Mail, Value: r.Email2}, {Kind: recovery.Phone, Value: r.Phone}} {
		if a.Value != "" {
			out = append(out, a)
		}
	}
	return out
}

// person saves the directory person of a row when there is anything to save,
// and answers what the person's mail address was.
func (p *planner) person(r recovery.RosterRow) (mailBefore string, changed bool) {
	if r.Population == recovery.Service {
		return "", false
	}
	old, exists := p.have.persons[r.ID]
	next := recovery.Person{ID: r.ID, Name: r.Name, Email: r.Email, Manager: r.Manager, Department: r.Department, FirstSeen: p.now}
	if exists {
		next.FirstSeen = old.FirstSeen
	}
	if exists && !p.file.has("department") {
		next.Department = old.Department
	}
	if exists && !p.file.has("manager_id") {
		next.Manager = old.Manager
	}
	if exists && next == old {
		return old.Email, false
	}
	p.plan.persons = append(p.plan.persons, next)
	return old.Email, exists
}

// change compares a row with its account and plans what differs.
func (p *planner) change(r recovery.RosterRow, old recovery.Account) {
	t := turn{diff: AccountDiff{ID: r.ID, Line: r.Line}, before: old, after: p.next(r, old)}
	have := p.have.values[r.ID]
	if old.Ended != 0 && t.after.Ended == 0 {
		have = old.Back(have, p.now)
		t.runs = have
	}
	after := t.after.Values()
	for i, v := range old.Values() {
		if v != after[i] {
			p.differ(&t, v.Field, v.Text, after[i].Text, v.Text, after[i].Text)
			t.runs = overlay(t.runs, old.Turn(slices.Concat(have, p.have.values[r.ID]), v, after[i], p.now))
		}
	}
	if was, is := inUse(old), inUse(t.after); was != is {
		p.differ(&t, "ended", was, is, was, is)
	}
	m := p.move(r)
	if m.any() {
		p.differ(&t, "addresses", strings.Join(values(m.end), " "), strings.Join(append(values(m.add), values(m.revive)...), " "), masks(m.end), masks(append(m.add, m.revive...)))
	}
	if mail, changed := p.person(r); changed && !m.any() && mail != r.Email {
		p.differ(&t, "email", mail, r.Email, maskMail(mail), maskMail(r.Email)) // the same two mailboxes in another order
	}
	if len(t.diff.Values) == 0 {
		p.plan.report.Unchanged++
		return
	}
	p.turned(t, m.any())
}

// next is the account as the row wants it; columns that the file lacks leave
// values alone.
func (p *planner) next(r recovery.RosterRow, old recovery.Account) recovery.Account {
	next := old
	next.Name, next.Population = r.Name, r.Population
	if p.file.has(recovery.FieldManager) {
		next.Manager, next.Person = r.Manager, r.Person()
	}
	for _, c := range []struct {
		column string
		to     *string
		text   string
	}{{"department", &next.Department, r.Department}, {recovery.FieldSponsor, &next.Sponsor, r.Sponsor}, {"photo_record", &next.Photo, r.Photo}, {"group", &next.Group, r.Group}} {
		if p.file.has(c.column) {
			*c.to = c.text
		}
	}
	if p.file.has("contract_end") {
		next.EndsOn = recovery.DayOf(r.ContractEnd)
	}
	if p.file.has("start_date") {
		next.StartsOn = recovery.DayOf(r.Start)
	}
	switch {
	case r.Ended == "yes" && old.Ended == 0:
		next.Ended = p.now
	case r.Ended != "yes" && p.file.has("ended"):
		next.Ended = 0
	}
	return next
}

// differ notes one value before and after, in full for the digest, and as it is shown.
func (p *planner) differ(t *turn, field, before, after, shownBefore, shownAfter string) {
	t.diff.Values = append(t.diff.Values, ValueDiff{field, shownBefore, shownAfter})
	p.plan.full = append(p.plan.full, fmt.Sprintf("= %q %s %q %q", t.diff.ID, field, before, after))
}

// turned files what differs on one account.
func (p *planner) turned(t turn, contacts bool) {
	if t.before != t.after {
		p.plan.accounts = append(p.plan.accounts, t.after)
	}
	first := slices.ContainsFunc(t.diff.Values, func(v ValueDiff) bool { return v.Field == "email" })
	t.diff.Why = recovery.AccountChange{Before: t.before, After: t.after, Contacts: contacts || first,
		Shown:  p.have.supplier.Sees(t.after) && (t.before.Department != t.after.Department || !p.have.supplier.Sees(t.before)),
		Listed: slices.ContainsFunc(p.have.incidents, func(i recovery.Incident) bool { return i.Lists(t.after) && !i.Lists(t.before) }),
		Again:  t.before.ContractOver(p.now) && !t.after.ContractOver(p.now),
		Starts: t.before.StartsOn != t.after.StartsOn && t.after.StartsYet(p.now)}.Why()
	t.told = links(t.before, t.after)
	if len(t.diff.Why) > 0 {
		p.sensitive(t.diff, t.before.Person)
	}
	switch {
	case t.before.Ended == 0 && t.after.Ended != 0:
		p.plan.report.Ended = append(p.plan.report.Ended, t.diff.ID)
	case t.before.Ended != 0 && t.after.Ended == 0:
		p.plan.report.Returned = append(p.plan.report.Returned, t.diff.ID)
	}
	p.plan.changed = append(p.plan.changed, t)
}

// move plans what differs between the addresses on record and those of a row.
func (p *planner) move(r recovery.RosterRow) move {
	m := p.differs(r)
	if m.any() {
		p.plan.addresses = append(p.plan.addresses, m.add...)
		p.plan.moves = append(p.plan.moves, m)
	}
	return m
}

func (m move) any() bool { return len(m.add)+len(m.end)+len(m.revive) > 0 }

// differs compares the addresses on record with those of a row. A value that
// comes back is new evidence, so its age starts over.
func (p *planner) differs(r recovery.RosterRow) move {
	m := move{account: r.ID}
	want := wanted(r)
	same := func(a recovery.Address) func(recovery.Address) bool {
		return func(b recovery.Address) bool { return a.Kind == b.Kind && a.Value == b.Value }
	}
	have := p.have.addresses[r.ID]
	for _, a := range have {
		if a.Ended == 0 && !slices.ContainsFunc(want, same(a)) {
			m.end = append(m.end, a)
		}
	}
	for _, w := range want {
		switch i := slices.IndexFunc(have, same(w)); {
		case i < 0:
			m.add = append(m.add, p.address(r.ID, w))
		case have[i].Ended != 0:
			m.revive = append(m.revive, have[i])
		}
	}
	return m
}
