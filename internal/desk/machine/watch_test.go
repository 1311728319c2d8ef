package machine

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// mark is one committed write of a step, as triggers saw it.
type mark struct {
	table, op, id, was, now string
}

// watched are the marks of what must never happen, by table: each op names it.
const (
	spentAgain = "spent again"
	revived    = "revived"
	laxer      = "laxer"
	later      = "later"
	moved      = "moved"
	completed  = "completed"
)

// watchTables puts triggers on every table that is not scratch: they note what a
// step wrote and what is undone leaves no note.
func watchTables(h *desktest.House) {
	h.SQLExec(`CREATE TABLE watched (n INTEGER PRIMARY KEY, tbl TEXT, op TEXT, id TEXT, was TEXT, now TEXT)`)
	var names []string
	columns := map[string][]string{}
	h.SQL(func(tx *sql.Tx) {
		names = texts(tx, `SELECT name FROM sqlite_master WHERE type = 'table'`)
		for _, n := range names {
			columns[n] = texts(tx, `SELECT name FROM pragma_table_info('`+n+`')`)
		}
	})
	for _, n := range names {
		if slices.Contains(store.ScratchTables, n) || slices.Contains([]string{"watched", "goose_db_version", "sqlite_sequence", "ledger_head", "ledger_details", "ledger_hashes"}, n) {
			continue
		}
		note(h, n, "INSERT", "", "insert", "''", "''", "''")
		note(h, n, "UPDATE", "WHEN "+differs(columns[n]), "update", "''", "''", "''")
		note(h, n, "DELETE", "", "delete", "''", "''", "''")
		watchColumns(h, n, columns[n])
	}
}

// shown are columns that pages sort by and no rule looks at: any entry about a
// ticket refreshes them.
var shown = []string{"next_due", "next_what"}

// differs is true of a row that says anything else than before.
func differs(columns []string) string {
	var all []string
	for _, c := range columns {
		if !slices.Contains(shown, c) {
			all = append(all, fmt.Sprintf("old.%[1]s IS NOT new.%[1]s", c))
		}
	}
	return strings.Join(all, " OR ")
}

// once are columns that say when something ended: what is over stays over.
var once = []string{"ended", "void", "retired", "spent", "used", "suspended", "completed", "erased", "disabled"}

func watchColumns(h *desktest.House, table string, columns []string) {
	id := "'?'"
	if slices.Contains(columns, "id") {
		id = "new.id"
	}
	for _, c := range columns {
		switch {
		case c == "ends":
			note(h, table, "UPDATE", "WHEN old.ends > 0 AND new.ends > old.ends", later, id, "'ends'", "''")
		case slices.Contains(once, c) && !(c == "used" && slices.Contains([]string{"staff_keys", "factors"}, table)): // theirs is the last use
			what := revived
			if c == "spent" || c == "used" {
				what = spentAgain
			}
			note(h, table, "UPDATE", fmt.Sprintf("WHEN old.%[1]s <> 0 AND new.%[1]s <> old.%[1]s", c), what, id, "'"+c+"'", "new."+c)
		}
	}
	if table == "tickets" {
		note(h, table, "INSERT", "", moved, "new.id", "''", "new.state")
		note(h, table, "UPDATE", "WHEN old.state <> new.state", moved, "new.id", "old.state", "new.state")
		note(h, table, "UPDATE", "WHEN old.state = new.state AND old.due > 0 AND (new.due > old.due OR new.due = 0)", later, "new.id", "'due'", "''")
		note(h, table, "UPDATE", "WHEN new.approvals_needed < old.approvals_needed OR new.groups_needed < old.groups_needed OR old.group_from <> '' AND new.group_from <> old.group_from", laxer, "new.id", "''", "''")
		note(h, table, "UPDATE", "WHEN old.completed = 0 AND new.completed <> 0", completed, "new.id", "''", "''")
	}
}

func note(h *desktest.House, table, op, when, as, id, was, now string) {
	name := strings.NewReplacer(" ", "_", "'", "", ".", "_", "?", "_").Replace(fmt.Sprintf("watch_%s_%s_%s_%s", table, op, as, was))
	h.SQLExec(fmt.Sprintf(`CREATE TRIGGER %s AFTER %s ON %s %s BEGIN INSERT INTO watched (tbl, op, id, was, now) VALUES ('%s', '%s', %s, %s, %s); END`,
		name, op, table, when, table, as, id, was, now))
}

// marks takes what was noted since the last time.
func marks(h *desktest.House) []mark {
	var out []mark
	h.SQL(func(tx *sql.Tx) {
		rows := must(tx.Query(`DELETE FROM watched RETURNING n, tbl, op, id, was, now`))
		defer rows.Close()
		for rows.Next() {
			var n int
			var m mark
			if err := rows.Scan(&n, &m.table, &m.op, &m.id, &m.was, &m.now); err != nil {
				panic(err)
			}
			out = append(out, m)
		}
	})
	return out
}

func texts(tx *sql.Tx, query string, args ...any) []string {
	rows := must(tx.Query(query, args...))
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
}

// query reads one column behind the desk's back.
func query(h *desktest.House, q string, args ...any) (out []string) {
	h.SQL(func(tx *sql.Tx) { out = texts(tx, q, args...) })
	return out
}

// openJobs lists the jobs of a kind that wait, oldest first.
func openJobs(h *desktest.House, kind string) []string {
	return query(h, `SELECT id FROM jobs WHERE kind = $1 AND done = 0 AND failed = 0 ORDER BY made, id`, kind)
}

// leaseJob gives a job to the machine's own worker, however soon it is.
func leaseJob(h *desktest.House, id string) store.Job {
	h.SQL(func(tx *sql.Tx) {
		must(tx.Exec(`UPDATE jobs SET lease_by = 'machine', lease_until = $2, tries = tries + 1 WHERE id = $1`, id, h.Clock.Now()+recovery.Minute))
	})
	j := must(h.Store.View().Job(h.TB.Context(), id))
	j.LeaseBy = "machine"
	return j
}
