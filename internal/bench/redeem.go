package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"time"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

func redeemBenches() []bench {
	return []bench{
		{name: "redeem.c32", what: "redemptions over HTTP by 32 clients, against a raw loop of the same statements with one commit each, rate", bar: 1, atLeast: true, rounds: 5, begin: redeem32},
		{name: "redeem.c1", what: "redemptions over HTTP by one client, against the same raw loop, p50", bar: 2.5, rounds: 5, begin: redeem1},
		{name: "redeem.group", what: "commits per redemption at 32 clients", bar: 1.0 / 8, rounds: 5, begin: redeemGroup},
		{name: "redeem.race", what: "64 clients that race for each code, one may win, against redemptions by 32 clients, answers a second", bar: 0.5, atLeast: true, rounds: 5, begin: redeemRace},
		{name: "codes.issue", what: "a set of codes made, against its statements committed raw, CPU", bar: 1.5, rounds: 7, begin: codesIssue},
	}
}

// recordRedemptions furnishes a room with n live codes, and records what
// redeeming them runs, on a copy.
func recordRedemptions(l *lab, n int) (*room, recording) {
	base := newRoom(l)
	base.holders(n)
	return base, record(l, base.Desk.Keys, base.copied(), n, func(r *room, i int) {
		r.codes = base.codes
		must(r.present(i, "192.0.2.1"))
	})
}

// redemptions furnishes the product with codes for so many rounds of n, and the
// raw loop of the same redemptions on a copy.
func redemptions(l *lab, rounds, n int) (ours *desktop, floor *player) {
	base, acts := recordRedemptions(l, (rounds+1)*n)
	return newDesktop(base.again()), newPlayer(l, base.copied(), acts)
}

// desktop is the product behind a loopback listener, with the browsers of so
// many holders in front of it. Their work counts against the product.
type desktop struct {
	*room
	url    string
	client *http.Client
}

func newDesktop(r *room) *desktop {
	server := httptest.NewServer(handler(r))
	r.l.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &desktop{r, server.URL, client}
}

// redeem posts the form of /recover/code for account i.
func (d *desktop) redeem(i int) {
	answer, err := d.client.PostForm(d.url+"/recover/code", url.Values{"device": {"lost"}, "lock": {"locked"}, "account": {accountName(i)}, "code": {d.codes[i]}})
	must(err)
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.Header.Get("Location") != "/recover/password" {
		d.l.Fatalf("redemption %d answers %s (%v)", i, answer.Status, err)
	}
}

// inTurn hands out 0, 1, 2 …, whoever asks.
func inTurn(fn func(i int)) func(int) {
	var next atomic.Int64
	return func(int) { fn(int(next.Add(1)) - 1) }
}

func redeem32(l *lab) (ours, floor side) {
	const n = 300
	d, raw := redemptions(l, 5, n)
	return rate(32, n, inTurn(d.redeem)), rate(1, n, raw.one)
}

func redeem1(l *lab) (ours, floor side) {
	const n = 100
	d, raw := redemptions(l, 5, n)
	return p50(n, inTurn(d.redeem)), p50(n, raw.one)
}

// redeemGroup needs no disk to be compared with: the bar holds on every one.
func redeemGroup(l *lab) (ours, floor side) {
	const n = 300
	r := newRoom(l)
	r.holders(6 * n)
	redeem := inTurn(newDesktop(r).redeem)
	return func() float64 {
		commits, acts := r.Store.Groups()
		crowd(32, n, redeem)
		c, a := r.Store.Groups()
		return float64(c-commits) / float64(a-acts)
	}, func() float64 { return 1 }
}

// redeemRace ends the program unless each code opened exactly one recovery.
func redeemRace(l *lab) (ours, floor side) {
	const contested, n, clients = 40, 200, 64
	r := newRoom(l)
	r.holders(6 * (contested + n))
	next := 0
	return func() float64 {
			from := time.Now()
			for range contested {
				var won atomic.Int64
				crowd(clients, clients, func(client int) {
					if r.present(next, fmt.Sprintf("10.0.%d.1", client)) == nil {
						won.Add(1)
					}
				})
				if won.Load() != 1 {
					l.Fatalf("a code opened %d recoveries", won.Load())
				}
				next++
				r.Clock.Add(2 * recovery.Hour) // so many failures would close the house's lane
			}
			return contested * clients / time.Since(from).Seconds()
		}, func() float64 {
			first := next
			next += n
			return rate(32, n, func(i int) { must(r.present(first+i, "192.0.2.1")) })()
		}
}

// codesIssue: a set is five codes; the act tells the ledger, too.
func codesIssue(l *lab) (ours, floor side) {
	const n, rounds = 100, 7
	base := newRoom(l)
	base.Account("a-1")
	base.Passkey("a-1")
	holder := base.signedIn("a-1")
	issue := func(r *room) {
		_, err := r.Desk.MakeCodes(context.Background(), holder, desk.Answer{})
		must(err)
	}
	raw := newPlayer(l, base.copied(), record(l, base.Desk.Keys, base.copied(), (rounds+1)*n, func(r *room, _ int) { issue(r) }))
	r := base.again()
	return cpuOf(n, func(int) { issue(r) }), cpuOf(n, raw.one)
}
