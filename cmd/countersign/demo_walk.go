package main

import (
	"container/heap"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
	"countersign/internal/worker"
)

// walk makes the demo's past: a clock that goes from 90 days ago to now, and
// steps that happen on the way. Every step is an act of the desk, done by a
// person with a key; nothing is written around the rules.
type walk struct {
	ctx    context.Context
	house  *house
	desk   *desk.Desk
	sink   *notify.Sink
	refuse *postbox
	worker *worker.Worker
	now    int64 // where the walk ends
	keys   map[string]*softkey.Key
	steps  steps
	made   int // steps so far: those of one moment happen in this order
}

// step is something that happens at a moment.
type walkStep struct {
	at, n int64
	name  string
	do    func() error
}

type steps []walkStep

func (s steps) Len() int { return len(s) }
func (s steps) Less(i, j int) bool {
	return s[i].at < s[j].at || s[i].at == s[j].at && s[i].n < s[j].n
}
func (s steps) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *steps) Push(x any)   { *s = append(*s, x.(walkStep)) }
func (s *steps) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// plan schedules a step. A moment that lies ahead of now never happens.
func (w *walk) plan(at int64, name string, do func() error) {
	if at > w.now {
		return
	}
	w.made++
	heap.Push(&w.steps, walkStep{at: at, n: int64(w.made), name: name, do: do})
}

// run walks. After each step all mail is delivered and what is due is swept.
func (w *walk) run() error {
	defer w.house.clock.fixed.Store(0)
	for w.steps.Len() > 0 {
		s := heap.Pop(&w.steps).(walkStep)
		w.house.clock.fixed.Store(s.at)
		if err := w.desk.Sweep(w.ctx); err != nil {
			return fmt.Errorf("%s: sweep: %w", s.name, err)
		}
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := w.worker.Drain(w.ctx); err != nil {
			return fmt.Errorf("%s: deliver: %w", s.name, err)
		}
	}
	return nil
}

// origin is where the people's keys believe to be.
func (w *walk) origin() string { return w.desk.RP.Origin }

// key is a person's or holder's security key, made on first use.
func (w *walk) key(id string) (*softkey.Key, error) {
	if k := w.keys[id]; k != nil {
		return k, nil
	}
	o := softkey.Defaults()
	o.CounterStuck = true // like many keys, it counts nothing; the demo's administrator survives a restart
	k, err := softkey.New(rand.Reader, o)
	if err == nil {
		w.keys[id] = k
	}
	return k, err
}

// create answers registration options with a new credential of id's key.
func (w *walk) create(id string, t desk.Touch) (desk.Answer, error) {
	k, err := w.key(id)
	if err != nil {
		return desk.Answer{}, err
	}
	response, err := k.Create(t.Options, w.origin())
	return desk.Answer{Challenge: t.ID, Response: response}, err
}

// touch answers assertion options with id's key.
func (w *walk) touch(id string, t desk.Touch, err error) (desk.Answer, error) {
	if err != nil {
		return desk.Answer{}, err
	}
	k, err := w.key(id)
	if err != nil {
		return desk.Answer{}, err
	}
	response, err := k.Get(t.Options, w.origin())
	return desk.Answer{Challenge: t.ID, Response: response}, err
}

// staff is a member of staff as an actor.
func staffActor(person string) desk.Actor {
	return desk.Actor{Kind: desk.StaffAct, Person: person, IP: "192.0.2.10"}
}

// browser is a holder's or caller's browser.
func browser(n int) desk.Actor {
	return desk.Actor{Kind: desk.Stranger, IP: fmt.Sprintf("198.51.100.%d", 1+n%250), Browser: "demo"}
}

var (
	codeInMail = regexp.MustCompile(`(?m)^\s*(\d{4}) (\d{4})\s*$`)
	linkInMail = regexp.MustCompile(`https?://\S+/(invite|welcome|stop)/([0-9a-z]+)`)
)

// mail is the newest message to an address whose text has what is looked for.
func (w *walk) mail(to string, what *regexp.Regexp) ([]string, error) {
	all := w.sink.Messages()
	for i := len(all) - 1; i >= 0; i-- {
		if found := what.FindStringSubmatch(all[i].Text); found != nil && strings.EqualFold(all[i].To, to) {
			return found, nil
		}
	}
	return nil, fmt.Errorf("no mail to %s has it", to)
}

// linkTo is the token of the newest link of a kind that was mailed to an address.
func (w *walk) linkTo(to, kind string) (string, error) {
	all := w.sink.Messages()
	for i := len(all) - 1; i >= 0; i-- {
		found := linkInMail.FindStringSubmatch(all[i].Text)
		if found != nil && found[1] == kind && strings.EqualFold(all[i].To, to) {
			return found[2], nil
		}
	}
	return "", fmt.Errorf("no %s link was mailed to %s", kind, to)
}

// address finds an account's address row by its value.
func (w *walk) address(account, value string) (recovery.Address, error) {
	all, err := w.house.store.View().Addresses(w.ctx, account)
	if err != nil {
		return recovery.Address{}, err
	}
	for _, a := range all {
		if a.Value == value && a.Ended == 0 {
			return a, nil
		}
	}
	return recovery.Address{}, fmt.Errorf("%s has no address %s: %w", account, value, store.ErrNotFound)
}

// mustRefuse turns an expected refusal into success, and anything else into an error.
func mustRefuse(err error) error {
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	if err == nil {
		return errors.New("was not refused")
	}
	return err
}
