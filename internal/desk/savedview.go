package desk

import (
	"context"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// viewRoles are those who read the queue.
var viewRoles = []recovery.Role{recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor}

// SaveView keeps a view of the queue under a name, for its author or for
// everybody of the house. The query is only a query string: what it says is read
// anew each time, so a view never shows more than its reader may see. Refused: a
// supplier's view for everybody, no name, a name or query that is too long, too
// many views.
func (d *Desk) SaveView(ctx context.Context, actor Actor, in store.SavedView) error {
	return d.change(ctx, actor, recovery.ViewRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, viewRoles...)
		if err != nil {
			return err
		}
		if in.Team {
			if err := staff.InHouse(); err != nil {
				return err
			}
		}
		if in.Name, err = viewName(in.Name); err != nil {
			return err
		}
		if err := recovery.FitText("query", in.Query, recovery.ViewQueryMax); err != nil {
			return err
		}
		all, err := c.Tx.SavedViews(ctx, staff.Person.ID)
		if err != nil {
			return err
		}
		if err := roomFor(in.Team, all); err != nil {
			return err
		}
		in.ID, in.Person = c.desk.newID(), staff.Person.ID
		if err := c.Tx.AddView(ctx, in); err != nil {
			return err
		}
		return c.recordView(ctx, recovery.ViewSaved, in)
	})
}

// RenameView gives a view another name. Team views are their author's, a
// reviewer's and an administrator's to change; personal ones their owner's only,
// and nobody else learns that they are there.
func (d *Desk) RenameView(ctx context.Context, actor Actor, id, name string) error {
	return d.change(ctx, actor, recovery.ViewRefused, nil, func(ctx context.Context, c *Change) error {
		w, err := c.ownView(ctx, id)
		if err != nil {
			return err
		}
		if w.Name, err = viewName(name); err != nil {
			return err
		}
		if err := c.Tx.RenameView(ctx, id, w.Name); err != nil {
			return err
		}
		return c.recordView(ctx, recovery.ViewRenamed, w)
	})
}

// RemoveView removes a view; who may is as for RenameView.
func (d *Desk) RemoveView(ctx context.Context, actor Actor, id string) error {
	return d.change(ctx, actor, recovery.ViewRefused, nil, func(ctx context.Context, c *Change) error {
		w, err := c.ownView(ctx, id)
		if err != nil {
			return err
		}
		if err := c.Tx.DropView(ctx, id); err != nil {
			return err
		}
		return c.recordView(ctx, recovery.ViewRemoved, w)
	})
}

// ownView reads a view that the actor may change.
func (c *Change) ownView(ctx context.Context, id string) (store.SavedView, error) {
	staff, err := c.staffer(ctx, viewRoles...)
	if err != nil {
		return store.SavedView{}, err
	}
	w, err := c.Tx.SavedView(ctx, id)
	switch {
	case err != nil || w.Person == staff.Person.ID:
		return w, err
	case !w.Team:
		return w, store.ErrNotFound
	case staff.Has(recovery.Reviewer, c.Now) || staff.Has(recovery.Administrator, c.Now):
		return w, nil
	}
	return w, recovery.Refuse("not-your-view", "A colleague saved this view for the team.", "Its author, a reviewer or an administrator can change it.")
}

func (c *Change) recordView(ctx context.Context, kind recovery.EventKind, w store.SavedView) error {
	scope := "personal"
	if w.Team {
		scope = "team"
	}
	c.at("/queue/views")
	return c.record(ctx, recovery.Event{Kind: kind, Object: w.ID, Data: map[string]string{"scope": scope}, Detail: w.Name})
}

func viewName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return name, recovery.Refuse("name-missing", "Give the view a name.", "").On("name")
	}
	return name, recovery.FitText("name", name, recovery.ViewNameMax)
}

// roomFor refuses a view beyond what a person or the team may have.
func roomFor(team bool, all []store.SavedView) error {
	n, most := 0, recovery.ViewsPerPerson
	if team {
		most = recovery.ViewsOfTeam
	}
	for _, w := range all {
		if w.Team == team {
			n++
		}
	}
	if n >= most {
		return recovery.Refuse("views-full", "There are "+counted(n, "saved view")+" already.", "Remove one that nobody uses.").On("name")
	}
	return nil
}

// ViewsPage lists the views that the reader sees.
func (d *Desk) ViewsPage(ctx context.Context, actor Actor) ([]store.SavedView, error) {
	staff, err := d.reader(ctx, actor, viewRoles...)
	if err != nil {
		return nil, err
	}
	all, err := savedViews(ctx, d.view(), staff)
	return all, d.report(err)
}

// savedViews lists a reader's own views and the team's; to a supplier's people only
// their own: a name or a search of the house's says whom it is looking at.
func savedViews(ctx context.Context, v store.View, s recovery.Staff) ([]store.SavedView, error) {
	all, err := v.SavedViews(ctx, s.Person.ID)
	return slices.DeleteFunc(all, func(w store.SavedView) bool { return s.Outsourced && w.Person != s.Person.ID }), err
}
