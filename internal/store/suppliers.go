package store

import "context"

// Supplier is an outsourced group with the departments whose accounts it sees.
type Supplier struct {
	Name        string
	Since       int64
	By          string
	Departments []string
}

// Suppliers lists the outsourced groups.
func (v View) Suppliers(ctx context.Context) ([]Supplier, error) {
	all, err := list(ctx, v, "list outsourced groups", func(s scanner) (Supplier, error) {
		var g Supplier
		err := s.Scan(&g.Name, &g.Since, &g.By)
		return g, err
	}, `SELECT name, since, by_person FROM outsourced_groups ORDER BY name`)
	for i := range all {
		if err != nil {
			return nil, err
		}
		all[i].Departments, err = v.Scope(ctx, all[i].Name)
	}
	return all, err
}

// Groups lists the names of all groups that somebody belongs to.
func (v View) Groups(ctx context.Context) ([]string, error) {
	return list(ctx, v, "list groups", one[string], `SELECT DISTINCT name FROM staff_groups ORDER BY name`)
}

// GroupMembers lists the ids of the people of a group.
func (v View) GroupMembers(ctx context.Context, group string) ([]string, error) {
	return list(ctx, v, "list a group's people", one[string], `SELECT person FROM staff_groups WHERE name = $1 ORDER BY person`, group)
}

// Scope lists the departments whose accounts an outsourced group sees; none for
// a group of the house.
func (v View) Scope(ctx context.Context, group string) ([]string, error) {
	return list(ctx, v, "list a scope", one[string], `SELECT department FROM group_scopes WHERE name = $1 ORDER BY department`, group)
}

// Departments lists the departments of all live accounts.
func (v View) Departments(ctx context.Context) ([]string, error) {
	return list(ctx, v, "list departments", one[string], `SELECT DISTINCT department FROM accounts WHERE ended = 0 AND department <> '' ORDER BY department`)
}

// Outsource marks a group as a supplier's and gives it its scope anew.
func (t *Tx) Outsource(ctx context.Context, name, by string, departments []string) error {
	if err := t.insert(ctx, "outsource a group", `
		INSERT INTO outsourced_groups (name, since, by_person) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET by_person = $3`, name, t.now, by); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "clear a scope", `DELETE FROM group_scopes WHERE name = $1`, name); err != nil {
		return err
	}
	for _, d := range departments {
		if err := t.insert(ctx, "add to a scope", `INSERT INTO group_scopes (name, department) VALUES ($1, $2)`, name, d); err != nil {
			return err
		}
	}
	return nil
}

// TakeInHouse unmarks a group.
func (t *Tx) TakeInHouse(ctx context.Context, name string) error {
	if _, err := t.exec(ctx, "clear a scope", `DELETE FROM group_scopes WHERE name = $1`, name); err != nil {
		return err
	}
	return t.guarded(ctx, "take a group in house", `DELETE FROM outsourced_groups WHERE name = $1`, name)
}

// SupplierWorked says whether somebody of an outsourced group worked on a ticket.
func (v View) SupplierWorked(ctx context.Context, ticket string) (bool, error) {
	n, err := get(ctx, v, "read a ticket's supplier", one[int64], `
		SELECT CASE WHEN EXISTS (SELECT 1 FROM ticket_people p JOIN staff_groups g ON g.person = p.person JOIN outsourced_groups o ON o.name = g.name
			WHERE p.ticket = $1 AND p.part = 'agent') THEN 1 ELSE 0 END`, ticket)
	return n == 1, err
}
