package store

import (
	"context"

	"countersign/internal/recovery"
)

// AccountFilter selects accounts by name, in order. Search is what FindAccounts
// takes; AfterName and AfterID are the cursor.
type AccountFilter struct {
	Search, AfterName, AfterID string
	Limit                      int64
}

// Accounts lists accounts, ended ones too.
func (v View) Accounts(ctx context.Context, f AccountFilter) ([]recovery.Account, error) {
	var m bindings
	where, order := ` WHERE 1 = 1`, "a.name, a.id"
	if f.Search != "" {
		where += " AND " + matching(&m, f.Search)
		order = "a.name || '', a.id" // found first, sorted then
	}
	if f.AfterID != "" {
		where += " AND (a.name, a.id) > (" + m.add(f.AfterName) + ", " + m.add(f.AfterID) + ")"
	}
	return list(ctx, v, "list accounts", scanAccount, `SELECT `+accountColumns+where+` ORDER BY `+order+` LIMIT `+m.add(f.Limit), m...)
}
