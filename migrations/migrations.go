// Package migrations holds the schema as goose migrations. One text serves
// SQLite and PostgreSQL: columns are TEXT and BIGINT only, times are Unix
// microseconds in UTC, "when" columns stand where others would put booleans
// (zero means "not yet"). Where a dialect pair is unavoidable the file name
// ends in .sqlite.sql or .postgres.sql.
package migrations

import (
	"embed"
	"strconv"
	"strings"
)

// FS holds the migration files.
//
//go:embed *.sql
var FS embed.FS

// Newest is the number of the newest migration: the schema this program was
// built for. File names begin with it.
func Newest() int64 {
	names, err := FS.ReadDir(".")
	if err != nil {
		return 0
	}
	newest := int64(0)
	for _, n := range names {
		number, _, _ := strings.Cut(n.Name(), "_")
		if v, err := strconv.ParseInt(number, 10, 64); err == nil && v > newest {
			newest = v
		}
	}
	return newest
}
