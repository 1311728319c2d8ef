package desk

import (
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

// ImportReport is what an import did, for the command line to print.
type ImportReport struct {
	Baseline  bool // the founding import: its values count as unchanged (R27)
	Added     []string
	Changed   []AccountDiff
	Unchanged int
	// Problems is why nothing was imported; More counts those not listed.
	Problems []LineProblem
	More     int
}

// AccountDiff is what an import changed on one account.
type AccountDiff struct {
	ID     string
	Values []ValueDiff
}

// ValueDiff is one value before and after; "" is an empty value.
type ValueDiff struct{ Field, Before, After string }

// known is what the directory holds of the accounts and people in a file.
type known struct {
	accounts  map[string]recovery.Account
	persons   map[string]recovery.Person
	addresses map[string][]recovery.Address // by account
	open      map[string]string             // reference of the account's open ticket
}

// plan is everything an import writes.
type plan struct {
	report    ImportReport
	persons   []recovery.Person
	accounts  []recovery.Account
	addresses []recovery.Address
	moves     []move
	added     []recovery.Account
	changed   []AccountDiff
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
	have     known
	now      int64
	baseline int64 // now at the founding import, else 0
	newID    func() string
	plan     plan
}

// references checks what a row says about others: its manager, its owner, what
// kind of account it was before, and whether its addresses may change now.
func (p *planner) references() {
	inFile := map[string]bool{}
	for _, r := range p.file.rows {
		if r.Population != recovery.Service {
			inFile[r.ID] = true
		}
	}
	for _, r := range p.file.rows {
		_, person := p.have.persons[r.Manager]
		if r.Manager != "" && !inFile[r.Manager] && !person {
			p.file.complain(r.Line, "manager_id %s is no person of this file or of the directory; add that person or leave it empty", r.Manager)
		}
		if _, person := p.have.persons[r.Sponsor]; r.Sponsor != "" && !inFile[r.Sponsor] && !person {
			p.file.complain(r.Line, "sponsor_id %s is no person of this file or of the directory; add that person or leave it empty", r.Sponsor)
		}
		old, exists := p.have.accounts[r.ID]
		if !exists {
			continue
		}
		if old.Ended != 0 {
			p.file.complain(r.Line, "account %s has ended; a new account needs a new id", r.ID)
		}
		if (old.Population == recovery.Service) != (r.Population == recovery.Service) {
			p.file.complain(r.Line, "account %s cannot change between %s and %s; end it and give the new account a new id", r.ID, old.Population, r.Population)
		}
		if until := old.ContactsFrom(); p.now < until && p.differs(r).any() {
			p.file.complain(r.Line, "account %s was recovered a short time ago, so its addresses cannot change until %s; leave the line out until then", r.ID, recovery.UTC(until))
		}
		if ref, is := p.have.open[r.ID]; is && p.differs(r).any() {
			p.file.complain(r.Line, "account %s has the open ticket %s, so its addresses cannot change; leave the line out until it is closed", r.ID, ref)
		}
	}
}

// run makes the plan of a file without problems.
func (p *planner) run() plan {
	p.plan.report.Baseline = p.baseline != 0
	for _, r := range p.file.rows {
		old, exists := p.have.accounts[r.ID]
		if exists {
			p.change(r, old)
			continue
		}
		p.add(r)
	}
	p.plan.report.Changed = p.plan.changed
	return p.plan
}

func (p *planner) add(r recovery.RosterRow) {
	a := recovery.Account{ID: r.ID, Person: r.Person(), Name: r.Name, Department: r.Department, Manager: r.Manager, Population: r.Population,
		Created: p.now, Baseline: p.baseline, StartsOn: recovery.DayOf(r.Start), EndsOn: recovery.DayOf(r.ContractEnd), Sponsor: r.Sponsor}
	p.plan.accounts, p.plan.added = append(p.plan.accounts, a), append(p.plan.added, a)
	p.plan.report.Added = append(p.plan.report.Added, r.ID)
	p.person(r)
	for _, w := range wanted(r) {
		p.plan.addresses = append(p.plan.addresses, p.address(r.ID, w))
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
	next := old
	next.Name, next.Population = r.Name, r.Population
	if p.file.has("department") {
		next.Department = r.Department
	}
	if p.file.has("manager_id") {
		next.Manager, next.Person = r.Manager, r.Person()
	}
	p.employment(r, &next)
	diff := AccountDiff{ID: r.ID}
	differ := func(field, before, after string) {
		if before != after {
			diff.Values = append(diff.Values, ValueDiff{field, before, after})
		}
	}
	differ("name", old.Name, next.Name)
	differ("population", string(old.Population), string(next.Population))
	differ("department", old.Department, next.Department)
	differ("manager_id", old.Manager, next.Manager)
	differ("contract_end", recovery.DayText(old.EndsOn), recovery.DayText(next.EndsOn))
	differ("start_date", recovery.DayText(old.StartsOn), recovery.DayText(next.StartsOn))
	differ("sponsor_id", old.Sponsor, next.Sponsor)
	if len(diff.Values) > 0 || next.Person != old.Person {
		p.plan.accounts = append(p.plan.accounts, next)
	}
	m := p.move(r)
	differ("addresses", strings.Join(values(m.end), " "), strings.Join(append(values(m.add), values(m.revive)...), " "))
	if mail, changed := p.person(r); changed && !m.any() {
		differ("email", mail, r.Email) // the same two mailboxes in another order
	}
	if len(diff.Values) == 0 {
		p.plan.report.Unchanged++
		return
	}
	p.plan.changed = append(p.plan.changed, diff)
}

// employment takes over what the file says about start, end and sponsor.
func (p *planner) employment(r recovery.RosterRow, next *recovery.Account) {
	if p.file.has("contract_end") {
		next.EndsOn = recovery.DayOf(r.ContractEnd)
	}
	if p.file.has("start_date") {
		next.StartsOn = recovery.DayOf(r.Start)
	}
	if p.file.has("sponsor_id") {
		next.Sponsor = r.Sponsor
	}
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

func values(all []recovery.Address) []string {
	var out []string
	for _, a := range all {
		out = append(out, a.Value)
	}
	return out
}

// lines tell the holder which addresses changed, at every one of them (R27).
func (m move) lines() []string {
	var out []string
	say := func(all []recovery.Address, text string) {
		for _, a := range all {
			out = append(out, fmt.Sprintf(text, recovery.Mask(a)))
		}
	}
	say(m.end, "%s is no longer on record")
	say(m.add, "%s was added")
	say(m.revive, "%s was put back on record")
	return out
}
