package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ProposeIncident files an incident; the second administrator's key opens it
// (R18). Refused: no scope, an account that does not exist, more than the policy
// allows.
func (d *Desk) ProposeIncident(ctx context.Context, actor Actor, n recovery.NewIncident) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.IncidentRefused, nil, func(ctx context.Context, c *Change) error {
		n.Name = strings.TrimSpace(n.Name)
		body, err := json.Marshal(n)
		if err != nil {
			return err
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeIncident, Title: "Incident " + n.Name, Body: string(body), Lines: n.Lines()})
		return err
	})
	return p, err
}

func checkIncident(ctx context.Context, c *Change, p recovery.Proposal) error {
	_, err := c.newIncident(ctx, p)
	return err
}

// newIncident reads a proposal and refuses what the policy or the directory does
// not have.
func (c *Change) newIncident(ctx context.Context, p recovery.Proposal) (recovery.NewIncident, error) {
	var n recovery.NewIncident
	if err := json.Unmarshal([]byte(p.Body), &n); err != nil {
		return n, fmt.Errorf("read the proposal of an incident: %w", err)
	}
	rules, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return n, err
	}
	if err := recovery.MayOpenIncident(n, rules.Incidents); err != nil {
		return n, err
	}
	have, err := c.Tx.AccountsIn(ctx, n.Accounts)
	if err != nil {
		return n, err
	}
	for _, id := range n.Accounts {
		if !slices.ContainsFunc(have, func(a recovery.Account) bool { return a.ID == id }) {
			return n, recovery.Refuse("account-unknown", "There is no account "+recovery.Quote(id)+".", "Check the id on the Accounts page.").On("accounts")
		}
	}
	return n, nil
}

// applyIncident opens the incident. Filer and signers are its openers.
func applyIncident(ctx context.Context, c *Change, p recovery.Proposal) error {
	n, err := c.newIncident(ctx, p)
	if err != nil {
		return err
	}
	signed, err := c.Tx.ProposalSignatures(ctx, p.ID)
	if err != nil {
		return err
	}
	i := recovery.Incident{ID: c.desk.newID(), Name: n.Name, Departments: n.Departments, Accounts: n.Accounts, Proposal: p.ID, Opened: c.Now,
		Ends: c.Now + n.Hours*recovery.Hour, Most: n.Tickets}
	if p.FiledBy != "" {
		i.Openers = append(i.Openers, p.FiledBy)
	}
	for _, g := range signed {
		i.Openers = append(i.Openers, g.Person)
	}
	if err := c.Tx.AddIncident(ctx, i); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.IncidentOpened, Object: i.ID, Until: i.Ends, Detail: i.Name,
		What: []string{"Incident " + i.Name + " is open.", "It is about " + i.Outline() + ".", fmt.Sprintf("At most %d emergency tickets.", i.Most)},
		Data: map[string]string{"incident": i.ID, "proposal": p.ID, "ends": fmt.Sprint(i.Ends), "tickets": fmt.Sprint(i.Most)}})
}

// CloseIncident ends an incident before its time: one administrator does, because
// nothing becomes laxer by it. Its open tickets are refused from then on.
func (d *Desk) CloseIncident(ctx context.Context, actor Actor, id, reason string) error {
	return d.change(ctx, actor, recovery.IncidentRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Administrator)
		if err != nil {
			return err
		}
		i, err := c.Tx.Incident(ctx, id)
		if err != nil {
			return err
		}
		if err := recovery.MayCloseIncident(i, c.Now); err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		if err := c.Tx.CloseIncident(ctx, i.ID, staff.Person.ID); err != nil {
			return err
		}
		c.at("/incidents")
		return c.record(ctx, recovery.Event{Kind: recovery.IncidentClosed, Object: i.ID, Detail: reason, What: []string{"Incident " + i.Name + " is closed."},
			Data: map[string]string{"incident": i.ID}})
	})
}

// IncidentLine is one incident with its tickets.
type IncidentLine struct {
	recovery.Incident
	Tickets []recovery.Ticket
}

// IncidentsPage is what /incidents shows.
type IncidentsPage struct {
	Incidents []IncidentLine
	Rule      recovery.IncidentRule
	Names     map[string]string
	Admin     bool
	Fresh     bool // the actor touched a key in the last five minutes
}

// IncidentsPage lists the newest incidents with their tickets, for everybody at
// the desk.
func (d *Desk) IncidentsPage(ctx context.Context, actor Actor) (IncidentsPage, error) {
	staff, err := d.reader(ctx, actor, recovery.Roles...)
	if err != nil {
		return IncidentsPage{}, d.report(err)
	}
	p := IncidentsPage{Names: map[string]string{}, Admin: staff.Has(recovery.Administrator, d.now())}
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		rules, err := d.rules(ctx, v, d.now())
		if err != nil {
			return err
		}
		p.Rule = rules.Incidents
		if p.Fresh, err = isFresh(ctx, v, actor, d.now()); err != nil {
			return err
		}
		all, err := v.Incidents(ctx, earlierShown)
		if err != nil {
			return err
		}
		for _, i := range all {
			if err := p.add(ctx, v, staff, i); err != nil {
				return err
			}
		}
		return nil
	})
	return p, d.report(err)
}

// add lists an incident with what of it the reader may see.
func (p *IncidentsPage) add(ctx context.Context, v store.View, s recovery.Staff, i recovery.Incident) error {
	tickets, err := v.TicketsIn(ctx, i.ID)
	if err != nil {
		return err
	}
	if tickets, err = seenTickets(ctx, v, s, tickets); err != nil {
		return err
	}
	named, err := v.AccountsIn(ctx, i.Accounts)
	if err != nil {
		return err
	}
	named = visible(s, named)
	i.Accounts = slices.DeleteFunc(slices.Clone(i.Accounts), func(id string) bool {
		return !slices.ContainsFunc(named, func(a recovery.Account) bool { return a.ID == id })
	})
	p.Incidents = append(p.Incidents, IncidentLine{i, tickets})
	people, err := v.PersonsIn(ctx, i.Openers)
	for _, who := range people {
		p.Names[who.ID] = who.Name
	}
	return err
}

// incidentsFor lists the open incidents that an account may have a ticket in.
func incidentsFor(ctx context.Context, v store.View, a recovery.Account, now int64) ([]recovery.Incident, error) {
	all, err := v.OpenIncidents(ctx, now)
	return slices.DeleteFunc(all, func(i recovery.Incident) bool { return i.MayUse(a, now) != nil }), err
}

// IncidentsFor lists the open incidents that "New ticket" may name for an account.
func (d *Desk) IncidentsFor(ctx context.Context, actor Actor, a recovery.Account) ([]recovery.Incident, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err == nil && !staff.Sees(a) {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, d.report(err)
	}
	all, err := incidentsFor(ctx, d.view(), a, d.now())
	return all, d.report(err)
}
