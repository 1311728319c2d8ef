package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
)

// manyRows is how many rows one statement writes or asks for. More is slower:
// SQLite looks each $n up among all others before it (measured: 500 rows a
// statement take four times as long as 40).
const manyRows = 40

// manyValues is how many values one statement writes, for the same reason
// (measured: 19 columns take half the time in statements of 200 values that they
// take in statements of 760).
const manyValues = 200

// insertMany writes rows with as few statements as it can. head ends with
// VALUES, tail is what follows the last row.
func (t *Tx) insertMany(ctx context.Context, op, head, tail string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(manyRows, max(1, manyValues/len(rows[0])), len(rows))
		var b strings.Builder
		b.WriteString(head)
		args := make([]any, 0, n*len(rows[0]))
		for i, row := range rows[:n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(placeholders(len(args), len(row)))
			args = append(args, row...)
		}
		b.WriteString(tail)
		hit, err := t.exec(ctx, op, b.String(), args...)
		if err != nil {
			return err
		}
		if hit != int64(n) {
			return fmt.Errorf("%s: %w", op, ErrConflict)
		}
		rows = rows[n:]
	}
	return nil
}

// placeholders writes ($from+1, …, $from+n).
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		sep := byte(',')
		if i == 0 {
			sep = '('
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "$%d", from+i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// listIn reads the rows whose column is one of ids. query ends with IN.
func listIn[T any](ctx context.Context, v View, op string, scan func(scanner) (T, error), query string, ids []string) ([]T, error) {
	var out []T
	for len(ids) > 0 {
		n := min(manyRows, len(ids))
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id
		}
		part, err := list(ctx, v, op, scan, query+placeholders(0, n), args...)
		if err != nil {
			return nil, err
		}
		out, ids = append(out, part...), ids[n:]
	}
	return out, nil
}

// AccountsIn reads those of the named accounts that exist.
func (v View) AccountsIn(ctx context.Context, ids []string) ([]recovery.Account, error) {
	return listIn(ctx, v, "read accounts", scanAccount, `SELECT `+accountColumns+` WHERE a.id IN `, ids)
}

// PersonsIn reads those of the named persons that exist.
func (v View) PersonsIn(ctx context.Context, ids []string) ([]recovery.Person, error) {
	return listIn(ctx, v, "read persons", scanPerson, `SELECT `+personColumns+` FROM persons p WHERE p.id IN `, ids)
}

// AddressesIn reads all addresses of the named accounts, ended ones too.
func (v View) AddressesIn(ctx context.Context, accounts []string) ([]recovery.Address, error) {
	return listIn(ctx, v, "read addresses", scanAddress, `SELECT `+addressColumns+` WHERE account IN `, accounts)
}

// AnyAccount says whether the directory has an account at all.
func (v View) AnyAccount(ctx context.Context) (bool, error) {
	_, err := get(ctx, v, "look for accounts", one[string], `SELECT id FROM accounts LIMIT 1`)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SavePersons writes many persons: new, or with changed values.
func (t *Tx) SavePersons(ctx context.Context, all []recovery.Person) error {
	rows := make([][]any, len(all))
	for i, p := range all {
		rows[i] = []any{p.ID, p.Name, p.Email, p.Manager, p.Department, p.FirstSeen}
	}
	return t.insertMany(ctx, "save persons", `INSERT INTO persons (id, name, email, manager, department, first_seen) VALUES `,
		` ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, manager = excluded.manager, department = excluded.department`, rows)
}

// SaveAccounts writes many accounts: new, or with changed directory values. The
// owner of a service account may change; holds, blocks and marks stay.
func (t *Tx) SaveAccounts(ctx context.Context, all []recovery.Account) error {
	rows := make([][]any, len(all))
	for i, a := range all {
		rows[i] = []any{a.ID, a.Person, a.Name, a.Department, a.Manager, a.Population, a.Created, a.Baseline, int64(0), int64(0), int64(0), a.Ended, folded(a), headOf(a.ID),
			a.StartsOn, a.EndsOn, a.Sponsor, a.Photo, a.Group}
	}
	if err := t.insertMany(ctx, "save accounts", `
		INSERT INTO accounts (id, person, name, department, manager, population, created, baseline, mailed_link, hold, contact_block, ended, folded, head,
			starts_on, ends_on, sponsor, photo, grp) VALUES `,
		` ON CONFLICT (id) DO UPDATE SET person = excluded.person, name = excluded.name, department = excluded.department,
			manager = excluded.manager, population = excluded.population, folded = excluded.folded,
			starts_on = excluded.starts_on, ends_on = excluded.ends_on, sponsor = excluded.sponsor,
			photo = excluded.photo, grp = excluded.grp, ended = excluded.ended`, rows); err != nil {
		return err
	}
	return t.saveWords(ctx, all)
}

// AddAddresses writes many new addresses. Their age counts from FirstSeen (R27).
func (t *Tx) AddAddresses(ctx context.Context, all []recovery.Address) error {
	rows := make([][]any, len(all))
	for i, a := range all {
		rows[i] = []any{a.ID, a.Account, a.Kind, a.Value, a.FirstSeen, a.Baseline, a.Ended, headOf(a.Value)}
	}
	return t.insertMany(ctx, "add addresses", `INSERT INTO addresses (id, account, kind, value, first_seen, baseline, ended, head) VALUES `, ``, rows)
}

// AppendMany is Append for many entries without side rows.
func (t *Tx) AppendMany(ctx context.Context, all []ledger.Entry) error {
	entries, hashes := make([][]any, 0, len(all)), make([][]any, 0, 2*len(all))
	for _, e := range all {
		e.Seq, e.At = t.head.Size, t.now
		body, err := e.Encode()
		if err != nil {
			return fmt.Errorf("encode a ledger entry: %w", err)
		}
		added, err := ledger.Append(e.Seq, body, t.reader(ctx))
		if err != nil {
			return fmt.Errorf("hash a ledger entry: %w", err)
		}
		entries = append(entries, []any{e.Seq, e.At, e.Kind, e.Actor, e.Ticket, e.Account, body})
		for i, h := range added {
			idx := ledger.StoredIndex(e.Seq) + int64(i)
			hashes = append(hashes, []any{idx, h.String()})
			t.hashes[idx] = h
		}
		t.head.Size++
	}
	if err := t.insertMany(ctx, "append to the ledger", `INSERT INTO ledger_entries (seq, at, kind, actor, ticket, account, body) VALUES `, ``, entries); err != nil {
		return err
	}
	return t.insertMany(ctx, "append ledger hashes", `INSERT INTO ledger_hashes (idx, hash) VALUES `, ``, hashes)
}

// SetMeta keeps a fact about the whole installation, with when it was learned.
func (t *Tx) SetMeta(ctx context.Context, name, value string) error {
	return t.insert(ctx, "set a fact", `
		INSERT INTO meta (name, value, at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET value = $2, at = $3`, name, value, t.now)
}

// Meta reads such a fact and when it was learned.
func (v View) Meta(ctx context.Context, name string) (value string, at int64, err error) {
	err = wrap("read a fact", v.q.QueryRowContext(ctx, `SELECT value, at FROM meta WHERE name = $1`, name).Scan(&value, &at))
	return value, at, err
}
