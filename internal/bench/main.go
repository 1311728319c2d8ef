// Command bench measures the product against floors compiled into this same
// program: `make bench`, or `go run ./internal/bench [NAME…]`.
//
// A line on standard output per benchmark,
//
//	bench NAME ratio R bar <=B ok|short
//
// and exit 1 if one is short. R is the median of the ratios of at least five
// rounds; each round does our share and the floor's one after the other, in
// changing order, so that a slow neighbour slows both. Standard error tells
// what is compared, in which unit, and the spread.
//
// What is gated: CPU time per operation of this process (getrusage), or wall
// time where waiting is the point (commits, slots). No absolute number is
// gated: on a shared machine they move by a factor of five. The bars and what
// they mean stand in docs/performance.md.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is one line of the report.
type bench struct {
	name    string
	what    string // ours against floor, and the unit
	bar     float64
	atLeast bool // R must be at least the bar; else at most
	rounds  int
	// begin furnishes both sides.
	begin func(*lab) (ours, floor side)
}

// side does one round's share of the work and answers its cost, or its rate.
type side func() float64

func benches() []bench {
	return slices.Concat(redeemBenches(), pageBenches(), auditBenches(), cryptoBenches(), policyBenches())
}

func main() {
	fmt.Fprintf(os.Stderr, "%s, %d CPUs, load %s\n", runtime.Version(), runtime.NumCPU(), load())
	short := false
	for _, b := range benches() {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], b.name) {
			continue
		}
		began := time.Now()
		ratios := b.run()
		ok := b.report(ratios, time.Since(began))
		short = short || !ok
	}
	if short {
		os.Exit(1)
	}
}

// run measures the rounds, after one that is thrown away.
func (b bench) run() []float64 {
	l := newLab()
	defer l.close()
	ours, floor := b.begin(l)
	ours()
	floor()
	ratios := make([]float64, b.rounds)
	for i := range ratios {
		var x, y float64
		runtime.GC()
		if i%2 == 0 {
			x, y = ours(), floor()
		} else {
			y, x = floor(), ours()
		}
		ratios[i] = x / y
	}
	slices.Sort(ratios)
	return ratios
}

func (b bench) report(ratios []float64, took time.Duration) (ok bool) {
	r := ratios[len(ratios)/2]
	sign, word := "<=", "ok"
	if b.atLeast {
		sign = ">="
	}
	if ok = r <= b.bar; b.atLeast {
		ok = r >= b.bar
	}
	if !ok {
		word = "short"
	}
	fmt.Fprintf(os.Stderr, "%s: %s; %d rounds from %.3f to %.3f, %.1f s\n", b.name, b.what, len(ratios), ratios[0], ratios[len(ratios)-1], took.Seconds())
	fmt.Printf("bench %s ratio %.3f bar %s%g %s\n", b.name, r, sign, b.bar, word)
	return ok
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
