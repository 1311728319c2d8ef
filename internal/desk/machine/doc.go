// Package machine walks the desk at random: every act that moves a ticket, a
// proof, an approval, a recovery, a code, a session, a proposal or a report, by
// every role, out of order, repeated, with stale ids, other tickets' ids and
// empty values, and after each step it checks the invariants of the product.
//
// There is nothing here but tests. `make test` walks 50,000 steps from a fixed
// seed, without the race detector; `make torture` a million. To walk elsewhere:
//
//	COUNTERSIGN_SEED=7 go test ./internal/desk/machine
//
// A new act of the desk is one line of the table in acts_*_test.go, and
// TestEveryActIsInTheTable fails until the line is there.
package machine
