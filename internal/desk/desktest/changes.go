package desktest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/store"
)

// apart are the tables that nobody watches beside the scratch tables, whose rows
// grant nothing: the ledger's size is compared instead.
var apart = []string{"goose_db_version", "sqlite_sequence", "ledger_head", "ledger_entries", "ledger_details", "ledger_hashes"}

// watch has the database itself count, row by row, what changes in each table. A
// transaction that is undone takes its counts with it, so equal counts say that
// nothing was left; and to read them costs nothing, unlike all the rows.
func (h *House) watch() {
	h.TB.Helper()
	if h.faults.watched {
		return
	}
	h.faults.watched = true
	h.SQL(func(tx *sql.Tx) {
		script := sqliteCounter
		if h.Store.Postgres() {
			script = postgresCounter
		}
		for _, table := range tables(h.TB, tx, h.Store.Postgres()) {
			scratch := table != "jobs" && slices.Contains(store.ScratchTables, table)
			if !scratch && !slices.Contains(apart, table) {
				script += counted(table, h.Store.Postgres())
			}
		}
		_, err := tx.ExecContext(h.TB.Context(), script)
		must(h.TB, err)
	})
}

const (
	sqliteCounter   = `CREATE TABLE changed (name TEXT PRIMARY KEY, n BIGINT NOT NULL);`
	postgresCounter = sqliteCounter + `
		CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN UPDATE changed SET n = n + 1 WHERE name = TG_TABLE_NAME; RETURN NULL; END $$;`
)

// counted is the SQL that counts one table's changes from now on.
func counted(table string, postgres bool) string {
	script := fmt.Sprintf(`INSERT INTO changed (name, n) VALUES ('%s', 0);`, table)
	if postgres {
		return script + fmt.Sprintf(`CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION count_change();`, table)
	}
	for _, verb := range []string{"INSERT", "UPDATE", "DELETE"} {
		script += fmt.Sprintf(`CREATE TRIGGER changed_%s_%s AFTER %s ON %s BEGIN UPDATE changed SET n = n + 1 WHERE name = '%s'; END;`,
			table, strings.ToLower(verb), verb, table, table)
	}
	return script
}

// changes is how many rows of each table were written, but for some tables.
func (h *House) changes(except []string) map[string]int64 {
	h.TB.Helper()
	out := map[string]int64{}
	h.SQL(func(tx *sql.Tx) {
		rows, err := tx.QueryContext(h.TB.Context(), `SELECT name, n FROM changed`)
		must(h.TB, err)
		defer rows.Close()
		for rows.Next() {
			var table string
			var n int64
			must(h.TB, rows.Scan(&table, &n))
			if !slices.Contains(except, table) {
				out[table] = n
			}
		}
		must(h.TB, rows.Err())
	})
	return out
}
