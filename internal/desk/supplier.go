package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// OutsourceGroup marks a group as a supplier's and gives it a scope: its people
// are agents and nothing else, for accounts of these departments (S22). It is
// filed, and another administrator's key puts it in force; only a scope that
// becomes smaller is so at once, and then the proposal is empty. Security is told.
func (d *Desk) OutsourceGroup(ctx context.Context, actor Actor, group string, departments []string) (recovery.Proposal, error) {
	to := recovery.SupplierChange{Group: group, Departments: slices.Compact(slices.Sorted(slices.Values(departments)))}
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		if err := c.mayOutsource(ctx, to); err != nil {
			return err
		}
		before, err := c.Tx.Scope(ctx, group)
		if err != nil {
			return err
		}
		if to.Narrows(before) {
			c.at("/staff/groups")
			return c.outsource(ctx, to, actor.Person, "")
		}
		p, err = c.proposeSupplier(ctx, to)
		return err
	})
	return p, err
}

// TakeInHouse files that a group is no supplier's any more: its people see all
// accounts, all their roles count again, and what they worked on needs no client's
// approver. Because it gives so much, another administrator's key puts it in force.
func (d *Desk) TakeInHouse(ctx context.Context, actor Actor, group string) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) (err error) {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		p, err = c.proposeSupplier(ctx, recovery.SupplierChange{Group: group})
		return err
	})
	return p, err
}

func (c *Change) proposeSupplier(ctx context.Context, to recovery.SupplierChange) (recovery.Proposal, error) {
	lines, err := c.supplierLines(ctx, to)
	if err != nil {
		return recovery.Proposal{}, err
	}
	body, err := json.Marshal(to)
	if err != nil {
		return recovery.Proposal{}, err
	}
	return c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeSupplier, Object: to.Group, Title: to.Title(), Body: string(body), Lines: lines})
}

// supplierLines say what a change of a group does to the rows as they are now,
// and refuse one that does nothing.
func (c *Change) supplierLines(ctx context.Context, to recovery.SupplierChange) ([]string, error) {
	before, err := c.Tx.Scope(ctx, to.Group)
	if err != nil {
		return nil, err
	}
	if err := to.MayChange(before); err != nil {
		return nil, err
	}
	ids, err := c.Tx.GroupMembers(ctx, to.Group)
	if err != nil {
		return nil, err
	}
	var members []recovery.Staff
	for _, id := range ids {
		m, err := c.Tx.Staff(ctx, id)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return to.Lines(before, members), nil
}

func checkSupplier(ctx context.Context, c *Change, p recovery.Proposal) error {
	_, err := c.signedSupplier(ctx, p)
	return err
}

// signedSupplier reads a proposal and refuses it when the rows no longer say what
// its lines say: who joined the group since would get what nobody signed.
func (c *Change) signedSupplier(ctx context.Context, p recovery.Proposal) (recovery.SupplierChange, error) {
	var to recovery.SupplierChange
	if err := json.Unmarshal([]byte(p.Body), &to); err != nil {
		return to, fmt.Errorf("read the proposal of a supplier's group: %w", err)
	}
	lines, err := c.supplierLines(ctx, to)
	if err != nil {
		return to, err
	}
	if !slices.Equal(lines, p.Lines) {
		return to, recovery.Refuse("rows-moved", "The group, its people or its departments changed since this was filed.", "File it again.")
	}
	if len(to.Departments) > 0 {
		err = c.mayOutsource(ctx, to)
	}
	return to, err
}

func applySupplier(ctx context.Context, c *Change, p recovery.Proposal) error {
	to, err := c.signedSupplier(ctx, p)
	if err != nil {
		return err
	}
	if len(to.Departments) > 0 {
		return c.outsource(ctx, to, p.FiledBy, p.ID)
	}
	if err := c.Tx.TakeInHouse(ctx, to.Group); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.GroupInHouse, Object: to.Group, Data: map[string]string{"group": to.Group, "proposal": p.ID}})
}

// mayOutsource asks the directory and the roster whether a group can be a supplier's.
func (c *Change) mayOutsource(ctx context.Context, to recovery.SupplierChange) error {
	groups, err := c.Tx.Groups(ctx)
	if err != nil {
		return err
	}
	known, err := c.Tx.Departments(ctx)
	if err != nil {
		return err
	}
	if err := recovery.MayOutsource(to.Group, groups, to.Departments, known); err != nil {
		return err
	}
	return c.keepsAdministrators(ctx, to.Group)
}

// outsource writes a group's scope; proposal is "" for one that becomes smaller.
func (c *Change) outsource(ctx context.Context, to recovery.SupplierChange, by, proposal string) error {
	if err := c.Tx.Outsource(ctx, to.Group, by, to.Departments); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.GroupOutsourced, Object: to.Group, Detail: strings.Join(to.Departments, "\n"),
		Data: map[string]string{"group": to.Group, "departments": strconv.Itoa(len(to.Departments)), "proposal": proposal}})
}

// keepsAdministrators refuses what would leave fewer than two administrators:
// the roles of a supplier's people do not count.
func (c *Change) keepsAdministrators(ctx context.Context, group string) error {
	ids, err := c.Tx.CountingStaff(ctx, recovery.Administrator, c.Now)
	if err != nil {
		return err
	}
	left := 0
	for _, id := range ids {
		s, err := c.Tx.Staff(ctx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(s.Groups, group) && !s.Outsourced {
			left++
		}
	}
	if left < recovery.AdministratorsMin {
		return recovery.Refuse("last-administrators", "Administrators belong to this group, and fewer than two would be left.",
			"Put the supplier's people into a group of their own.").On("group")
	}
	return nil
}

// GroupsView is what the page about groups shows.
type GroupsView struct {
	Groups, Departments []string
	Suppliers           []store.Supplier
	Admin, Fresh        bool // Fresh: the actor touched a key in the last five minutes
}

// GroupsPage lists the groups and which are a supplier's. For administrators and auditors.
func (d *Desk) GroupsPage(ctx context.Context, actor Actor) (GroupsView, error) {
	reader, err := d.reader(ctx, actor, recovery.Administrator, recovery.Auditor)
	if err != nil {
		return GroupsView{}, d.report(err)
	}
	g := GroupsView{Admin: reader.Has(recovery.Administrator, d.now())}
	err = d.Store.Snapshot(ctx, func(v store.View) (err error) {
		if g.Groups, err = v.Groups(ctx); err != nil {
			return err
		}
		if g.Departments, err = v.Departments(ctx); err != nil {
			return err
		}
		if g.Suppliers, err = v.Suppliers(ctx); err != nil {
			return err
		}
		g.Fresh, err = isFresh(ctx, v, actor, d.now())
		return err
	})
	return g, d.report(err)
}

// inScope answers store.ErrNotFound for an account that a supplier's person may
// not see: to them it does not exist.
func inScope(ctx context.Context, v store.View, s recovery.Staff, account string) error {
	if !s.Outsourced {
		return nil
	}
	a, err := v.Account(ctx, account)
	if err == nil && !s.Sees(a) {
		return store.ErrNotFound
	}
	return err
}

// seenLinks keeps the links to attempts that the person may see.
func seenLinks(ctx context.Context, v store.View, s recovery.Staff, all []Linked) ([]Linked, error) {
	if !s.Outsourced {
		return all, nil
	}
	var out []Linked
	for _, l := range all {
		err := inScope(ctx, v, s, l.Ticket.Account)
		if err == nil {
			out = append(out, l)
		} else if !missing(err) {
			return nil, err
		}
	}
	return out, nil
}

// seenTickets keeps the tickets of accounts that the person may see.
func seenTickets(ctx context.Context, v store.View, s recovery.Staff, all []recovery.Ticket) ([]recovery.Ticket, error) {
	if !s.Outsourced {
		return all, nil
	}
	var out []recovery.Ticket
	for _, t := range all {
		err := inScope(ctx, v, s, t.Account)
		if err == nil {
			out = append(out, t)
		} else if !missing(err) {
			return nil, err
		}
	}
	return out, nil
}

// visible keeps what the person may see.
func visible(s recovery.Staff, all []recovery.Account) []recovery.Account {
	return slices.DeleteFunc(all, func(a recovery.Account) bool { return !s.Sees(a) })
}

// searched records what a supplier's person looked for and how much was found:
// the client's auditor sees every search (S22).
func (d *Desk) searched(ctx context.Context, actor Actor, s recovery.Staff, where, text string, found int) error {
	if !s.Outsourced {
		return nil
	}
	actor.Request = "" // a search is no form: the same one again is another entry
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		return c.record(ctx, recovery.Event{Kind: recovery.StaffSearched, Object: where, Detail: text, Data: map[string]string{"where": where, "found": strconv.Itoa(found)}})
	})
}
