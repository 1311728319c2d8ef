package store

import (
	"context"
	"errors"
)

// Meta reads a fact about the installation itself, "" when nobody wrote it.
func (v View) Meta(ctx context.Context, name string) (string, error) {
	value, err := get(ctx, v, "read a meta value", one[string], `SELECT value FROM meta WHERE name = $1`, name)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// SetMeta writes a fact that is decided once and never changed.
func (t *Tx) SetMeta(ctx context.Context, name, value string) error {
	return t.guarded(ctx, "write a meta value", `
		INSERT INTO meta (name, value, at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`, name, value, t.now)
}

// SchemaVersion is the number of the newest migration that was applied.
func (v View) SchemaVersion(ctx context.Context) (int64, error) {
	return get(ctx, v, "read the schema version", one[int64], `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`)
}
