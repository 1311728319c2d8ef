package store

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/recovery"
)

// QueueRow is one line of the queue page.
type QueueRow struct {
	Ticket  recovery.Ticket
	Name    string // of the account
	Passed  int64  // steps with a proof that counts in this run; filled for tickets in proofing
	Agent   string // name of who opened it, "" on self-service
	Holding string // name of who holds the lease
}

// QueueFilter selects tickets for the queue page; empty fields match all, but
// States is required. The cursor (After, AfterID) is the last row of the page before.
type QueueFilter struct {
	States      []recovery.State
	Tier        recovery.Tier
	OpenedBy    string
	SelfService bool     // opened by nobody of the desk
	NotFor      string   // neither opened by this person nor for this person's account
	Accounts    []string // only these accounts
	DueBefore   int64
	NewestFirst bool // by opening time instead of by what expires first
	After       int64
	AfterID     string
	Limit       int64
}

// bindings collects arguments and hands out their placeholders.
type bindings []any

func (m *bindings) add(v any) string {
	*m = append(*m, v)
	return fmt.Sprintf("$%d", len(*m))
}

// where are the conditions on one ticket, beside its state.
func (f QueueFilter) where(m *bindings) string {
	var s strings.Builder
	and := func(is bool, clause func() string) {
		if is {
			s.WriteString(" AND " + clause())
		}
	}
	and(f.Tier != "", func() string { return "t.tier = " + m.add(f.Tier) })
	and(f.OpenedBy != "", func() string { return "t.opened_by = " + m.add(f.OpenedBy) })
	and(f.SelfService, func() string { return "t.opened_by = ''" })
	and(f.NotFor != "", func() string {
		p := m.add(f.NotFor)
		return "t.opened_by <> " + p + " AND t.holder <> " + p
	})
	and(len(f.Accounts) > 0, func() string {
		all := make([]string, len(f.Accounts))
		for i, a := range f.Accounts {
			all[i] = m.add(a)
		}
		return "t.account IN (" + strings.Join(all, ", ") + ")"
	})
	and(f.DueBefore != 0, func() string { return "t.due > 0 AND t.due < " + m.add(f.DueBefore) })
	return s.String()
}

// Queue lists tickets by what expires first, or newest first. Tickets without a
// deadline come first: they are frozen. It reads at most Limit rows of each state
// through the index (state, due), so a page costs the same however many there are.
func (v View) Queue(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	var m bindings
	pick, order := f.byDue, "k.due, k.id"
	if f.NewestFirst {
		pick, order = f.byAge, "t.opened DESC, t.id DESC"
	}
	return list(ctx, v, "list the queue", scanQueue, `
		SELECT `+ticketColumns+`, a.name, COALESCE(p.name, ''), COALESCE(l.name, '')
		FROM (`+pick(&m)+`) k JOIN tickets t ON t.id = k.id JOIN accounts a ON a.id = t.account
		LEFT JOIN persons p ON p.id = t.opened_by LEFT JOIN persons l ON l.id = t.lease_person
		ORDER BY `+order+` LIMIT `+m.add(f.Limit), m...)
}

// byDue takes the first rows of each state and leaves the merging to the outer
// query. With a few accounts given, their own index is the shorter way: the state
// is then looked at through an expression.
func (f QueueFilter) byDue(m *bindings) string {
	parts, state := make([]string, len(f.States)), "t.state"
	if len(f.Accounts) > 0 {
		state = "t.state || ''"
	}
	for i, s := range f.States {
		q := "SELECT t.id, t.due FROM tickets t WHERE " + state + " = " + m.add(s) + f.where(m)
		if f.AfterID != "" {
			q += " AND (t.due, t.id) > (" + m.add(f.After) + ", " + m.add(f.AfterID) + ")"
		}
		parts[i] = fmt.Sprintf("SELECT id, due FROM (%s ORDER BY t.due, t.id LIMIT %s) s%d", q, m.add(f.Limit), i)
	}
	return strings.Join(parts, " UNION ALL ")
}

// byAge walks the index (opened, id) from its end. The state is looked at
// through an expression, lest a planner sorts all tickets of the states instead.
func (f QueueFilter) byAge(m *bindings) string {
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = m.add(s)
	}
	q := "SELECT t.id, t.due FROM tickets t WHERE t.state || '' IN (" + strings.Join(states, ", ") + ")" + f.where(m)
	if f.AfterID != "" {
		q += " AND (t.opened, t.id) < (" + m.add(f.After) + ", " + m.add(f.AfterID) + ")"
	}
	return q + " ORDER BY t.opened DESC, t.id DESC LIMIT " + m.add(f.Limit)
}

func scanQueue(s scanner) (QueueRow, error) {
	var r QueueRow
	err := s.Scan(append(ticketFields(&r.Ticket), &r.Name, &r.Agent, &r.Holding)...)
	return r, err
}

// PassedSteps counts, for each of these tickets, the steps whose proof counts in
// the current run.
func (v View) PassedSteps(ctx context.Context, tickets []string) (map[string]int64, error) {
	if len(tickets) == 0 {
		return nil, nil
	}
	var m bindings
	in := make([]string, len(tickets))
	for i, id := range tickets {
		in[i] = m.add(id)
	}
	type count struct {
		ticket string
		n      int64
	}
	all, err := list(ctx, v, "count passed steps", func(s scanner) (count, error) {
		var c count
		err := s.Scan(&c.ticket, &c.n)
		return c, err
	}, `SELECT e.ticket, count(DISTINCT e.step) FROM evidence e JOIN tickets t ON t.id = e.ticket AND t.run = e.run
		WHERE e.ticket IN (`+strings.Join(in, ", ")+`) AND e.void = 0 AND e.result = 'passed' GROUP BY e.ticket`, m...)
	out := make(map[string]int64, len(all))
	for _, c := range all {
		out[c.ticket] = c.n
	}
	return out, err
}
