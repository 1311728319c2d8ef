package store

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/recovery"
)

// AccountFilter selects accounts by name, in order. Search is part of a name,
// or the beginning of an id or a mail address; AfterName and AfterID are the
// cursor.
type AccountFilter struct {
	Search, AfterName, AfterID string
	Limit                      int64
}

// Accounts lists accounts, ended ones too.
func (v View) Accounts(ctx context.Context, f AccountFilter) ([]recovery.Account, error) {
	where, args := ` WHERE 1 = 1`, []any{}
	add := func(clause string, values ...any) {
		places := make([]any, len(values))
		for i := range values {
			places[i] = len(args) + i + 1
		}
		args = append(args, values...)
		where += fmt.Sprintf(` AND `+clause, places...)
	}
	if f.Search != "" {
		text := likeText.Replace(f.Search)
		lower := strings.ToLower(text)
		// SQLite folds ASCII only, so the text is also compared as it was typed.
		add(`(lower(a.name) LIKE $%d ESCAPE '!' OR a.name LIKE $%d ESCAPE '!' OR lower(a.id) LIKE $%d ESCAPE '!'
			OR a.id IN (SELECT d.account FROM addresses d WHERE d.value LIKE $%d ESCAPE '!'))`, "%"+lower+"%", "%"+text+"%", lower+"%", lower+"%")
	}
	if f.AfterID != "" {
		add(`(a.name, a.id) > ($%d, $%d)`, f.AfterName, f.AfterID)
	}
	args = append(args, f.Limit)
	return list(ctx, v, "list accounts", scanAccount, `SELECT `+accountColumns+where+fmt.Sprintf(` ORDER BY a.name, a.id LIMIT $%d`, len(args)), args...)
}

var likeText = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")
