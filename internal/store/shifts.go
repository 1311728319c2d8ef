package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"countersign/internal/recovery"
)

const shiftColumns = `id, person, site, zone, days, date, begins, ends, made, made_by, ended FROM shifts`

func scanShift(s scanner) (recovery.Shift, error) {
	var f recovery.Shift
	var days string
	if err := s.Scan(&f.ID, &f.Person, &f.Site, &f.Zone, &days, &f.Date, &f.Begins, &f.Ends, &f.Made, &f.MadeBy, &f.Ended); err != nil {
		return f, err
	}
	for _, d := range strings.Fields(days) {
		n, err := strconv.Atoi(d)
		if err != nil {
			return f, err
		}
		f.Days = append(f.Days, n)
	}
	var err error
	f.Location, err = time.LoadLocation(f.Zone)
	return f, err
}

// Shifts lists the shifts of all persons that have not ended, by person.
func (v View) Shifts(ctx context.Context) ([]recovery.Shift, error) {
	return list(ctx, v, "list shifts", scanShift, `SELECT `+shiftColumns+` WHERE ended = 0 ORDER BY person, made, id`)
}

// ShiftsOf lists one person's shifts that have not ended.
func (v View) ShiftsOf(ctx context.Context, person string) ([]recovery.Shift, error) {
	return list(ctx, v, "list a person's shifts", scanShift, `SELECT `+shiftColumns+` WHERE person = $1 AND ended = 0 ORDER BY made, id`, person)
}

// Shift reads one shift, ended or not.
func (v View) Shift(ctx context.Context, id string) (recovery.Shift, error) {
	return get(ctx, v, "read a shift", scanShift, `SELECT `+shiftColumns+` WHERE id = $1`, id)
}

// AddShift writes a shift.
func (t *Tx) AddShift(ctx context.Context, s recovery.Shift) error {
	days := make([]string, len(s.Days))
	for i, d := range s.Days {
		days[i] = strconv.Itoa(d)
	}
	return t.insert(ctx, "add a shift", `
		INSERT INTO shifts (id, person, site, zone, days, date, begins, ends, made, made_by, ended, ended_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '')`,
		s.ID, s.Person, s.Site, s.Zone, strings.Join(days, " "), s.Date, s.Begins, s.Ends, s.Made, s.MadeBy)
}

// EndShift takes a shift off the rota.
func (t *Tx) EndShift(ctx context.Context, id, by string, at int64) error {
	return t.guarded(ctx, "end a shift", `UPDATE shifts SET ended = $3, ended_by = $2 WHERE id = $1 AND ended = 0`, id, by, at)
}

// OnShift is who said to be on shift, and until when, as of now.
func (v View) OnShift(ctx context.Context, now int64) (map[string]int64, error) {
	type row struct {
		person string
		until  int64
	}
	all, err := list(ctx, v, "list who is on shift", func(s scanner) (row, error) {
		var r row
		err := s.Scan(&r.person, &r.until)
		return r, err
	}, `SELECT person, until FROM on_shift WHERE until > $1`, now)
	out := make(map[string]int64, len(all))
	for _, r := range all {
		out[r.person] = r.until
	}
	return out, err
}

// DutyOf reads one person's shifts and what the person switched on.
func (v View) DutyOf(ctx context.Context, person string) (recovery.Duty, error) {
	shifts, err := v.ShiftsOf(ctx, person)
	if err != nil {
		return recovery.Duty{}, err
	}
	until, err := get(ctx, v, "read who is on shift", one[int64], `SELECT COALESCE(MAX(until), 0) FROM on_shift WHERE person = $1`, person)
	return recovery.Duty{Shifts: shifts, Until: until}, err
}

// SetOnShift notes until when a person is on shift by the own word; now ends it.
func (t *Tx) SetOnShift(ctx context.Context, person string, until int64) error {
	return t.insert(ctx, "say to be on shift", `
		INSERT INTO on_shift (person, began, until) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET began = $2, until = $3`, person, t.now, until)
}

// Told is a coverage gap that administrators were told about.
type Told struct {
	Group      string
	From, Till int64
}

// ToldGaps lists the told gaps that end after a moment.
func (v View) ToldGaps(ctx context.Context, after int64) ([]Told, error) {
	return list(ctx, v, "list told gaps", func(s scanner) (Told, error) {
		var g Told
		err := s.Scan(&g.Group, &g.From, &g.Till)
		return g, err
	}, `SELECT grp, begins, ends FROM coverage_alarms WHERE ends >= $1 ORDER BY begins, grp`, after)
}

// TellGap notes that a gap was told.
func (t *Tx) TellGap(ctx context.Context, g recovery.Gap) error {
	return t.insert(ctx, "note a told gap", `INSERT INTO coverage_alarms (grp, begins, ends, told) VALUES ($1, $2, $3, $4)`, g.Group, g.From, g.To, t.now)
}

// StretchGap lets a told gap end later: the same gap, seen further.
func (t *Tx) StretchGap(ctx context.Context, g Told, till int64) error {
	return t.guarded(ctx, "stretch a told gap", `UPDATE coverage_alarms SET ends = $3 WHERE grp = $1 AND begins = $2 AND ends < $3`, g.Group, g.From, till)
}

// Pace counts what an approver decided since a moment, and how many of those
// took less than reading from statement to signature.
func (v View) Pace(ctx context.Context, person string, since, reading int64) (decided, quick int64, err error) {
	type pace struct{ decided, quick int64 }
	p, err := get(ctx, v, "read a pace", func(s scanner) (pace, error) {
		var p pace
		err := s.Scan(&p.decided, &p.quick)
		return p, err
	}, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN reading < $3 THEN 1 ELSE 0 END), 0) FROM approver_pace WHERE person = $1 AND at > $2`, person, since, reading)
	return p.decided, p.quick, err
}

// AddPace notes how long a decision took.
func (t *Tx) AddPace(ctx context.Context, approval, person string, reading int64) error {
	return t.insert(ctx, "note a pace", `INSERT INTO approver_pace (approval, person, at, reading) VALUES ($1, $2, $3, $4)`, approval, person, t.now, reading)
}
