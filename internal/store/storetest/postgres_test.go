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
}
