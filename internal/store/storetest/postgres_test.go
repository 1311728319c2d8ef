package storetest

import (
	"database/sql"
	"testing"
)

func TestPostgresDSN(t *testing.T) {
	open := func(t *testing.T) *sql.DB {
		db, err := sql.Open("pgx", PostgresDSN(t))
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	t.Run("each call is an empty database of its own", func(t *testing.T) {
		for range 2 {
			if _, err := open(t).Exec("CREATE TABLE mark (n BIGINT)"); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("the databases of ended tests are gone, open connections or not", func(t *testing.T) {
		pg, err := sharedCluster()
		if err != nil {
			t.Fatal(err)
		}
		var left int
		if err := pg.admin.QueryRow("SELECT count(*) FROM pg_database WHERE datname LIKE 't_' ").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left != 0 {
			t.Errorf("%d databases left", left)
		}
	})
}
