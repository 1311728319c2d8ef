package main

import (
	"context"
	"database/sql"
	"fmt"

	"countersign/internal/ledger"
	"countersign/internal/store"
)

func auditBenches() []bench {
	return []bench{
		{name: "audit.verify", what: "100k entries verified, against the same rows selected and discarded, rate", bar: 0.85, atLeast: true, rounds: 5, begin: auditVerify},
	}
}

// auditVerify reads 100k entries where performance.md #19 reads up to 10 million.
// The same rows are the entries and the stored hashes, about two of them an entry.
func auditVerify(l *lab) (ours, floor side) {
	const n = 100_000
	r := newRoom(l)
	fillLedger(r, n)
	db := r.raw()
	ctx := context.Background()
	return rate(1, 1, func(int) {
			must(r.Store.Snapshot(ctx, func(v store.View) error {
				report, err := ledger.Verify(store.LedgerSource{Ctx: ctx, View: v}, nil)
				if err == nil && (!report.OK() || report.Size != n) {
					err = fmt.Errorf("the ledger does not verify: %+v", report)
				}
				return err
			}))
		}), rate(1, 1, func(int) {
			discard(db, `SELECT seq, at, kind, actor, ticket, account, body FROM ledger_entries ORDER BY seq`, 7)
			discard(db, `SELECT idx, hash FROM ledger_hashes ORDER BY idx`, 2)
		})
}

func fillLedger(r *room, n int) {
	const group = 1000
	for range n / group {
		r.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range group {
				_, err := tx.Append(ctx, ledger.Entry{Kind: "ticket.opened", Actor: "person:p-1001", Ticket: fmt.Sprintf("01970000-0000-7000-8000-%012d", i),
					Account: "a-1001", Data: map[string]string{"event": "device-loss", "session": "01970000-0000-7000-8000-000000000000"}}, "", "")
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// discard reads every row and forgets it.
func discard(db *sql.DB, query string, columns int) {
	rows, err := db.Query(query)
	must(err)
	defer rows.Close()
	values := make([]any, columns)
	for i := range values {
		values[i] = new(sql.RawBytes)
	}
	for rows.Next() {
		must(rows.Scan(values...))
	}
	must(rows.Err())
}
