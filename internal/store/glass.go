package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

func scanSheet(s scanner) (recovery.Sheet, error) {
	var g recovery.Sheet
	err := s.Scan(&g.ID, &g.Person, &g.Hash, &g.Made, &g.Spent, &g.Void)
	return g, err
}

// LiveSheets lists the custodians' sheets that are neither spent nor replaced.
func (v View) LiveSheets(ctx context.Context) ([]recovery.Sheet, error) {
	return list(ctx, v, "list break-glass sheets", scanSheet, `
		SELECT id, person, hash, made, spent, void FROM glass_sheets WHERE spent = 0 AND void = 0 ORDER BY person, id`)
}

// AddSheet writes a custodian's sheet.
func (t *Tx) AddSheet(ctx context.Context, g recovery.Sheet) error {
	return t.insert(ctx, "add a break-glass sheet", `INSERT INTO glass_sheets (id, person, hash, made, spent, void) VALUES ($1, $2, $3, $4, 0, 0)`, g.ID, g.Person, g.Hash, g.Made)
}

// VoidSheets ends the sheets that are not spent; it answers how many.
func (t *Tx) VoidSheets(ctx context.Context) (int64, error) {
	return t.exec(ctx, "void break-glass sheets", `UPDATE glass_sheets SET void = $1 WHERE spent = 0 AND void = 0`, t.now)
}

// SpendSheet uses a sheet, once.
func (t *Tx) SpendSheet(ctx context.Context, id string) error {
	return t.guarded(ctx, "spend a break-glass sheet", `UPDATE glass_sheets SET spent = $2 WHERE id = $1 AND spent = 0 AND void = 0`, id, t.now)
}

const glassColumns = `id, at, custodians, persons, lost, at_once, seen, seen_by FROM glass_breaks`

func scanGlass(s scanner) (recovery.GlassBreak, error) {
	var g recovery.GlassBreak
	var custodians, persons, lost string
	var atOnce int64
	err := s.Scan(&g.ID, &g.At, &custodians, &persons, &lost, &atOnce, &g.Seen, &g.SeenBy)
	g.Custodians, g.Persons, g.Lost, g.AtOnce = strings.Split(custodians, "\n"), strings.Split(persons, "\n"), lines(lost), atOnce != 0
	return g, err
}

// lines are the non-empty lines of a column.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// OpenGlass lists the uses of break-glass that no auditor has acknowledged.
func (v View) OpenGlass(ctx context.Context) ([]recovery.GlassBreak, error) {
	return list(ctx, v, "list uses of break-glass", scanGlass, `SELECT `+glassColumns+` WHERE seen = 0 ORDER BY at, id`)
}

// Glass reads one use.
func (v View) Glass(ctx context.Context, id string) (recovery.GlassBreak, error) {
	return get(ctx, v, "read a use of break-glass", scanGlass, `SELECT `+glassColumns+` WHERE id = $1`, id)
}

// AddGlass writes a use.
func (t *Tx) AddGlass(ctx context.Context, g recovery.GlassBreak) error {
	atOnce := int64(0)
	if g.AtOnce {
		atOnce = g.At
	}
	return t.insert(ctx, "add a use of break-glass", `
		INSERT INTO glass_breaks (id, at, custodians, persons, lost, at_once, seen, seen_by) VALUES ($1, $2, $3, $4, $5, $6, 0, '')`,
		g.ID, g.At, strings.Join(g.Custodians, "\n"), strings.Join(g.Persons, "\n"), strings.Join(g.Lost, "\n"), atOnce)
}

// SeeGlass notes an auditor's acknowledgement, once.
func (t *Tx) SeeGlass(ctx context.Context, id, by string) error {
	return t.guarded(ctx, "acknowledge break-glass", `UPDATE glass_breaks SET seen = $3, seen_by = $2 WHERE id = $1 AND seen = 0`, id, by, t.now)
}
