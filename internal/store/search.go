package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

// likeEscape keeps what a person typed from being read as a pattern.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// FindAccounts finds live accounts by the beginning of the id, by a part of the
// name, or by the beginning of a mail address; any case, by name, at most limit.
func (v View) FindAccounts(ctx context.Context, text string, limit int64) ([]recovery.Account, error) {
	like := likeEscape.Replace(strings.ToLower(text))
	return list(ctx, v, "search accounts", scanAccount, `SELECT `+accountColumns+`
		WHERE a.ended = 0 AND (lower(a.id) LIKE $1 ESCAPE '\' OR lower(a.name) LIKE $2 ESCAPE '\'
			OR a.id IN (SELECT d.account FROM addresses d WHERE d.kind = 'mail' AND d.ended = 0 AND lower(d.value) LIKE $1 ESCAPE '\'))
		ORDER BY a.name, a.id LIMIT $3`, like+"%", "%"+like+"%", limit)
}

// PhonesOf lists the live numbers of these accounts.
func (v View) PhonesOf(ctx context.Context, accounts []string) ([]recovery.Address, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	var m bindings
	in := make([]string, len(accounts))
	for i, id := range accounts {
		in[i] = m.add(id)
	}
	return list(ctx, v, "list numbers", scanAddress, `
		SELECT `+addressColumns+` WHERE account IN (`+strings.Join(in, ", ")+`) AND kind = 'phone' AND ended = 0 ORDER BY account, id`, m...)
}
