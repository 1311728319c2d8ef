package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Views of the queue.
const (
	ViewOpen     = "open"
	ViewMine     = "mine"
	ViewNobody   = "unassigned"
	ViewSelf     = "self-service"
	ViewApproval = "approval"
	ViewExpiring = "expiring"
	ViewEnrol    = "re-enrolment"
	ViewReview   = "review"
	ViewClosed   = "closed"
)

// QueueViews lists them in the order the page shows them.
var QueueViews = []string{ViewMine, ViewNobody, ViewApproval, ViewExpiring, ViewEnrol, ViewReview, ViewSelf, ViewOpen, ViewClosed}

// QueuePageSize is how many tickets a page shows; ours.
const QueuePageSize = 50

// soon is what the view "expiring" and the filter due=15m mean.
const soon = 15 * recovery.Minute

// QueueQuery is what the queue's URL says. State narrows a view to one state.
type QueueQuery struct {
	View  string
	State recovery.State
	Tier  recovery.Tier
	Mine  bool // assigned to the reader
	Risk  bool // more approvers than the row asks for
	Soon  bool // due within 15 minutes
	Text  string
	After string // cursor
}

// Queue is one page of tickets.
type Queue struct {
	Rows   []store.QueueRow
	Counts map[string]int64 // by view; above CountMax only that there are more
	Saved  []store.SavedView
	Next   string // cursor of the next page, "" at the end
}

// QueuePage lists tickets for staff who work with them. A text finds a reference
// or accounts by name, mail or id.
func (d *Desk) QueuePage(ctx context.Context, actor Actor, q QueueQuery) (Queue, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor)
	if err != nil {
		return Queue{}, err
	}
	out, err := d.queuePage(ctx, staff, q)
	if err != nil {
		return out, d.report(err)
	}
	if staff.Outsourced {
		out.Counts = nil // they count the whole house
	}
	if q.Text != "" {
		return out, d.searched(ctx, actor, staff, "queue", q.Text, len(out.Rows))
	}
	return out, nil
}

func (d *Desk) queuePage(ctx context.Context, staff recovery.Staff, q QueueQuery) (Queue, error) {
	reader := staff.Person.ID
	v, f := d.view(), q.filter(reader, d.now())
	f.Supplier, f.Departments = staff.Outsourced, staff.Scope
	var out Queue
	counters, err := v.Counters(ctx)
	if err != nil {
		return out, err
	}
	out.Counts = viewCounts(counters)
	if err := d.countViews(ctx, v, reader, out.Counts); err != nil {
		return out, err
	}
	if out.Saved, err = savedViews(ctx, v, staff); err != nil {
		return out, err
	}
	found, err := findFor(ctx, v, &f, q.Text)
	if err != nil || !found || len(f.States) == 0 {
		return out, err
	}
	if out.Rows, err = v.Queue(ctx, f); err != nil {
		return out, err
	}
	if len(out.Rows) > QueuePageSize {
		out.Rows = out.Rows[:QueuePageSize]
		out.Next = cursor(out.Rows[QueuePageSize-1].Ticket, f.NewestFirst)
	}
	return out, d.countSteps(ctx, v, out.Rows)
}

// countSteps fills in "2 of 3" for tickets in proofing, in one read.
func (d *Desk) countSteps(ctx context.Context, v store.View, rows []store.QueueRow) error {
	var ids []string
	for _, r := range rows {
		if r.Ticket.State == recovery.Proofing {
			ids = append(ids, r.Ticket.ID)
		}
	}
	passed, err := v.PassedSteps(ctx, ids)
	if err != nil {
		return err
	}
	flows := map[string]recovery.Workflow{} // most rows share one
	for i, r := range rows {
		w, known := flows[r.Ticket.WorkflowVersion]
		if !known {
			if w, err = d.workflow(ctx, v, r.Ticket.WorkflowVersion); err != nil {
				return err
			}
			flows[r.Ticket.WorkflowVersion] = w
		}
		rows[i].Passed, rows[i].Steps = passed[r.Ticket.ID], int64(len(w.For(r.Ticket).Steps))
	}
	return nil
}

// statesOf are the states a view shows.
func statesOf(view string) []recovery.State {
	switch view {
	case ViewApproval:
		return []recovery.State{recovery.WaitingApproval}
	case ViewEnrol:
		return []recovery.State{recovery.Collecting, recovery.Lapsed}
	case ViewReview:
		return []recovery.State{recovery.InReview}
	}
	var out []recovery.State
	for _, s := range recovery.States {
		if s.Resting() == (view == ViewClosed) {
			out = append(out, s)
		}
	}
	return out
}

func (q QueueQuery) filter(reader string, now int64) store.QueueFilter {
	f := store.QueueFilter{States: statesOf(q.View), Tier: q.Tier, Unassigned: q.View == ViewNobody, SelfService: q.View == ViewSelf, Raised: q.Risk, NewestFirst: q.View == ViewClosed, Limit: QueuePageSize + 1}
	if q.State != "" {
		f.States = slices.DeleteFunc(f.States, func(s recovery.State) bool { return s != q.State })
	}
	if q.View == ViewMine || q.Mine {
		f.AssignedTo = reader
	}
	if q.View == ViewApproval {
		f.NotFor = reader
	}
	if q.View == ViewExpiring || q.Soon {
		f.DueFrom, f.DueBefore = now, now+soon
	}
	f.After, f.AfterID = parseCursor(q.After)
	return f
}

// findFor narrows the filter to what a search text names; false when that is nothing.
func findFor(ctx context.Context, v store.View, f *store.QueueFilter, text string) (bool, error) {
	if text == "" {
		return true, nil
	}
	accounts, err := accountsFor(ctx, v, text, searchShown)
	for _, a := range accounts {
		f.Accounts = append(f.Accounts, a.ID)
	}
	return len(accounts) > 0, err
}

// accountsFor finds accounts by the reference of one of their tickets, or as
// FindAccounts of the store does.
func accountsFor(ctx context.Context, v store.View, text string, limit int64) ([]recovery.Account, error) {
	ref, err := codes.ParseReference(text)
	if err != nil {
		return v.FindAccounts(ctx, text, limit)
	}
	t, err := v.TicketByReference(ctx, ref)
	if errors.Is(err, store.ErrNotFound) {
		return v.FindAccounts(ctx, text, limit) // a name can look like a reference
	}
	if err != nil {
		return nil, err
	}
	a, err := v.Account(ctx, t.Account)
	return []recovery.Account{a}, err
}

func cursor(t recovery.Ticket, newest bool) string {
	at := t.Next
	if newest {
		at = t.Opened
	}
	return strconv.FormatInt(at, 10) + "_" + t.ID
}

// parseCursor reads a cursor; a damaged one is the first page.
func parseCursor(s string) (at int64, id string) {
	head, id, ok := strings.Cut(s, "_")
	at, err := strconv.ParseInt(head, 10, 64)
	if !ok || err != nil {
		return 0, ""
	}
	return at, id
}

// viewCounts sums kept counters; views that depend on the reader have none.
func viewCounts(counters map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for _, view := range []string{ViewEnrol, ViewReview, ViewOpen, ViewClosed} {
		for _, s := range statesOf(view) {
			out[view] += counters["tickets."+string(s)]
		}
	}
	return out
}

// CountMax is where the count of a view ends: "100+".
const CountMax = 100

// countViews counts what depends on the reader or the clock, each up to CountMax.
func (d *Desk) countViews(ctx context.Context, v store.View, reader string, into map[string]int64) error {
	for _, view := range []string{ViewMine, ViewNobody, ViewApproval, ViewExpiring, ViewSelf} {
		f := QueueQuery{View: view}.filter(reader, d.now())
		f.Limit = CountMax + 1
		n, err := v.QueueCount(ctx, f)
		if err != nil {
			return err
		}
		into[view] = n
	}
	return nil
}

// Found is an account as the search of "New ticket" shows it: enough to tell
// people apart, nothing that a caller could be asked.
type Found struct {
	Account recovery.Account
	Manager string
	Phones  []string // last two digits
}

// searchShown is how many accounts a search lists; a supplier's is picked out of
// searchScoped. Ours.
const (
	searchShown  = 20
	searchScoped = 2000
)

// FindAccounts searches accounts by name, mail, id or the reference of a ticket
// for an agent.
func (d *Desk) FindAccounts(ctx context.Context, actor Actor, text string) ([]Found, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err != nil {
		return nil, err
	}
	if len(recovery.SearchWords(text)) == 0 {
		return nil, errSearch
	}
	out, err := findAccounts(ctx, d.view(), staff, text)
	if err != nil {
		return nil, d.report(err)
	}
	return out, d.searched(ctx, actor, staff, "accounts", text, len(out))
}

// errSearch is the answer to a search for one letter.
var errSearch = recovery.Refuse("search-short", "Enter at least two characters.", "The beginning of a name, of a mail address or of the account's id.").On("q")

func findAccounts(ctx context.Context, v store.View, s recovery.Staff, text string) ([]Found, error) {
	limit := int64(searchShown)
	if s.Outsourced {
		limit = searchScoped // what is outside the scope must not crowd out the rest
	}
	accounts, err := accountsFor(ctx, v, text, limit)
	if err != nil {
		return nil, err
	}
	accounts = visible(s, accounts)
	accounts = accounts[:min(len(accounts), searchShown)]
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	phones, err := v.PhonesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Found, len(accounts))
	for i, a := range accounts {
		out[i].Account = a
		if out[i].Manager, err = nameOf(ctx, v, a.Manager); err != nil {
			return nil, err
		}
		for _, p := range phones {
			if p.Account == a.ID {
				out[i].Phones = append(out[i].Phones, recovery.Mask(p))
			}
		}
	}
	return out, nil
}

// AccountForTicket reads the account a new ticket would be about.
func (d *Desk) AccountForTicket(ctx context.Context, actor Actor, id string) (recovery.Account, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err != nil {
		return recovery.Account{}, err
	}
	if err := inScope(ctx, d.view(), staff, id); err != nil {
		return recovery.Account{}, d.report(err)
	}
	a, err := d.view().Account(ctx, id)
	return a, d.report(err)
}

// nameOf is a person's name, the id when the directory has none, "" for nobody.
func nameOf(ctx context.Context, v store.View, person string) (string, error) {
	if person == "" {
		return "", nil
	}
	p, err := v.Person(ctx, person)
	if errors.Is(err, store.ErrNotFound) {
		return person, nil
	}
	return p.Name, err
}
