// Package migrations holds the schema as goose migrations. One text serves
// SQLite and PostgreSQL: columns are TEXT and BIGINT only, times are Unix
// microseconds in UTC, "when" columns stand where others would put booleans
// (zero means "not yet"). Where a dialect pair is unavoidable the file name
// ends in .sqlite.sql or .postgres.sql.
package migrations

import "embed"

// FS holds the migration files.
//
//go:embed *.sql
var FS embed.FS
