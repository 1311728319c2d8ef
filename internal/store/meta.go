package store

import "context"

// SchemaVersion is the number of the newest migration that was applied.
func (v View) SchemaVersion(ctx context.Context) (int64, error) {
	return get(ctx, v, "read the schema version", one[int64], `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`)
}

// TicketOfReference is the row id of the ticket that has, or had, a reference.
func (v View) TicketOfReference(ctx context.Context, ref string) (string, error) {
	return get(ctx, v, "find a reference", one[string], `SELECT ticket FROM references_used WHERE reference = $1`, ref)
}
