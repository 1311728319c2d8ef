package main

import (
	"database/sql"
	"slices"
	"strings"
)

// statement is one that an act ran inside its transaction, with its arguments.
type statement struct {
	query string
	args  []any
}

// recording is what acts ran, act by act. Replayed against a copy of the
// database as it was before, it is the raw loop of the same statements: one
// transaction an act, prepared, no rules, no HTTP.
type recording [][]statement

// record runs acts 0 to n-1 in a room on the file at path and writes down their
// statements.
func record(l *lab, keys keyring, path string, n int, act func(r *room, i int)) recording {
	var all recording
	var now []statement
	r := openRoom(l, keys, path, func(query string, args []any) {
		now = append(now, statement{query, slices.Clone(args)})
	})
	for i := range n {
		now = nil
		act(r, i)
		all = append(all, now)
	}
	return all
}

// without leaves out the statements that name any of these words.
func (r recording) without(words ...string) recording {
	out := make(recording, len(r))
	for i, act := range r {
		out[i] = slices.DeleteFunc(slices.Clone(act), func(s statement) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.query, w) })
		})
	}
	return out
}

// player replays acts on one connection.
type player struct {
	db    *sql.DB
	stmts map[string]*sql.Stmt
	acts  recording
	next  int
}

func newPlayer(l *lab, path string, acts recording) *player {
	p := &player{db: rawOpen(l, path), stmts: map[string]*sql.Stmt{}, acts: acts}
	p.db.SetMaxOpenConns(1)
	for _, act := range acts {
		for _, s := range act {
			if p.stmts[s.query] == nil {
				stmt, err := p.db.Prepare(s.query)
				must(err)
				p.stmts[s.query] = stmt
			}
		}
	}
	return p
}

// one replays the next act in a transaction of its own.
func (p *player) one(int) {
	tx, err := p.db.Begin()
	must(err)
	for _, s := range p.acts[p.next] {
		p.run(tx.Stmt(p.stmts[s.query]), s)
	}
	must(tx.Commit())
	p.next++
}

func (p *player) run(stmt *sql.Stmt, s statement) {
	if !strings.HasPrefix(strings.TrimSpace(s.query), "SELECT") && !strings.Contains(s.query, "RETURNING") {
		_, err := stmt.Exec(s.args...)
		must(err)
		return
	}
	rows, err := stmt.Query(s.args...)
	must(err)
	read(rows)
}

// read reads every row and forgets it.
func read(rows *sql.Rows) {
	defer rows.Close()
	columns, err := rows.Columns()
	must(err)
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		must(rows.Scan(values...))
	}
	must(rows.Err())
}
