package machine

import (
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

// reachable are the states that a ticket can stand in. No act leaves one in
// draft: it opens in proofing.
var reachable = slices.DeleteFunc(slices.Clone(recovery.States), func(s recovery.State) bool { return s == recovery.Draft })

// cell is one square of the table state × act × role.
type cell struct {
	state recovery.State
	act   string
	role  role
}

// coverage counts visits of the cells.
type coverage struct {
	steps  int
	visits map[cell]int
	moves  map[[2]recovery.State]int
}

func newCoverage() *coverage {
	c := &coverage{visits: map[cell]int{}, moves: map[[2]recovery.State]int{}}
	for _, a := range table {
		for _, r := range a.roles {
			for _, s := range reachable {
				c.visits[cell{s, a.name, r}] = 0
			}
		}
	}
	return c
}

func (c *coverage) visit(s recovery.State, act string, r role) {
	c.steps++
	c.visits[cell{s, act, r}]++
}

// share is the percentage of cells that were visited.
func (c *coverage) share() float64 {
	return 100 * float64(len(c.visits)-len(c.missing())) / float64(len(c.visits))
}

func (c *coverage) missing() []cell {
	var out []cell
	for k, n := range c.visits {
		if n == 0 {
			out = append(out, k)
		}
	}
	return out
}

// String is the table of what was visited, by state and role.
func (c *coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.2f %% of %d cells (state × act × role) visited, %d kinds of transition", c.share(), len(c.visits), len(c.moves))
	for _, s := range reachable {
		all, seen, n := 0, 0, 0
		for k, visits := range c.visits {
			if k.state == s {
				all, n = all+1, n+visits
				if visits > 0 {
					seen++
				}
			}
		}
		fmt.Fprintf(&b, "\n%-18s %4d of %4d cells, %6d calls", s, seen, all, n)
	}
	for _, from := range recovery.States {
		for _, to := range recovery.States {
			if n := c.moves[[2]recovery.State{from, to}]; n > 0 {
				fmt.Fprintf(&b, "\n%-18s → %-18s %6d times", from, to, n)
			}
		}
	}
	return b.String()
}
