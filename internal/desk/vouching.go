package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

const purposeVouch = "vouch"

// AskVoucher asks one of the people whom the directory names to vouch for the
// holder: a mail goes to that person's address of the directory with a link of
// its own. An earlier invitation of the ticket is dead. Refused: a step or
// method that is not open, a ticket nobody holds, a person whom the directory
// does not name (voucher-unknown) or whose word the policy does not take
// (voucher-…).
func (d *Desk) AskVoucher(ctx context.Context, actor Actor, reference string, id recovery.StepID, person string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.workOn(ctx, reference, id, recovery.ByVoucher)
		if err != nil {
			return err
		}
		who, life, err := c.voucher(ctx, t, person)
		if err != nil {
			return err
		}
		token, err := codes.NewToken(c.desk.Rand)
		if err != nil {
			return err
		}
		asked := recovery.Vouching{ID: c.desk.newID(), Ticket: t.ID, Run: t.Run, Step: id, Person: person, Account: who.Account.ID, Relation: who.Relation,
			Agent: actor.Person, TokenHash: codes.HashToken("vouch", token), Made: c.Now, Ends: life.After(c.Now)}
		if err := c.Tx.ReplaceVouching(ctx, t.ID); err != nil {
			return err
		}
		if err := c.Tx.AddVouching(ctx, asked); err != nil {
			return err
		}
		if err := c.mailVoucher(ctx, t, who, asked, token); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.VouchAsked, Ticket: t.ID, Account: t.Account, Object: asked.ID,
			Data: map[string]string{"step": string(id), "person": person, "relation": string(who.Relation), "address": who.Mail.ID}})
	})
}

// voucher is a candidate who may vouch now, and how long an invitation lives.
func (c *Change) voucher(ctx context.Context, t recovery.Ticket, person string) (recovery.Voucher, recovery.Duration, error) {
	all, life, err := c.desk.vouchers(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return recovery.Voucher{}, life, err
	}
	for _, v := range all {
		if v.Person.ID == person {
			return v.Voucher, life, v.may()
		}
	}
	return recovery.Voucher{}, life, recovery.Refuse("voucher-unknown", "The directory does not name this person for the account.",
		"Choose one of the people who are listed; nobody can be typed.").On("voucher")
}

// mailVoucher queues the one mail that holds the link. It names no account: a
// mailbox may be read by others (B18).
func (c *Change) mailVoucher(ctx context.Context, t recovery.Ticket, who recovery.Voucher, asked recovery.Vouching, token string) error {
	n := store.NoticeRow{ID: c.desk.newID(), Ticket: t.ID, Kind: string(recovery.NoticeVouchAsked), SentTo: who.Mail.Value, Queued: c.Now}
	if err := c.Tx.AddNotice(ctx, n); err != nil {
		return err
	}
	f := notify.Facts{Holder: who.Person.Name, When: c.Now, Until: asked.Ends, Instance: c.desk.Settings.Instance, LinkURL: c.desk.link("/vouch/" + token),
		What: []string{"Recovery " + t.Reference}}
	id := c.desk.newID()
	sealed, err := c.desk.seal(letter{Kind: notify.VouchAsked, To: who.Mail.Value, Facts: f}, id)
	if err != nil {
		return err
	}
	return c.queue(ctx, store.Job{ID: id, Kind: JobMail, Object: n.ID, Ticket: t.ID, Sealed: sealed, Ends: asked.Ends})
}

// PossibleVoucher is somebody whom the directory names, and why the person may not vouch.
type PossibleVoucher struct {
	recovery.Voucher
	Refusal *recovery.Refusal
}

func (k PossibleVoucher) may() error {
	if k.Refusal == nil {
		return nil
	}
	return k.Refusal.On("voucher")
}

// colleaguesMax bounds how many colleagues a page names. Ours.
const colleaguesMax = 8

// vouchers are the people whom the directory names for a ticket's account:
// sponsor or manager first, then colleagues. Nobody else can be asked, and no
// caller names one.
func (d *Desk) vouchers(ctx context.Context, v store.View, t recovery.Ticket, now int64) ([]PossibleVoucher, recovery.Duration, error) {
	m, err := d.proofing(ctx, v, t, now)
	if err != nil {
		return nil, recovery.Duration{}, err
	}
	rule := m.policy.Vouching
	account, err := v.Account(ctx, t.Account)
	if err != nil {
		return nil, rule.Life, err
	}
	parts, err := d.partsOf(ctx, v, t, now)
	if err != nil {
		return nil, rule.Life, err
	}
	proofs, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return nil, rule.Life, err
	}
	names, err := named(ctx, v, account, m)
	if err != nil {
		return nil, rule.Life, err
	}
	out := make([]PossibleVoucher, len(names))
	for i, n := range names {
		if out[i].Voucher, err = d.candidate(ctx, v, t, n, m.policy, now); err != nil {
			return nil, rule.Life, err
		}
		may := out[i].May(t, parts, rule, m.policy.Stricter.YoungAccount, now)
		if t.State == recovery.Collecting {
			may = cmp.Or(may, recovery.MayComeAgain(recovery.Evidence{Step: recovery.StepFresh, Channel: recovery.PersonChannel(n.person)}, proofs))
		}
		errors.As(may, &out[i].Refusal)
	}
	return out, rule.Life, nil
}

// name is a person with what the directory says they are.
type name struct {
	person   string
	relation recovery.Relation
	link     recovery.ValueRun // since when the directory says so (R27)
}

// named lists who the directory names: where the row asks for the sponsor,
// nobody else counts.
func named(ctx context.Context, v store.View, a recovery.Account, m proofing) ([]name, error) {
	from, boss := m.policy.Vouching.From, recovery.IsManager
	if a.Population == recovery.Contractor || a.Population == recovery.Service || m.ruling.Way.Asks(recovery.NeedSponsor) {
		boss = recovery.IsSponsor
	}
	who, field := a.Manager, recovery.FieldManager
	if boss == recovery.IsSponsor && a.Sponsor != "" {
		who, field = a.Sponsor, recovery.FieldSponsor
	}
	link, err := valueOf(ctx, v, a, field)
	if err != nil {
		return nil, err
	}
	var out []name
	if who != "" && who != a.Person && (slices.Contains(from, boss) || m.ruling.Way.Asks(recovery.NeedSponsor)) {
		out = append(out, name{who, boss, link})
	}
	if m.ruling.Way.Asks(recovery.NeedSponsor) || !slices.Contains(from, recovery.IsColleague) {
		return out, nil
	}
	all, err := v.Colleagues(ctx, a.Manager, a.Person, colleaguesMax)
	for _, id := range all {
		if !slices.ContainsFunc(out, func(n name) bool { return n.person == id }) {
			out = append(out, name{id, recovery.IsColleague, link})
		}
	}
	return out, err
}

// candidate reads what is known of a person who may be asked.
func (d *Desk) candidate(ctx context.Context, v store.View, t recovery.Ticket, n name, p recovery.Policy, now int64) (recovery.Voucher, error) {
	k := recovery.Voucher{Relation: n.relation, Link: n.link}
	holder, err := v.Account(ctx, t.Account)
	if err != nil {
		return k, err
	}
	k.Known = holder.Created
	if k.Person, err = v.Person(ctx, n.person); errors.Is(err, store.ErrNotFound) {
		k.Person, err = recovery.Person{ID: n.person, Name: n.person}, nil
	}
	if err != nil {
		return k, err
	}
	if k.Above, err = v.Above(ctx, n.person); err != nil {
		return k, err
	}
	if k.Account, k.Passkeys, err = ownAccount(ctx, v, n.person, t.Population); err != nil || k.Account.ID == "" {
		return k, err
	}
	addresses, err := v.Addresses(ctx, k.Account.ID)
	if err != nil {
		return k, err
	}
	rest := recovery.AtRest(p, nil, now)
	if i := slices.IndexFunc(addresses, func(a recovery.Address) bool { return a.Kind == recovery.Mail && a.Struck(rest) == "" }); i >= 0 {
		k.Mail = addresses[i]
	}
	if k.Recovered, err = v.LastRecovered(ctx, k.Account.ID); err != nil {
		return k, err
	}
	k.Vouched, err = v.VouchedSince(ctx, n.person, now-p.Vouching.Within.After(0))
	return k, err
}

// ownAccount is the account with which a person vouches: one that has a passkey
// of the strength that the holder's population asks for, otherwise the oldest.
func ownAccount(ctx context.Context, v store.View, person string, population recovery.Population) (own recovery.Account, keys int, err error) {
	all, err := v.AccountsOf(ctx, person)
	if err != nil {
		return own, 0, err
	}
	for _, a := range all {
		factors, err := v.Factors(ctx, a.ID)
		if err != nil {
			return own, 0, err
		}
		n := len(vouching(factors, population))
		if own.ID == "" || n > 0 && keys == 0 {
			own, keys = a, n
		}
	}
	return own, keys, nil
}

// vouching are the passkeys that may vouch for a population: for privileged
// accounts such as cannot be copied.
func vouching(all []recovery.Factor, population recovery.Population) []recovery.Factor {
	return slices.DeleteFunc(slices.Clone(all), func(f recovery.Factor) bool {
		return f.Kind != recovery.Passkey || !f.Live() || population == recovery.Privileged && f.BackupEligible
	})
}

// askedVoucher says whether somebody was asked in this run, and has said that
// they do not know or let the time pass.
func (c *Change) askedVoucher(ctx context.Context, t recovery.Ticket) (bool, error) {
	all, err := c.Tx.Vouchings(ctx, t.ID)
	return slices.ContainsFunc(all, func(k recovery.Vouching) bool {
		return k.Run == t.Run && (k.Word == recovery.WordUnknown || k.Decided == 0 && c.Now >= k.Ends)
	}), err
}
