package store

import "context"

// SavedView is a view of the queue: a name and a query string. Team views are
// for everybody who reads the queue.
type SavedView struct {
	ID, Person, Name, Query string
	Team                    bool
	Made                    int64
}

const savedViewColumns = `id, person, team, name, query, made FROM saved_views`

func scanSavedView(s scanner) (SavedView, error) {
	var w SavedView
	var team int64
	err := s.Scan(&w.ID, &w.Person, &team, &w.Name, &w.Query, &w.Made)
	w.Team = team == 1
	return w, err
}

// SavedViews lists a person's own views, then those of the team, by name.
func (v View) SavedViews(ctx context.Context, person string) ([]SavedView, error) {
	return list(ctx, v, "list saved views", scanSavedView, `
		SELECT `+savedViewColumns+` WHERE person = $1 AND team = 0 OR team = 1 ORDER BY team, name, id`, person)
}

// SavedView reads one view.
func (v View) SavedView(ctx context.Context, id string) (SavedView, error) {
	return get(ctx, v, "read a saved view", scanSavedView, `SELECT `+savedViewColumns+` WHERE id = $1`, id)
}

// AddView writes a new view.
func (t *Tx) AddView(ctx context.Context, w SavedView) error {
	team := int64(0)
	if w.Team {
		team = 1
	}
	return t.insert(ctx, "save a view", `INSERT INTO saved_views (id, person, team, name, query, made) VALUES ($1, $2, $3, $4, $5, $6)`,
		w.ID, w.Person, team, w.Name, w.Query, t.now)
}

// RenameView gives a view another name.
func (t *Tx) RenameView(ctx context.Context, id, name string) error {
	return t.guarded(ctx, "rename a view", `UPDATE saved_views SET name = $2 WHERE id = $1`, id, name)
}

// DropView removes a view.
func (t *Tx) DropView(ctx context.Context, id string) error {
	return t.guarded(ctx, "remove a view", `DELETE FROM saved_views WHERE id = $1`, id)
}
