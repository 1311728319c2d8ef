package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/ledger"
	"countersign/internal/store"
)

func auditBenches() []bench {
	return []bench{
		{name: "act.cost", what: "one audited act (a note on a ticket), against its statements committed raw, p50", bar: 2.5, rounds: 5, begin: actCost},
		{name: "audit.append", what: "the statements of redemptions with hashes made and stored, against the same without, p50", bar: 1.1, rounds: 11, begin: auditAppend},
		{name: "audit.verify", what: "the same rows selected and discarded, against 100k entries verified, CPU", bar: 0.25, atLeast: true, rounds: 5, begin: auditVerify},
	}
}

// actCost is what the seam adds to the statements: rights read, rules asked,
// text encoded, hashes made.
func actCost(l *lab) (ours, floor side) {
	const n, rounds = 200, 5
	base := newRoom(l)
	agent := base.Found()
	t := base.Opened(agent, "a-1")
	note := func(r *room) {
		must(r.Desk.AddNote(context.Background(), agent, t.Reference, "The caller rings back at three."))
	}
	raw := newPlayer(l, base.copied(), record(l, base.Desk.Keys, base.copied(), (rounds+1)*n, func(r *room, _ int) { note(r) }))
	r := base.again()
	return p50(n, func(int) { note(r) }), p50(n, raw.one)
}

// auditAppend replays redemptions twice: once with the tree's hashes made from
// each entry's text and stored as the act stored them, once without. A redemption
// appends two entries, so the bar is 1.05 for each of them; most of the cost is
// one more page in the write-ahead log. CPU alone gives the same ratio.
func auditAppend(l *lab) (ours, floor side) {
	const n, rounds = 100, 11
	base, acts := recordRedemptions(l, (rounds+1)*n)
	with, bare := newPlayer(l, base.copied(), acts), newPlayer(l, base.copied(), acts.without("ledger_hashes"))
	log, bodies := treeOf(base), acts.entries()
	return p50(n, func(i int) {
		for _, body := range bodies[with.next] {
			log.add(body)
		}
		log.root()
		with.one(i)
	}), p50(n, bare.one)
}

// entries are the texts that each act appended to the ledger.
func (r recording) entries() [][]string {
	out := make([][]string, len(r))
	for i, act := range r {
		for _, s := range act {
			if strings.Contains(s.query, "INTO ledger_entries") {
				out[i] = append(out[i], s.args[len(s.args)-1].(string))
			}
		}
	}
	return out
}

// tree makes hashes as the store does, with the older ones in memory.
type tree struct {
	size   int64
	hashes []ledger.Hash
}

func treeOf(r *room) *tree {
	rows, err := r.Store.View().LedgerEntries(context.Background(), store.LedgerFilter{Limit: 1 << 40})
	must(err)
	t := &tree{}
	for _, row := range slices.Backward(rows) {
		t.add(row.Body)
	}
	return t
}

// ReadHashes implements ledger.HashReader.
func (t *tree) ReadHashes(idx []int64) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, len(idx))
	for i, n := range idx {
		out[i] = t.hashes[n]
	}
	return out, nil
}

func (t *tree) add(body string) {
	hashes, err := ledger.Append(t.size, body, t)
	must(err)
	t.size, t.hashes = t.size+1, append(t.hashes, hashes...)
}

func (t *tree) root() {
	_, err := ledger.Root(t.size, t)
	must(err)
}

// auditVerify: beside hashing what it reads, the product reads every text back
// into an entry, writes it again to compare (that it is canonical), and compares
// two stored hashes an entry; it takes about three times the CPU of the scan. A
// prototype that only hashed, on a second core, reached 0.85 of its rate.
func auditVerify(l *lab) (ours, floor side) {
	const n = 100_000
	r := newRoom(l)
	fillLedger(r, n)
	db := r.raw()
	ctx := context.Background()
	verify := cpuOf(1, func(int) {
		must(r.Store.Snapshot(ctx, func(v store.View) error {
			report, err := ledger.Verify(store.LedgerSource{Ctx: ctx, View: v}, nil)
			if err == nil && (!report.OK() || report.Size != n) {
				err = fmt.Errorf("the ledger does not verify: %+v", report)
			}
			return err
		}))
	})
	scan := cpuOf(1, func(int) {
		discard(db, `SELECT seq, at, kind, actor, ticket, account, body FROM ledger_entries ORDER BY seq`)
		discard(db, `SELECT idx, hash FROM ledger_hashes ORDER BY idx`)
	})
	return scan, verify // a rate: the scan's time over ours
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
func discard(db *sql.DB, query string) {
	rows, err := db.Query(query)
	must(err)
	read(rows)
}
