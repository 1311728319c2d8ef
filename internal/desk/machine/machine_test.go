package machine

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

const (
	fewSteps  = 50_000    // make test
	manySteps = 1_000_000 // make torture
	walkSteps = 150       // of one house, on average
	visitAt   = 95        // percent of the cells
	firstSeed = 20260302
)

// The desk stands whatever is called, by whom, in whatever order.
func TestT1_EveryActByEveryRole(t *testing.T) {
	steps := fewSteps
	if desktest.Torture() {
		steps = manySteps
	}
	seed := number(t, "COUNTERSIGN_SEED", firstSeed)
	steps = number(t, "COUNTERSIGN_STEPS", steps)
	set(t, "rapid.steps", strconv.Itoa(walkSteps))
	set(t, "rapid.nofailfile", "true") // the seed says it all
	t.Logf("seed %d: to walk this way again, COUNTERSIGN_SEED=%d", seed, seed)
	mould, all := newMould(t)
	seen := newCoverage()
	for round := 0; seen.steps < steps; round++ { // walks are as long as they are: what is missing is walked elsewhere
		set(t, "rapid.seed", strconv.Itoa(seed+round))
		set(t, "rapid.checks", strconv.Itoa((steps-seen.steps)/walkSteps+10))
		rapid.Check(t, func(r *rapid.T) { oneWalk(t, r, mould, all, seen) })
	}
	t.Logf("%d steps\n%s", seen.steps, seen)
	if share := seen.share(); share < visitAt && steps >= fewSteps {
		t.Errorf("%.1f %% of the cells were visited, want %d %%; not visited: %v", share, visitAt, seen.missing())
	}
}

// oneWalk is one house.
func oneWalk(t *testing.T, r *rapid.T, mould *desktest.Mould, all []*subject, seen *coverage) {
	h := mould.Open(t, rand.NewChaCha8([32]byte{}))
	defer mould.Shut(t, h)
	w := &walk{House: h, T: r, seen: seen, sessions: map[string]string{}, answers: map[string]desk.Answer{}, trail: map[string]recovery.State{}, redeemed: map[string]string{}}
	for _, s := range all {
		w.all = append(w.all, s.clone())
		w.trail[s.ticket] = recovery.State(query(h, `SELECT state FROM tickets WHERE id = $1`, s.ticket)[0])
	}
	marks(h)
	r.Repeat(map[string]func(*rapid.T){
		"step": func(inner *rapid.T) { w.T = inner; w.step() },
	})
	w.T = r
	w.sweep()
	if w.pick(8, "let a month go by") == 7 {
		w.endless()
	}
	w.verifies()
}

// step is the next call: one in five goes on with a ticket as it should, the
// others are any act by any role in any state.
func (w *walk) step() {
	s := &step{walk: w}
	if w.pick(5, "way") == 1 {
		s.onward()
	} else {
		s.anywhere()
	}
	s.actor = s.actorOf(s.role)
	before := s.t.State
	err := s.act.call(s)
	w.Logf("%s by %s on %s (%s): %v", s.act.name, s.role, s.s.account, before, err)
	s.check(err)
	w.steps++
	w.seen.visit(before, s.act.name, s.role)
}

// on makes the step one about a subject.
func (s *step) on(o *subject) {
	s.s = o
	s.t = must(s.Store.View().Ticket(s.Context(), o.ticket))
}

// call is an act by one of its roles.
type call struct {
	act  act
	role role
}

var calls = func() (out []call) {
	for _, a := range table {
		for _, r := range a.roles {
			out = append(out, call{a, r})
		}
	}
	return out
}()

// anywhere draws a state, one of its tickets, and an act by a role.
func (s *step) anywhere() {
	state := reachable[s.pick(len(reachable), "state")]
	here := slices.DeleteFunc(slices.Clone(s.all), func(o *subject) bool { return s.trail[o.ticket] != state })
	if len(here) == 0 {
		here = s.all
	}
	s.on(here[s.pick(len(here), "ticket")])
	c := calls[s.pick(len(calls), "call")]
	s.act, s.role = c.act, c.role
}

// number reads a setting of the environment.
func number(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// set gives rapid a setting for the time of the test.
func set(t *testing.T, name, value string) {
	t.Helper()
	was := flag.Lookup(name).Value.String()
	t.Cleanup(func() { flag.Set(name, was) })
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}
