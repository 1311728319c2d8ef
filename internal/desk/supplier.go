package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// OutsourceGroup marks a group as a supplier's and gives it a scope: its people
// are agents and nothing else, for accounts of these departments (S22). By an
// administrator; security is told. Again gives the scope anew.
func (d *Desk) OutsourceGroup(ctx context.Context, actor Actor, group string, departments []string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		groups, err := c.Tx.Groups(ctx)
		if err != nil {
			return err
		}
		known, err := c.Tx.Departments(ctx)
		if err != nil {
			return err
		}
		departments = slices.Compact(slices.Sorted(slices.Values(departments)))
		if err := recovery.MayOutsource(group, groups, departments, known); err != nil {
			return err
		}
		if err := c.keepsAdministrators(ctx, group); err != nil {
			return err
		}
		if err := c.Tx.Outsource(ctx, group, actor.Person, departments); err != nil {
			return err
		}
		c.at("/staff/groups")
		return c.record(ctx, recovery.Event{Kind: recovery.GroupOutsourced, Object: group, Detail: strings.Join(departments, "\n"),
			Data: map[string]string{"group": group, "departments": strconv.Itoa(len(departments))}})
	})
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

// TakeInHouse ends that a group is a supplier's: its people see all accounts and
// all their roles count again. By an administrator; security is told.
func (d *Desk) TakeInHouse(ctx context.Context, actor Actor, group string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		if err := c.Tx.TakeInHouse(ctx, group); err != nil {
			return err
		}
		c.at("/staff/groups")
		return c.record(ctx, recovery.Event{Kind: recovery.GroupInHouse, Object: group, Data: map[string]string{"group": group}})
	})
}

// GroupsView is what the page about groups shows.
type GroupsView struct {
	Groups, Departments []string
	Suppliers           []store.Supplier
	Admin               bool
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
		g.Suppliers, err = v.Suppliers(ctx)
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
