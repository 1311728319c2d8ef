package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Why a set was retired; stable words of the ledger.
const (
	WhyReplaced     = "replaced"
	WhyDropped      = "never-confirmed"
	WhyRecovered    = "recovered"
	WhyStopped      = "stopped"
	WhyEnded        = "time-over"
	WhyAccountEnded = "account-ended"
	WhyLocked       = "locked"
)

// retireCodes ends every set of the account but one, in the caller's
// transaction, and tells the holder when there was anything to end (R35).
// exceptSet is "" when nothing stays.
func (c *Change) retireCodes(ctx context.Context, account, exceptSet, why string) error {
	n, err := c.Tx.RetireCodeSets(ctx, account, exceptSet, why)
	if err != nil || n == 0 {
		return err
	}
	return c.recordRetired(ctx, account, why, n)
}

func (c *Change) recordRetired(ctx context.Context, account, why string, sets int64) error {
	return c.record(ctx, recovery.Event{Kind: recovery.CodesRetired, Ticket: c.ticket, Account: account, What: []string{whyWords[why]},
		Data: map[string]string{"why": why, "sets": strconv.FormatInt(sets, 10)}})
}

// whyWords tell the holder why a set is dead.
var whyWords = map[string]string{
	WhyReplaced:     "You confirmed a new set.",
	WhyRecovered:    "Your account was recovered.",
	WhyStopped:      "Someone told us that a recovery of this account was not theirs.",
	WhyEnded:        "The time of the set is over.",
	WhyAccountEnded: "The account has ended.",
	WhyLocked:       "The account is locked: no new sign-in method was set up in time.",
}

// endHolderSessions ends every session at /me and every recovery session of
// the account. The caller's own entry tells of it.
func (c *Change) endHolderSessions(ctx context.Context, account, why string) error {
	_, err := c.Tx.EndSessionsOf(ctx, "", account, why, c.Now)
	return err
}

// MadeCodes is a new set and its codes: the only time the codes exist as text.
type MadeCodes struct {
	Set     recovery.CodeSet
	Account recovery.Account
	Policy  recovery.Policy // what the account's codes may leave the page on, and for how long
	Codes   []codes.Code
}

// MakeCodes makes a set of backup codes that waits for the owner's word on
// custody: ConfirmCodes makes it live and retires the old one (R35). Sets that
// were shown before and never confirmed are dropped. While the account is held
// at its lower assurance, the set sleeps (R41).
//
// Refused: anyone whose passkey has not signed in or been touched within the
// last five minutes (R33; give the answer of BeginTouch, or the zero Answer),
// a service account.
func (d *Desk) MakeCodes(ctx context.Context, actor Actor, answer Answer) (MadeCodes, error) {
	rules, err := d.rules(ctx, d.view(), d.now())
	if err != nil {
		return MadeCodes{}, d.report(err)
	}
	made, rows, err := d.newCodes(actor.Account, rules.Codes.Count)
	if err != nil {
		return MadeCodes{}, d.report(err)
	}
	t := &touched{purpose: purposeHolderTouch, subject: actor.Account, answer: answer}
	var keep step
	if answer.Challenge != "" {
		keep = t.spend
	}
	err = d.change(ctx, actor, recovery.CodesRefused, keep, func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		made.Policy = c.Rules.Policy
		if err := c.freshHolder(ctx, t); err != nil {
			return err
		}
		if made.Account, err = c.Tx.Account(ctx, actor.Account); err != nil {
			return err
		}
		if made.Set, err = c.addPendingSet(ctx, made.Account, rows); err != nil {
			return err
		}
		c.at("/me/codes") // the same form again shows no codes twice
		return c.record(ctx, recovery.Event{Kind: recovery.CodesMade, Account: actor.Account, Object: made.Set.ID, Data: map[string]string{
			"codes": strconv.Itoa(len(made.Codes)), "ends": recovery.UTC(made.Set.Ends), "asleep": yes(made.Set.Asleep != 0)}})
	})
	if err != nil {
		return MadeCodes{}, err
	}
	return made, nil
}

// codeRows are what is stored of a set's codes.
type codeRows struct{ hashes, ids []string }

func (d *Desk) newCodes(account string, n int64) (MadeCodes, codeRows, error) {
	var made MadeCodes
	var rows codeRows
	for range n {
		code, err := codes.New(d.Rand)
		if err != nil {
			return made, rows, err
		}
		made.Codes = append(made.Codes, code)
		rows.hashes = append(rows.hashes, codes.Hash(d.Keys.Pepper, account, code))
		rows.ids = append(rows.ids, d.newID())
	}
	return made, rows, nil
}

// addPendingSet writes a set that is not confirmed yet, in place of others that
// never were.
func (c *Change) addPendingSet(ctx context.Context, a recovery.Account, rows codeRows) (recovery.CodeSet, error) {
	if err := recovery.MayMakeCodes(a); err != nil {
		return recovery.CodeSet{}, err
	}
	if _, err := c.Tx.DropPendingSets(ctx, a.ID, WhyDropped, c.Now); err != nil {
		return recovery.CodeSet{}, err
	}
	s := recovery.CodeSet{ID: c.desk.newID(), Account: a.ID, Made: c.Now, Ends: c.Rules.Populations[a.Row()].CodeSet.After(c.Now),
		Left: int64(len(rows.hashes)), Total: int64(len(rows.hashes))}
	if a.Hold > c.Now {
		s.Asleep = a.Hold
	}
	return s, c.Tx.AddCodeSet(ctx, s, rows.hashes, rows.ids)
}

// ConfirmCodes takes the owner's word on custody: in this transaction the old
// set ends and the new one lives (R35). Of a set that works already and whose time is
// half over it is the further word (R32). Refused: a set that waited longer than
// the policy lets it, a missing word.
func (d *Desk) ConfirmCodes(ctx context.Context, actor Actor, set string, where recovery.Custody, word bool) error {
	return d.change(ctx, actor, recovery.CodesRefused, nil, func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		a, s, err := c.ownSet(ctx, set)
		if err != nil {
			return err
		}
		if s.Account == a.ID && c.Rules.Codes.AsksAgain(s, c.Now) {
			return c.keep(ctx, a, s, where, word)
		}
		if err := s.MayConfirm(a.ID, c.Rules.Codes, c.Now); err != nil {
			return err
		}
		if err := c.Rules.MayKeep(a, where, word); err != nil {
			return err
		}
		if err := c.retireCodes(ctx, a.ID, s.ID, WhyReplaced); err != nil {
			return err
		}
		if err := c.Tx.ConfirmCodeSet(ctx, s.ID, where); err != nil {
			return err
		}
		// The failures in a row were the old set's: the new one has a ceiling of its own.
		if err := c.Tx.ClearThrottle(ctx, try{method: tryCode, subject: a.ID}.row()); err != nil {
			return err
		}
		c.at("/me/codes?done=codes")
		return c.record(ctx, recovery.Event{Kind: recovery.CodesConfirmed, Account: a.ID, Object: s.ID, Until: s.Ends,
			What: []string{strconv.FormatInt(s.Total, 10) + " codes", "kept: " + custodyWords[where]},
			Data: map[string]string{"custody": string(where), "codes": strconv.FormatInt(s.Total, 10)}})
	})
}

// keep takes the owner's further word on custody (R32).
func (c *Change) keep(ctx context.Context, a recovery.Account, s recovery.CodeSet, where recovery.Custody, word bool) error {
	if err := c.Rules.MayKeep(a, where, word); err != nil {
		return err
	}
	if err := c.Tx.KeepCodeSet(ctx, s.ID, where); err != nil {
		return err
	}
	c.at("/me/codes?done=kept")
	return c.record(ctx, recovery.Event{Kind: recovery.CodesKept, Account: a.ID, Object: s.ID, Data: map[string]string{"custody": string(where)}})
}

// AskCustody asks the owners of sets whose time is half over, once each, whether
// the codes are still where they put them (R32). The schedule calls it.
func (d *Desk) AskCustody(ctx context.Context) error {
	rules, err := d.rules(ctx, d.view(), d.now())
	if err != nil || !rules.Codes.Recheck {
		return d.report(err)
	}
	due, err := d.view().HalfwaySets(ctx, d.now(), sweepSets)
	if err != nil || len(due) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		due, err := c.Tx.HalfwaySets(ctx, c.Now, sweepSets)
		if err != nil {
			return err
		}
		for _, s := range due {
			if err := c.Tx.RemindCodeSet(ctx, s.ID); err != nil {
				return err
			}
			e := recovery.Event{Kind: recovery.CodesAsked, Account: s.Account, Object: s.ID, Until: s.Ends,
				What: []string{"kept: " + custodyWords[s.Custody], strconv.FormatInt(s.Left, 10) + " codes are left"}}
			if err := c.record(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

var custodyWords = map[recovery.Custody]string{
	recovery.OnPaper: "on paper", recovery.InManager: "in a password manager", recovery.InSafe: "in a safe",
}

// ownSet reads the actor's account and a set; somebody else's set is as unknown
// as one that never was.
func (c *Change) ownSet(ctx context.Context, set string) (recovery.Account, recovery.CodeSet, error) {
	if err := c.holderLives(ctx); err != nil {
		return recovery.Account{}, recovery.CodeSet{}, err
	}
	a, err := c.Tx.Account(ctx, c.Actor.Account)
	if err != nil {
		return a, recovery.CodeSet{}, err
	}
	s, err := c.Tx.CodeSet(ctx, set)
	if errors.Is(err, store.ErrNotFound) {
		return a, s, nil // belongs to nobody: the rule refuses it
	}
	return a, s, err
}

// HandleCodes notes what the browser says was done with the codes on the page:
// copy, download or print. It is the browser's claim and labelled so.
func (d *Desk) HandleCodes(ctx context.Context, actor Actor, set, act string) error {
	return d.change(ctx, actor, recovery.CodesRefused, nil, func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		a, s, err := c.ownSet(ctx, set)
		if err != nil {
			return err
		}
		if err := s.MayHandle(a.ID, act, c.Rules.Codes, c.Now); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CodesHandled, Account: a.ID, Object: s.ID, Data: map[string]string{"act": act, "claimed-by": "browser"}})
	})
}

// sweepSets bounds how many accounts one sweep handles.
const sweepSets = 50

// DropPendingCodes ends sets that nobody confirmed in time, and
// confirmed ones whose time is over: each account in an act of its own. It
// answers how many accounts it handled; the schedule calls it again until none.
func (d *Desk) DropPendingCodes(ctx context.Context) (int, error) {
	now := d.now()
	rules, err := d.rules(ctx, d.view(), now)
	if err != nil {
		return 0, d.report(err)
	}
	accounts, err := d.view().OverdueCodeSets(ctx, now-rules.Codes.Show.After(0), now, sweepSets)
	if err != nil {
		return 0, d.report(err)
	}
	for i, account := range accounts {
		if err := d.endCodes(ctx, account); err != nil {
			return i, err
		}
	}
	return len(accounts), nil
}

func (d *Desk) endCodes(ctx context.Context, account string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.CodesRefused, nil, func(ctx context.Context, c *Change) error {
		n, err := c.Tx.EndCodeSets(ctx, account, WhyEnded)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := c.recordRetired(ctx, account, WhyEnded, n); err != nil {
				return err
			}
		}
		n, err = c.Tx.DropPendingSets(ctx, account, WhyDropped, c.Now-c.Rules.Codes.Show.After(0))
		if err != nil || n == 0 {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CodesDropped, Account: account, Data: map[string]string{"why": WhyDropped, "sets": strconv.FormatInt(n, 10)}})
	})
}
