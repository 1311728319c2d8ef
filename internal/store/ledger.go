package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
)

// Head is the ledger's size and root, and the time of the last change.
type Head struct {
	Size int64
	Root tlog.Hash
	At   int64
}

func storedCount(size int64) int64 { return ledger.StoredCount(size) }

// takeHead locks the head row and fixes the transaction's one moment. The CASE
// keeps time from running backwards whatever the clock says (R7).
func (t *Tx) takeHead(ctx context.Context, clock int64) error {
	var root string
	err := t.tx.QueryRowContext(ctx, `
		UPDATE ledger_head SET at = CASE WHEN at < $1 THEN $1 ELSE at END
		WHERE id = 1 RETURNING size, root, at`, clock).Scan(&t.head.Size, &root, &t.head.At)
	if err != nil {
		return wrap("take the ledger head", err)
	}
	t.now = t.head.At
	return t.head.setRoot(root)
}

func (h *Head) setRoot(text string) error {
	if text == "" {
		return nil
	}
	root, err := tlog.ParseHash(text)
	if err != nil {
		return fmt.Errorf("read the ledger head: %w", err)
	}
	h.Root = root
	return nil
}

func (t *Tx) saveHead(ctx context.Context) error {
	root, err := ledger.Root(t.head.Size, t.reader(ctx))
	if err != nil {
		return fmt.Errorf("compute the ledger root: %w", err)
	}
	t.head.Root = root
	n, err := exec(ctx, t.tx, "save the ledger head", `
		UPDATE ledger_head SET size = $1, root = $2 WHERE id = 1`, t.head.Size, root.String())
	return exactlyOne("save the ledger head", n, err)
}

// Append writes one entry and, when detail is not empty, its erasable side row;
// salt makes the digest of a short text unguessable. It returns the entry's
// number. Entries count from 0.
func (t *Tx) Append(ctx context.Context, e ledger.Entry, salt, detail string) (int64, error) {
	e.Seq, e.At = t.head.Size, t.now
	if detail != "" {
		e.Detail = ledger.DetailDigest(salt, detail)
	}
	body, err := e.Encode()
	if err != nil {
		return 0, fmt.Errorf("encode a ledger entry: %w", err)
	}
	hashes, err := ledger.Append(e.Seq, body, t.reader(ctx))
	if err != nil {
		return 0, fmt.Errorf("hash a ledger entry: %w", err)
	}
	if _, err := exec(ctx, t.tx, "append to the ledger", `
		INSERT INTO ledger_entries (seq, at, kind, actor, ticket, account, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Seq, e.At, e.Kind, e.Actor, e.Ticket, e.Account, body); err != nil {
		return 0, err
	}
	if detail != "" {
		if _, err := exec(ctx, t.tx, "append a ledger detail", `
			INSERT INTO ledger_details (seq, salt, text) VALUES ($1, $2, $3)`, e.Seq, salt, detail); err != nil {
			return 0, err
		}
	}
	if err := t.addHashes(ctx, ledger.StoredIndex(e.Seq), hashes); err != nil {
		return 0, err
	}
	t.head.Size++
	return e.Seq, nil
}

// addHashes stores the hashes of one entry, two on average, in one statement.
func (t *Tx) addHashes(ctx context.Context, first int64, hashes []tlog.Hash) error {
	rows, args := make([]string, len(hashes)), make([]any, 0, 2*len(hashes))
	for i, h := range hashes {
		rows[i] = fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2)
		args = append(args, first+int64(i), h.String())
		t.hashes[first+int64(i)] = h
	}
	_, err := exec(ctx, t.tx, "append ledger hashes", `INSERT INTO ledger_hashes (idx, hash) VALUES `+strings.Join(rows, ", "), args...)
	return err
}

// reader reads stored hashes, those of this transaction from memory.
func (t *Tx) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(idx))
		for i, n := range idx {
			h, ok := t.hashes[n]
			if !ok {
				var err error
				if h, err = t.hash(ctx, n); err != nil {
					return nil, err
				}
				t.hashes[n] = h
			}
			out[i] = h
		}
		return out, nil
	})
}

func (v View) hash(ctx context.Context, idx int64) (tlog.Hash, error) {
	text, err := get(ctx, v, "read a ledger hash", one[string], `SELECT hash FROM ledger_hashes WHERE idx = $1`, idx)
	if err != nil {
		return tlog.Hash{}, err
	}
	h, err := tlog.ParseHash(text)
	return h, wrap("read a ledger hash", err)
}

// HashReader reads the stored hashes of the Merkle tree, for proofs.
func (v View) HashReader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(idx))
		for i, n := range idx {
			h, err := v.hash(ctx, n)
			if err != nil {
				return nil, err
			}
			out[i] = h
		}
		return out, nil
	})
}

// LedgerHead reads size, root and time of the last entry.
func (v View) LedgerHead(ctx context.Context) (Head, error) {
	var h Head
	var root string
	err := v.q.QueryRowContext(ctx, `SELECT size, root, at FROM ledger_head WHERE id = 1`).Scan(&h.Size, &root, &h.At)
	if err != nil {
		return Head{}, wrap("read the ledger head", err)
	}
	return h, h.setRoot(root)
}

// LedgerRow is one stored entry with its side text, "" when erased or absent.
type LedgerRow struct {
	Entry              ledger.Entry
	Body, Salt, Detail string
}

const ledgerColumns = `e.body, COALESCE(d.salt, ''), COALESCE(d.text, '')
	FROM ledger_entries e LEFT JOIN ledger_details d ON d.seq = e.seq`

func scanLedger(s scanner) (LedgerRow, error) {
	var r LedgerRow
	if err := s.Scan(&r.Body, &r.Salt, &r.Detail); err != nil {
		return r, err
	}
	var err error
	r.Entry, err = ledger.Decode(r.Body)
	return r, err
}

// LedgerEntry reads one entry by number.
func (v View) LedgerEntry(ctx context.Context, seq int64) (LedgerRow, error) {
	return get(ctx, v, "read a ledger entry", scanLedger, `SELECT `+ledgerColumns+` WHERE e.seq = $1`, seq)
}

// LedgerFilter selects entries for the audit page; empty fields match all.
// Before and After are cursors (exclusive); newest first.
type LedgerFilter struct {
	Ticket, Account, Actor string
	Kind                   string   // a kind, or a family of kinds: the part before the dot
	Kinds                  []string // any of these
	From, Until            int64    // Unix microseconds, 0 = open
	Before                 int64    // entry number; 0 = newest
	Limit                  int64
}

// LedgerEntries lists entries, newest first.
func (v View) LedgerEntries(ctx context.Context, f LedgerFilter) ([]LedgerRow, error) {
	where, args := ` WHERE e.seq < $1`, []any{f.Before}
	if f.Before == 0 {
		args[0] = int64(1) << 62
	}
	add := func(is bool, clause string, v any) {
		if is {
			args = append(args, v)
			where += fmt.Sprintf(" AND %s $%d", clause, len(args))
		}
	}
	add(f.Ticket != "", "e.ticket =", f.Ticket)
	add(f.Account != "", "e.account =", f.Account)
	add(f.Actor != "", "e.actor =", f.Actor)
	if f.Kind != "" && !strings.Contains(f.Kind, ".") { // a family
		add(true, "e.kind LIKE", strings.NewReplacer("%", "", "_", "").Replace(f.Kind)+".%")
	} else {
		add(f.Kind != "", "e.kind =", f.Kind)
	}
	if len(f.Kinds) > 0 {
		var places []string
		for _, k := range f.Kinds {
			args = append(args, k)
			places = append(places, fmt.Sprintf("$%d", len(args)))
		}
		where += " AND e.kind IN (" + strings.Join(places, ", ") + ")"
	}
	add(f.From != 0, "e.at >=", f.From)
	add(f.Until != 0, "e.at <", f.Until)
	args = append(args, f.Limit)
	return list(ctx, v, "list ledger entries", scanLedger,
		`SELECT `+ledgerColumns+where+fmt.Sprintf(` ORDER BY e.seq DESC LIMIT $%d`, len(args)), args...)
}

// ReviewWhy is, for each of these tickets, the reason that the newest entry about
// its review gives; tickets without one are left out.
func (v View) ReviewWhy(ctx context.Context, tickets []string) (map[string]string, error) {
	out := map[string]string{}
	if len(tickets) == 0 {
		return out, nil
	}
	args, places := []any{string(recovery.ReviewDue)}, make([]string, len(tickets))
	for i, id := range tickets {
		args = append(args, id)
		places[i] = fmt.Sprintf("$%d", len(args))
	}
	rows, err := list(ctx, v, "list reasons of reviews", scanLedger,
		`SELECT `+ledgerColumns+` WHERE e.kind = $1 AND e.ticket IN (`+strings.Join(places, ", ")+`) ORDER BY e.seq`, args...)
	for _, r := range rows {
		out[r.Entry.Ticket] = r.Entry.Data["why"]
	}
	return out, err
}

// Head implements ledger.Source together with Rows and Hashes: the verifier
// reads one snapshot. A root that does not parse is handed on as zero, so that
// the verifier finds the damage.
func (l LedgerSource) Head() (int64, tlog.Hash, error) {
	var size any
	var text sql.NullString
	err := l.View.q.QueryRowContext(l.Ctx, `SELECT size, root FROM ledger_head WHERE id = 1`).Scan(&size, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, tlog.Hash{}, nil
	}
	if err != nil {
		return 0, tlog.Hash{}, wrap("read the ledger head", err)
	}
	n := number(size)
	if n == 0 && text.String == "" { // nothing was ever appended
		root, err := ledger.Root(0, nil)
		return 0, root, err
	}
	root, err := tlog.ParseHash(text.String)
	if err != nil {
		root = tlog.Hash{}
	}
	return n, root, nil
}

// number reads a column that should hold an integer; SQLite lets a tamperer
// store anything, which becomes -1 and so is found.
func number(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return -1
}

// LedgerSource streams the stored ledger for ledger.Verify.
type LedgerSource struct {
	Ctx  context.Context
	View View
}

// page is how many rows one read takes: rows and hashes are read in turns, and
// PostgreSQL has one open result per connection.
const page = 2000

// Rows streams all entries in order of their number.
func (l LedgerSource) Rows(fn func(ledger.Row) error) error {
	scan := func(s scanner) (ledger.Row, error) {
		var seq, at any
		var kind, actor, ticket, account, body sql.NullString
		err := s.Scan(&seq, &at, &kind, &actor, &ticket, &account, &body)
		return ledger.Row{Seq: number(seq), At: number(at), Kind: kind.String, Actor: actor.String, Ticket: ticket.String, Account: account.String, Body: body.String}, err
	}
	return paged(func(from int64) ([]ledger.Row, error) {
		return list(l.Ctx, l.View, "read the ledger", scan, `
			SELECT seq, at, kind, actor, ticket, account, body FROM ledger_entries WHERE seq >= $1 ORDER BY seq LIMIT $2`, from, page)
	}, func(r ledger.Row) int64 { return r.Seq }, fn)
}

type storedHash struct {
	idx  int64
	text string
}

// Hashes streams all stored hashes in order. A hash that does not parse is
// handed on as zero, so that the verifier names its entry.
func (l LedgerSource) Hashes(fn func(idx int64, h tlog.Hash) error) error {
	scan := func(s scanner) (storedHash, error) {
		var idx any
		var text sql.NullString
		err := s.Scan(&idx, &text)
		return storedHash{number(idx), text.String}, err
	}
	return paged(func(from int64) ([]storedHash, error) {
		return list(l.Ctx, l.View, "read the ledger hashes", scan, `
			SELECT idx, hash FROM ledger_hashes WHERE idx >= $1 ORDER BY idx LIMIT $2`, from, page)
	}, func(h storedHash) int64 { return h.idx }, func(h storedHash) error {
		parsed, err := tlog.ParseHash(h.text)
		if err != nil {
			parsed = tlog.Hash{}
		}
		return fn(h.idx, parsed)
	})
}

// WrongDetail finds the first entry whose side text is not the one it commits
// to, -1 when there is none. Side texts that were erased are no damage.
func (l LedgerSource) WrongDetail() (int64, error) {
	type side struct {
		seq        int64
		salt, text string
		body       string
	}
	scan := func(s scanner) (side, error) {
		var d side
		err := s.Scan(&d.seq, &d.salt, &d.text, &d.body)
		return d, err
	}
	bad := int64(-1)
	err := paged(func(from int64) ([]side, error) {
		return list(l.Ctx, l.View, "read the ledger details", scan, `
			SELECT d.seq, d.salt, d.text, COALESCE(e.body, '') FROM ledger_details d LEFT JOIN ledger_entries e ON e.seq = d.seq
			WHERE d.seq >= $1 ORDER BY d.seq LIMIT $2`, from, page)
	}, func(d side) int64 { return d.seq }, func(d side) error {
		e, err := ledger.Decode(d.body)
		if err == nil && e.Detail == ledger.DetailDigest(d.salt, d.text) {
			return nil
		}
		bad = d.seq
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return bad, err
}

var errFound = errors.New("found")

// paged reads page after page, each beginning behind the last row of the one before.
func paged[T any](read func(from int64) ([]T, error), key func(T) int64, fn func(T) error) error {
	const lowest = -1 << 63
	for from := int64(lowest); ; {
		rows, err := read(from)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
		from = key(rows[len(rows)-1]) + 1
	}
}
