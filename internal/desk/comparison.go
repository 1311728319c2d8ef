package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"math/big"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// drawCue draws what the person on the video is asked to do, once a run, when
// the step opens: a recording made before does not fit (SP 800-63A-4 §3.14).
func (c *Change) drawCue(ctx context.Context, t recovery.Ticket) error {
	if _, err := c.Tx.Cue(ctx, t.ID, t.Run); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	n, err := rand.Int(c.desk.Rand, big.NewInt(int64(len(recovery.Cues))))
	if err != nil {
		return err
	}
	return c.Tx.AddCue(ctx, t.ID, t.Run, recovery.Cues[n.Int64()])
}

// Compare takes what the agent saw on video or in person. A match is a proof, no
// match fails the run. Refused: a step or method that is not open, a ticket nobody
// holds, a record that misses something, a document before an agent who was not
// trained for it within a year where the level asks for that, the last proof before
// one who ran the ticket (same-eyes).
func (d *Desk) Compare(ctx context.Context, actor Actor, reference string, id recovery.StepID, method recovery.Method, in recovery.Comparison) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if _, err := c.openStep(ctx, t, id, method); err != nil {
			return err
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		if err := cmp.Or(c.mayTakeLast(ctx, t, id, method), c.mayCompare(ctx, t, method, in)); err != nil {
			return err
		}
		e := recovery.Evidence{Step: id, Method: method, Channel: seenBy(id, method, actor), By: actor.Person, Record: in.Record, Document: in.Seen(), Note: in.Note}
		if method != recovery.InPersonBadge {
			if e.Cue, err = c.Tx.Cue(ctx, t.ID, t.Run); err != nil {
				return err
			}
		}
		if in.Outcome == recovery.NoMatch {
			return c.failRun(ctx, t, e, recovery.NoMatch)
		}
		return c.passed(ctx, t, e)
	})
}

// seenBy is the channel of a comparison: the way of it, and at the end the person
// who saw the holder once more (R40).
func seenBy(id recovery.StepID, method recovery.Method, actor Actor) string {
	if id == recovery.StepFresh {
		return "seen-by:" + actor.Person
	}
	return string(method)
}

// mayCompare refuses what is no comparison, misses something, or needs training.
func (c *Change) mayCompare(ctx context.Context, t recovery.Ticket, method recovery.Method, in recovery.Comparison) error {
	switch method {
	case recovery.ByVideo, recovery.ByVideoDocument, recovery.InPersonBadge:
	default:
		return recovery.Refuse("method-not-offered", "That way is not recorded by an agent.", "Choose one of the ways that are offered.").On("method")
	}
	if err := in.Check(method, t.Event); err != nil {
		return err
	}
	r, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return err
	}
	trained, err := c.Tx.Training(ctx, c.Actor.Person)
	if err != nil {
		return err
	}
	return recovery.MayCompare(r.Levels[t.Level], method, trained.At, c.Now)
}
