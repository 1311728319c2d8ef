package desk

import (
	"context"
	"errors"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// matchCode is the half of a call's match code that its agent reads out.
func (d *Desk) matchCode(call recovery.CallBack) string {
	code, _ := codes.Match(d.Keys.Pepper, call.ID)
	return code
}

// matchWords is the other half: only the reverse check page shows it.
func (d *Desk) matchWords(call recovery.CallBack) string {
	_, drawn := codes.Match(d.Keys.Pepper, call.ID)
	return recovery.PageSpoken(drawn)
}

// CallCheck is what the reverse check page says of a call that the desk placed.
// It names no account and no ticket.
type CallCheck struct {
	FirstName   string // of the agent who rings
	Words       string // to read back
	Made, Until int64
}

// CheckCall answers whoever was rung and asks "is this really you?": for the code
// of a call that an agent placed to a number on record, and that is not over, it
// says who rings and since when. Refused without counting: match-typo. Refused in
// the same words, whatever the cause, and counted by address: nobody-rang. A code
// that could be one of ours and is none alerts security, at most once an hour (R3,
// R39).
func (d *Desk) CheckCall(ctx context.Context, actor Actor, typed string) (found CallCheck, err error) {
	code, err := codes.ParseMatch(typed)
	if err != nil {
		return found, recovery.Refuse("match-typo", "A match code has 6 letters and numbers, like K7Q-P2M.", "Ask for it again, letter by letter. Whoever cannot read one out does not ring for us.").On("code")
	}
	guess := try{method: "match", prefix: recovery.Prefix(actor.IP)}
	if shut, err := d.closed(ctx, guess); err != nil || shut {
		return found, closedAs(recovery.NobodyRang(), d.report(err))
	}
	hash := codes.HashMatch(d.Keys.Pepper, code)
	err = d.change(ctx, actor, recovery.CallRefused, nil, func(ctx context.Context, c *Change) error {
		if shut, err := c.closed(ctx, guess); err != nil || shut {
			return closedAs(recovery.NobodyRang(), err)
		}
		call, err := c.Tx.CallByMatch(ctx, hash)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || !call.Ours(c.Now) {
			return c.nobodyRang(ctx, call, guess)
		}
		found, err = c.lookedUp(ctx, call)
		return err
	})
	return found, err
}

// lookedUp is the answer about a call of ours; its first look is on record.
func (c *Change) lookedUp(ctx context.Context, call recovery.CallBack) (CallCheck, error) {
	agent, err := c.Tx.Person(ctx, call.Agent)
	if err != nil {
		return CallCheck{}, err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(agent.Name), " ")
	out := CallCheck{FirstName: first, Words: c.desk.matchWords(call), Made: call.Made, Until: call.Ends}
	if call.Looked != 0 {
		return out, nil
	}
	if err := c.Tx.CallLooked(ctx, call.ID); err != nil {
		return out, err
	}
	return out, c.record(ctx, recovery.Event{Kind: recovery.CallLooked, Ticket: call.Ticket, Object: call.ID})
}

// nobodyRang refuses, counts and alerts. call is the one that the code once
// belonged to, the zero one when it never was one of ours.
func (c *Change) nobodyRang(ctx context.Context, call recovery.CallBack, guess try) error {
	refusal := recovery.NobodyRang()
	if call.ID != "" {
		c.concern(call.Ticket, "")
		refusal.Reason = "call-over"
		if err := c.matched(ctx, call.Match, refusal); err != nil {
			return err
		}
	}
	c.stay(func(ctx context.Context, c *Change) error {
		return c.alertHourly(ctx, "x:match", recovery.Event{Kind: recovery.CallUnknown, Ticket: call.Ticket, Object: call.ID,
			What: []string{"A caller read out a match code that is none of ours."}})
	})
	return c.countedTry(guess, refusal)
}

// EnterMatch takes the words of the reverse check page as the agent heard them on
// the own call: whoever is on the line looks at our page. It is on record and on
// the ticket, and no proof. Refused without counting: match-wrong, match-unseen,
// match-done, words-typo, call-over.
func (d *Desk) EnterMatch(ctx context.Context, actor Actor, reference string, id recovery.StepID, typed string) error {
	return d.change(ctx, actor, recovery.CallRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.workOn(ctx, reference, id, recovery.ByCallBack)
		if err != nil {
			return err
		}
		words, err := recovery.ParsePageSpoken(typed)
		if err != nil {
			return err
		}
		call, err := c.liveCall(ctx, t)
		if err != nil {
			return err
		}
		if err := recovery.MayMatch(call, actor.Person); err != nil {
			return err
		}
		if !codes.Equal(words, d.matchWords(call)) {
			return recovery.WrongMatch()
		}
		if err := c.Tx.CallMatched(ctx, call.ID); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CallMatched, Ticket: t.ID, Account: t.Account, Object: call.ID})
	})
}
