package store

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/recovery"
)

// QueueRow is one line of the queue page.
type QueueRow struct {
	Ticket recovery.Ticket
	Name   string // of the account
	Passed int64  // steps with a proof that counts in this run; filled for tickets in proofing
	Steps  int64  // of its workflow; filled by the desk
	Agent  string // name of whom it is assigned to, "" for nobody
}

// QueueFilter selects tickets for the queue page; empty fields match all, but
// States is required. The cursor (After, AfterID) is the last row of the page before.
type QueueFilter struct {
	States      []recovery.State
	Tier        recovery.Tier
	AssignedTo  string
	Raised      bool     // asks for more than one approver
	Unassigned  bool     // opened at the desk and assigned to nobody
	SelfService bool     // opened by nobody of the desk
	NotFor      string   // no ticket that this person opened, works on or asked for, or whose account is the person's
	Accounts    []string // only these accounts
	DueFrom     int64    // with DueBefore: any deadline from here on and before there
	Supplier    bool     // only standard accounts and contractors of Departments
	Departments []string
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
	and(f.AssignedTo != "", func() string { return "t.lease_person = " + m.add(f.AssignedTo) })
	and(f.Raised, func() string { return "t.approvals_needed > 1" })
	and(f.Unassigned, func() string { return "t.lease_person = '' AND t.opened_by <> ''" })
	and(f.SelfService, func() string { return "t.opened_by = ''" })
	and(f.NotFor != "", func() string {
		p := m.add(f.NotFor)
		return "t.opened_by <> " + p + " AND t.holder <> " + p + " AND t.requester <> " + p + " AND t.lease_person <> " + p
	})
	and(len(f.Accounts) > 0, func() string {
		all := make([]string, len(f.Accounts))
		for i, a := range f.Accounts {
			all[i] = m.add(a)
		}
		return "t.account IN (" + strings.Join(all, ", ") + ")"
	})
	and(f.Supplier, func() string {
		in := []string{m.add("")} // an empty scope is nothing, not everything
		for _, d := range f.Departments {
			in = append(in, m.add(d))
		}
		return "t.population IN ('standard', 'contractor') AND t.account IN (SELECT s.id FROM accounts s WHERE s.department <> '' AND s.department IN (" + strings.Join(in, ", ") + "))"
	})
	and(f.DueBefore != 0, func() string {
		from, before := m.add(f.DueFrom), m.add(f.DueBefore)
		return "(t.next_due >= " + from + " AND t.next_due < " + before + " OR t.due >= " + from + " AND t.due < " + before + ")"
	})
	return s.String()
}

// Queue lists tickets by what expires first, or newest first. Tickets without a
// deadline come first: they are frozen. It reads at most Limit rows of each state
// through the index (state, next_due), so a page costs the same however many there are.
func (v View) Queue(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	var m bindings
	pick, order := f.byDue, "k.due, k.id"
	if f.NewestFirst {
		pick, order = f.byAge, "t.opened DESC, t.id DESC"
	}
	return list(ctx, v, "list the queue", scanQueue, `
		SELECT `+ticketColumns+`, a.name, COALESCE(l.name, ''), COALESCE(d.at, 0)
		FROM (`+pick(&m)+`) k JOIN tickets t ON t.id = k.id JOIN accounts a ON a.id = t.account
		LEFT JOIN persons l ON l.id = t.lease_person LEFT JOIN drafts d ON d.person = t.lease_person AND d.ticket = t.id
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
		q := "SELECT t.id, t.next_due AS due FROM tickets t WHERE " + state + " = " + m.add(s) + f.where(m)
		if f.AfterID != "" {
			q += " AND (t.next_due, t.id) > (" + m.add(f.After) + ", " + m.add(f.AfterID) + ")"
		}
		parts[i] = fmt.Sprintf("SELECT id, due FROM (%s ORDER BY t.next_due, t.id LIMIT %s) s%d", q, m.add(f.Limit), i)
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
	q := "SELECT t.id, t.next_due AS due FROM tickets t WHERE t.state || '' IN (" + strings.Join(states, ", ") + ")" + f.where(m)
	if f.AfterID != "" {
		q += " AND (t.opened, t.id) < (" + m.add(f.After) + ", " + m.add(f.AfterID) + ")"
	}
	return q + " ORDER BY t.opened DESC, t.id DESC LIMIT " + m.add(f.Limit)
}

func scanQueue(s scanner) (QueueRow, error) {
	var r QueueRow
	var seen int64
	err := s.Scan(append(ticketFields(&r.Ticket), &r.Name, &r.Agent, &seen)...)
	r.Ticket.Lease = r.Ticket.Lease.Renewed(seen)
	return r, err
}

// QueueCount counts the tickets of a filter, up to its Limit for each state: a
// page says "100+" and never counts a whole table.
func (v View) QueueCount(ctx context.Context, f QueueFilter) (int64, error) {
	var m bindings
	return get(ctx, v, "count a view", one[int64], `SELECT count(*) FROM (`+f.byDue(&m)+`) k`, m...)
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
