package main

import (
	"sync/atomic"
)

func redeemBenches() []bench {
	return []bench{
		{name: "redeem.c32", what: "redemptions by 32 clients, against a raw loop of the same statements with one commit each, rate", bar: 1, atLeast: true, rounds: 5, begin: redeem32},
		{name: "redeem.c1", what: "redemptions by one client, against the same raw loop, p50", bar: 2.5, rounds: 5, begin: redeem1},
		{name: "redeem.group", what: "commits per redemption at 32 clients", bar: 1.0 / 8, rounds: 5, begin: redeemGroup},
	}
}

// redemptions furnishes a room with codes for so many rounds of n and the raw
// loop of the same redemptions on a copy.
func redemptions(l *lab, rounds, n int) (ours *room, floor *player) {
	base := newRoom(l)
	base.holders((rounds + 1) * n)
	acts := record(l, base.Desk.Keys, base.copied(), len(base.codes), func(r *room, i int) {
		r.codes = base.codes
		must(r.present(i))
	})
	return base.again(), newPlayer(l, base.copied(), acts)
}

// inTurn hands out 0, 1, 2 …, whoever asks.
func inTurn(fn func(i int)) func(int) {
	var next atomic.Int64
	return func(int) { fn(int(next.Add(1)) - 1) }
}

func redeem32(l *lab) (ours, floor side) {
	const n = 400
	r, raw := redemptions(l, 5, n)
	return rate(32, n, inTurn(func(i int) { must(r.present(i)) })), rate(1, n, raw.one)
}

func redeem1(l *lab) (ours, floor side) {
	const n = 150
	r, raw := redemptions(l, 5, n)
	return p50(n, inTurn(func(i int) { must(r.present(i)) })), p50(n, raw.one)
}

// redeemGroup needs no disk to be compared with: the bar holds on every one.
func redeemGroup(l *lab) (ours, floor side) {
	const n = 400
	r := newRoom(l)
	r.holders(6 * n)
	redeem := inTurn(func(i int) { must(r.present(i)) })
	return func() float64 {
		commits, acts := r.Store.Groups()
		crowd(32, n, redeem)
		c, a := r.Store.Groups()
		return float64(c-commits) / float64(a-acts)
	}, func() float64 { return 1 }
}
