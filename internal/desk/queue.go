package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Views of the queue.
const (
	ViewOpen     = "open"
	ViewMine     = "mine"
	ViewSelf     = "self-service"
	ViewApproval = "approval"
	ViewExpiring = "expiring"
	ViewEnrol    = "re-enrolment"
	ViewReview   = "review"
	ViewClosed   = "closed"
)

// QueueViews lists them in the order the page shows them.
var QueueViews = []string{ViewMine, ViewSelf, ViewApproval, ViewExpiring, ViewEnrol, ViewReview, ViewOpen, ViewClosed}

// QueuePageSize is how many tickets a page shows; ours.
const QueuePageSize = 50

// soon is what the view "expiring" and the filter due=15m mean.
const soon = 15 * recovery.Minute

// QueueQuery is what the queue's URL says. State narrows a view to one state.
type QueueQuery struct {
	View  string
	State recovery.State
	Tier  recovery.Tier
	Mine  bool // opened by the reader
	Soon  bool // due within 15 minutes
	Text  string
	After string // cursor
}

// Queue is one page of tickets.
type Queue struct {
	Rows   []store.QueueRow
	Counts map[string]int64 // by view, from kept counters; not every view has one
	Next   string           // cursor of the next page, "" at the end
}

// QueuePage lists tickets for staff who work with them. A text finds a reference
// or accounts by name, mail or id.
func (d *Desk) QueuePage(ctx context.Context, actor Actor, q QueueQuery) (Queue, error) {
	if _, err := d.reader(ctx, actor, recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor); err != nil {
		return Queue{}, err
	}
	out, err := d.queuePage(ctx, q.filter(actor.Person, d.now()), q)
	return out, d.report(err)
}

func (d *Desk) queuePage(ctx context.Context, f store.QueueFilter, q QueueQuery) (Queue, error) {
	v := d.view()
	var out Queue
	counters, err := v.Counters(ctx)
	if err != nil {
		return out, err
	}
	out.Counts = viewCounts(counters)
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
	return out, countSteps(ctx, v, out.Rows)
}

// countSteps fills in "2 of 3" for tickets in proofing, in one read.
func countSteps(ctx context.Context, v store.View, rows []store.QueueRow) error {
	var ids []string
	for _, r := range rows {
		if r.Ticket.State == recovery.Proofing {
			ids = append(ids, r.Ticket.ID)
		}
	}
	passed, err := v.PassedSteps(ctx, ids)
	for i := range rows {
		rows[i].Passed = passed[rows[i].Ticket.ID]
	}
	return err
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
	f := store.QueueFilter{States: statesOf(q.View), Tier: q.Tier, SelfService: q.View == ViewSelf, NewestFirst: q.View == ViewClosed, Limit: QueuePageSize + 1}
	if q.State != "" {
		f.States = slices.DeleteFunc(f.States, func(s recovery.State) bool { return s != q.State })
	}
	if q.View == ViewMine || q.Mine {
		f.OpenedBy = reader
	}
	if q.View == ViewApproval {
		f.NotFor = reader
	}
	if q.View == ViewExpiring || q.Soon {
		f.DueBefore = now + soon
	}
	f.After, f.AfterID = parseCursor(q.After)
	return f
}

// findFor narrows the filter to what a search text names; false when that is nothing.
func findFor(ctx context.Context, v store.View, f *store.QueueFilter, text string) (bool, error) {
	if text == "" {
		return true, nil
	}
	if ref, err := codes.ParseReference(text); err == nil {
		t, err := v.TicketByReference(ctx, ref)
		if err == nil {
			f.Accounts = []string{t.Account}
			return true, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
	}
	accounts, err := v.FindAccounts(ctx, text, 20)
	for _, a := range accounts {
		f.Accounts = append(f.Accounts, a.ID)
	}
	return len(accounts) > 0, err
}

func cursor(t recovery.Ticket, newest bool) string {
	at := t.Due
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
	for _, view := range []string{ViewApproval, ViewEnrol, ViewReview, ViewOpen, ViewClosed} {
		for _, s := range statesOf(view) {
			out[view] += counters["tickets."+string(s)]
		}
	}
	return out
}

// Found is an account as the search of "New ticket" shows it: enough to tell
// people apart, nothing that a caller could be asked.
type Found struct {
	Account recovery.Account
	Manager string
	Phones  []string // last two digits
}

// SearchMin is how many characters a search needs: one letter does not list the
// house. Ours.
const SearchMin = 3

// FindAccounts searches accounts by name, mail or id for an agent.
func (d *Desk) FindAccounts(ctx context.Context, actor Actor, text string) ([]Found, error) {
	if _, err := d.reader(ctx, actor, recovery.Agent); err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) < SearchMin {
		return nil, recovery.Refuse("search-short", "Enter at least three characters.", "A part of the name, a mail address, or the account's id.").On("q")
	}
	out, err := findAccounts(ctx, d.view(), text)
	return out, d.report(err)
}

func findAccounts(ctx context.Context, v store.View, text string) ([]Found, error) {
	accounts, err := v.FindAccounts(ctx, text, 20)
	if err != nil {
		return nil, err
	}
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
	if _, err := d.reader(ctx, actor, recovery.Agent); err != nil {
		return recovery.Account{}, err
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
