package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// SimulationSpan is how far back a simulation looks, and SimulatedMost how many
// tickets it reads.
const (
	SimulationSpan = 90 * recovery.Day
	SimulatedMost  = 10_000
)

// Simulation is what the tickets of the last 90 days would have been under other
// rules.
type Simulation struct {
	From    int64
	Tickets int
	Effects []recovery.Effect
	Summary []string
}

// SimulatePolicy holds a draft against the tickets of the last 90 days. It reads
// and changes nothing.
func (d *Desk) SimulatePolicy(ctx context.Context, actor Actor, after recovery.Policy) (Simulation, error) {
	if _, err := d.reader(ctx, actor, recovery.Administrator, recovery.Approver, recovery.Auditor); err != nil {
		return Simulation{}, err
	}
	v, now := d.view(), d.now()
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return Simulation{}, d.report(err)
	}
	s := Simulation{From: now - SimulationSpan}
	past, err := PastTickets(ctx, v, s.From)
	if err != nil {
		return s, d.report(err)
	}
	s.Tickets, s.Effects = len(past), recovery.Simulate(rules.Policy, after, rules.Flows, past)
	s.Summary = recovery.Summary(s.Effects)
	return s, nil
}

// PastTickets reads the tickets since a moment as the cases that they were.
func PastTickets(ctx context.Context, v store.View, since int64) ([]recovery.Past, error) {
	tickets, err := v.TicketsSince(ctx, since, SimulatedMost)
	if err != nil {
		return nil, err
	}
	signed, err := v.SignedSince(ctx, since)
	if err != nil {
		return nil, err
	}
	out := make([]recovery.Past, 0, len(tickets))
	for _, t := range tickets {
		out = append(out, recovery.Past{Reference: t.Reference, Opened: t.Opened, Case: pastCase(t), State: t.State, Signed: signed[t.ID]})
	}
	return out, nil
}

// pastCase is the case of a ticket as far as its row tells. Its conditions held,
// or it would not have been opened; what made it stricter then shows in how many
// had to sign.
func pastCase(t recovery.Ticket) recovery.Case {
	c := recovery.Case{Event: t.Event, Population: t.Population, Way: t.Way, Place: t.Place(), Incident: true, Trip: true, Hired: true}
	c.Extra.Pressured = t.Pressured != 0
	return c
}

// houseFor counts what the people of the house can do now, for the guard rails.
func (d *Desk) houseFor(ctx context.Context, v store.View, now int64) (h recovery.House, err error) {
	h.Week = recovery.Span{From: now, To: now + 7*recovery.Day}
	if h.Approvers, err = coverOf(ctx, v, now); err != nil {
		return h, err
	}
	people := map[string]bool{}
	for role, n := range map[recovery.Role]*int64{recovery.Agent: &h.Agents, recovery.Reviewer: &h.Reviewers, recovery.Administrator: &h.Administrators, recovery.Approver: new(int64)} {
		ids, err := v.CountingStaff(ctx, role, now)
		if err != nil {
			return h, err
		}
		*n = int64(len(ids))
		for _, id := range ids {
			people[id] = true
		}
	}
	if h.Trained, err = v.TrainedAgents(ctx, now, now-recovery.TrainingLife); err != nil {
		return h, err
	}
	h.People = int64(len(people))
	for id := range people {
		keys, err := v.Keys(ctx, id)
		if err != nil {
			return h, err
		}
		h.Keys += int64(len(recovery.DecidingKeys(keys, now)))
	}
	return h, nil
}
