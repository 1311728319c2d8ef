package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"countersign/internal/recovery"
)

// likeEscape keeps what a person typed from being read as a pattern.
var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// matching is the condition that an account has every word of a search: as the
// beginning of a word of its name, of its id, or of a live mail address. Each
// word is looked up by its first two characters in an index.
func matching(m *bindings, text string) string {
	var all []string
	for _, w := range recovery.SearchWords(text) {
		like := m.add(likeEscape.Replace(w) + "%")
		if utf8.RuneCountInString(w) < recovery.SearchMin { // narrows what the other words find
			all = append(all, `EXISTS (SELECT 1 FROM account_words w WHERE w.account = a.id AND w.word LIKE `+like+` ESCAPE '!')`)
			continue
		}
		head := m.add(recovery.Head(w))
		all = append(all, `a.id IN (SELECT w.account FROM account_words w WHERE w.head = `+head+` AND w.word LIKE `+like+` ESCAPE '!'
			UNION ALL SELECT i.id FROM accounts i WHERE i.head = `+head+` AND lower(i.id) LIKE `+like+` ESCAPE '!'
			UNION ALL SELECT d.account FROM addresses d WHERE d.head = `+head+` AND d.kind = 'mail' AND d.ended = 0 AND lower(d.value) LIKE `+like+` ESCAPE '!')`)
	}
	if len(all) == 0 {
		return "1 = 0"
	}
	return strings.Join(all, " AND ")
}

// FindAccounts finds live accounts by the beginnings of words of the name, of
// the id, or of a mail address, without regard to case and marks; by name, at
// most limit. The order is by an expression, lest a planner walks all names.
func (v View) FindAccounts(ctx context.Context, text string, limit int64) ([]recovery.Account, error) {
	var m bindings
	return list(ctx, v, "search accounts", scanAccount, `SELECT `+accountColumns+` WHERE a.ended = 0 AND `+matching(&m, text)+`
		ORDER BY a.name || '', a.id LIMIT `+m.add(limit), m...)
}

// saveWords writes by which words these accounts are found.
func (t *Tx) saveWords(ctx context.Context, all []recovery.Account) error {
	var rows [][]any
	ids := make([]any, len(all))
	for i, a := range all {
		ids[i] = a.ID
		for _, w := range recovery.NameWords(a.Name) {
			rows = append(rows, []any{a.ID, w, recovery.Head(w)})
		}
	}
	for len(ids) > 0 {
		n := min(manyRows, len(ids))
		if _, err := t.exec(ctx, "forget an account's words", `DELETE FROM account_words WHERE account IN `+placeholders(0, n), ids[:n]...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return t.insertMany(ctx, "save an account's words", `INSERT INTO account_words (account, word, head) VALUES `, ``, rows)
}

// folded is an account's name as namesakes are compared; never empty, so that
// an empty column says "not filled in yet".
func folded(a recovery.Account) string {
	if f := recovery.FoldName(a.Name); f != "" {
		return f
	}
	return strings.ToLower(a.ID)
}

// foldBatch is how many accounts one step of foldNames takes.
const foldBatch = 500

// foldNames fills in what SQL alone cannot compute for accounts that an earlier
// version wrote. It belongs to the migration and does nothing the second time.
func (s *Store) foldNames(ctx context.Context) error {
	for {
		tx, err := s.write.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("fold names: %w", err)
		}
		n, err := foldSome(ctx, tx)
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			tx.Rollback()
			return fmt.Errorf("fold names: %w", err)
		}
		if n < foldBatch {
			return nil
		}
	}
}

func foldSome(ctx context.Context, tx *sql.Tx) (int, error) {
	todo, err := list(ctx, View{q: tx}, "list names to fold", func(s scanner) (a recovery.Account, err error) {
		return a, s.Scan(&a.ID, &a.Name)
	}, `SELECT id, name FROM accounts WHERE folded = '' ORDER BY id LIMIT $1`, int64(foldBatch))
	if err != nil {
		return 0, err
	}
	for _, a := range todo {
		if _, err := exec(ctx, tx, "fold a name", `UPDATE accounts SET folded = $2 WHERE id = $1`, a.ID, folded(a)); err != nil {
			return 0, err
		}
		for _, w := range recovery.NameWords(a.Name) {
			if _, err := exec(ctx, tx, "save a word", `
				INSERT INTO account_words (account, word, head) VALUES ($1, $2, $3) ON CONFLICT (account, word) DO NOTHING`, a.ID, w, recovery.Head(w)); err != nil {
				return 0, err
			}
		}
	}
	return len(todo), nil
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
