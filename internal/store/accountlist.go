package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

// AccountFilter selects accounts by name, in order. Search is what FindAccounts
// takes; AfterName and AfterID are the cursor.
type AccountFilter struct {
	Search, AfterName, AfterID string
	Supplier                   bool // only accounts of Departments
	Departments                []string
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
	if f.Supplier {
		in := []string{m.add("")} // an empty scope is nothing, not everything
		for _, d := range f.Departments {
			in = append(in, m.add(d))
		}
		where += " AND a.department <> '' AND a.department IN (" + strings.Join(in, ", ") + ")"
	}
	if f.AfterID != "" {
		where += " AND (a.name, a.id) > (" + m.add(f.AfterName) + ", " + m.add(f.AfterID) + ")"
	}
	return list(ctx, v, "list accounts", scanAccount, `SELECT `+accountColumns+where+` ORDER BY `+order+` LIMIT `+m.add(f.Limit), m...)
}
