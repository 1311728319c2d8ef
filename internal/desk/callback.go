package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// BeginCall begins a call-back: the agent who placed it is shown one number of
// the directory in full, for as long as the call lives, and the entry says so.
// Refused: a step or method that is not open, a ticket nobody holds, a number
// that is struck off or rung often enough (number-unknown, number-struck,
// calls-enough), the last proof by an agent who ran the ticket (same-eyes). How the
// holder reached us does not matter: an inbound call proves nothing, this one does
// (R16).
func (d *Desk) BeginCall(ctx context.Context, actor Actor, reference string, id recovery.StepID, address string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.workOn(ctx, reference, id, recovery.ByCallBack)
		if err != nil {
			return err
		}
		if err := c.mayTakeLast(ctx, t, id, recovery.ByCallBack); err != nil {
			return err
		}
		a, struck, err := c.numberOf(ctx, t, address)
		if err != nil {
			return err
		}
		calls, err := c.Tx.Calls(ctx, t.ID)
		if err != nil {
			return err
		}
		proofs, err := c.Tx.Evidence(ctx, t.ID)
		if err != nil {
			return err
		}
		if err := recovery.MayCallBack(a, t.Account, struck, inRun(calls, t.Run)); err != nil {
			return err
		}
		if err := recovery.MayComeAgain(recovery.Evidence{Step: id, Channel: a.ID}, proofs); err != nil {
			return err
		}
		if err := c.closeCall(ctx, t, recovery.CallOver); err != nil {
			return err
		}
		call := recovery.CallBack{ID: c.desk.newID(), Ticket: t.ID, Run: t.Run, Step: id, Address: a.ID, Agent: actor.Person, Made: c.Now, Ends: c.Now + recovery.CallBackLife}
		call.Match = codes.HashMatch(d.Keys.Pepper, d.matchCode(call))
		if err := c.Tx.AddCall(ctx, call); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CallBegun, Ticket: t.ID, Account: t.Account, Object: call.ID,
			Data: map[string]string{"step": string(id), "address": a.ID, "shown": "number"}})
	})
}

// workOn begins an act of an agent on one method of the open step, for the
// browser that holds the ticket.
func (c *Change) workOn(ctx context.Context, reference string, id recovery.StepID, method recovery.Method) (recovery.Ticket, error) {
	t, err := c.work(ctx, reference)
	if err != nil {
		return t, err
	}
	if _, err := c.openStep(ctx, t, id, method); err != nil {
		return t, err
	}
	return t, c.held(ctx, t)
}

// numberOf is one number of the ticket's account, and why it may carry no proof.
func (c *Change) numberOf(ctx context.Context, t recovery.Ticket, address string) (recovery.Address, string, error) {
	all, err := c.Tx.Addresses(ctx, t.Account)
	if err != nil {
		return recovery.Address{}, "", err
	}
	around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
	for _, a := range all {
		if a.ID == address {
			return a, a.Struck(around), err
		}
	}
	return recovery.Address{}, "", err
}

func inRun(calls []recovery.CallBack, run int64) int64 {
	n := int64(0)
	for _, call := range calls {
		if call.Run == run {
			n++
		}
	}
	return n
}

// closeCall ends the open call of a ticket, if there is one.
func (c *Change) closeCall(ctx context.Context, t recovery.Ticket, outcome string) error {
	call, err := c.Tx.OpenCall(ctx, t.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.Tx.CloseCall(ctx, call.ID, outcome)
}

// liveCall is the call that is on, for whoever reads or types its words.
func (c *Change) liveCall(ctx context.Context, t recovery.Ticket) (recovery.CallBack, error) {
	call, err := c.Tx.OpenCall(ctx, t.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !call.Live(t.Run, c.Now) {
		return call, recovery.NoCall()
	}
	return call, err
}

// ShowWords draws three words for the claimed browser. They exist in its answer
// and nowhere else: the row holds a keyed hash, so nobody at the desk can read
// them. Asked again, other words come and the first are dead.
func (d *Desk) ShowWords(ctx context.Context, actor Actor, secret string) (words string, until int64, err error) {
	err = d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		if _, _, err := c.typedStep(ctx, t, recovery.ByCallBack); err != nil {
			return err
		}
		call, err := c.liveCall(ctx, t)
		if err != nil {
			return err
		}
		if words, err = c.desk.drawWords(); err != nil {
			return err
		}
		if err := c.Tx.SetWords(ctx, call.ID, c.desk.hashWords(call, words)); err != nil {
			return err
		}
		until = call.Ends
		return c.record(ctx, recovery.Event{Kind: recovery.CallWords, Ticket: t.ID, Account: t.Account, Object: call.ID})
	})
	if err != nil {
		return "", 0, err
	}
	return words, until, nil
}

func (d *Desk) drawWords() (string, error) {
	var drawn [recovery.SpokenWords]int
	for i := range drawn {
		n, err := rand.Int(d.Rand, big.NewInt(int64(recovery.SpokenList())))
		if err != nil {
			return "", fmt.Errorf("draw words: %w", err)
		}
		drawn[i] = int(n.Int64())
	}
	return recovery.Spoken(drawn), nil
}

// hashWords is what is stored of a call's words: keyed, bound to ticket and call.
func (d *Desk) hashWords(call recovery.CallBack, words string) string {
	return codes.HashIssued(d.Keys.Pepper, call.Ticket, "call-back:"+call.ID, words)
}

// EnterWords takes what the agent heard on the call that this agent placed; the
// server compares. Three wrong entries fail the run, whatever calls were placed
// between. Refused without costing a try: words-typo, call-over, words-unseen.
func (d *Desk) EnterWords(ctx context.Context, actor Actor, reference string, id recovery.StepID, typed string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.workOn(ctx, reference, id, recovery.ByCallBack)
		if err != nil {
			return err
		}
		words, err := recovery.ParseSpoken(typed)
		if err != nil {
			return err
		}
		call, err := c.liveCall(ctx, t)
		if err != nil {
			return err
		}
		switch {
		case call.Agent != actor.Person:
			return recovery.NoCall() // a colleague placed it, and only that person heard who answered
		case call.Hash == "":
			return recovery.Refuse("words-unseen", "The holder's page has shown no words yet.", "Ask the holder to press \"Show my words\". This did not count as a try.").On("words")
		case !codes.Equal(call.Hash, c.desk.hashWords(call, words)):
			return c.wrongEntry(ctx, t, recovery.ByCallBack.Slot(), overFor(t, id, recovery.ByCallBack))
		}
		if err := c.Tx.CloseCall(ctx, call.ID, recovery.CallAnswered); err != nil {
			return err
		}
		return c.passed(ctx, t, recovery.Evidence{Step: id, Method: recovery.ByCallBack, Channel: call.Address, By: actor.Person, Record: call.ID})
	})
}

// CallNotAnswered records that nobody answered, or not the holder: the words are
// dead and another call may be placed. It counts for "not possible".
func (d *Desk) CallNotAnswered(ctx context.Context, actor Actor, reference string, id recovery.StepID) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.workOn(ctx, reference, id, recovery.ByCallBack)
		if err != nil {
			return err
		}
		call, err := c.Tx.OpenCall(ctx, t.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && call.Run != t.Run {
			return recovery.NoCall()
		}
		if err != nil {
			return err
		}
		if err := c.Tx.CloseCall(ctx, call.ID, recovery.CallNotAnswered); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CallUnanswered, Ticket: t.ID, Account: t.Account, Object: call.ID,
			Data: map[string]string{"step": string(id), "address": call.Address}})
	})
}

// rang says whether a number was rung in this run and nobody answered.
func (c *Change) rang(ctx context.Context, t recovery.Ticket) (bool, error) {
	calls, err := c.Tx.Calls(ctx, t.ID)
	return slices.ContainsFunc(calls, func(call recovery.CallBack) bool {
		return call.Run == t.Run && call.Outcome == recovery.CallNotAnswered
	}), err
}

// CallView is a call-back as its agent sees it. The number is in it for nobody else.
type CallView struct {
	Number string // in full, to the agent who placed the call and holds the lease
	Until  int64
	Shown  bool // the claimed page has shown words
	// Match is read out by the agent on this call, and by nobody else: an inbound
	// call has none. Looked and Matched say how far the reverse check went.
	Match, CheckPage string
	Looked, Matched  int64
}

// callView reads the call that is on, and how many were not answered in this run.
func (d *Desk) callView(ctx context.Context, v store.View, t recovery.Ticket, reader string) (on *CallView, unanswered int64, err error) {
	calls, err := v.Calls(ctx, t.ID)
	if err != nil {
		return nil, 0, err
	}
	for _, call := range calls {
		if call.Run == t.Run && call.Outcome == recovery.CallNotAnswered {
			unanswered++
		}
		if call.Live(t.Run, d.now()) {
			on = &CallView{Until: call.Ends, Shown: call.Hash != "", Looked: call.Looked, Matched: call.Matched}
			if call.Agent == reader && t.Lease.Person == reader {
				on.Match, on.CheckPage = d.matchCode(call), d.link("/verify-us")
				on.Number, err = numberIn(ctx, v, t.Account, call.Address)
			}
		}
	}
	return on, unanswered, err
}

func numberIn(ctx context.Context, v store.View, account, address string) (string, error) {
	all, err := v.Addresses(ctx, account)
	for _, a := range all {
		if a.ID == address {
			return a.Value, err
		}
	}
	return "", err
}
