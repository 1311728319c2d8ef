package desk

import (
	"context"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// letter is what a mail job carries, sealed: it may hold a code or a link.
type letter struct {
	Kind  notify.Kind
	To    string
	Facts notify.Facts
}

// oblige does what an event owes to people, in the event's own transaction
// (R12, R26): notices to every address, letters, alerts.
func (c *Change) oblige(ctx context.Context, e recovery.Event) error {
	owed := recovery.Owed(e.Kind)
	if quiet, err := c.quiet(ctx, e); quiet || err != nil {
		return err
	}
	held, err := c.holdBack(ctx, owed.Holder, e)
	if err != nil {
		return err
	}
	if owed.Holder != "" && e.Account != "" {
		if err := c.tellHolder(ctx, owed.Holder, e, held); err != nil {
			return err
		}
	}
	if owed.Row != "" && e.Ticket != "" {
		if err := c.tellAudience(ctx, owed, e, held); err != nil {
			return err
		}
	}
	if owed.Letter != "" && e.Ticket != "" {
		if err := c.openLetter(ctx, owed.Letter, e); err != nil {
			return err
		}
	}
	if owed.Staff != "" && e.Object != "" {
		if err := c.tellStaff(ctx, owed.Staff, e, e.Object); err != nil {
			return err
		}
	}
	if err := c.tellHouse(ctx, owed, e); err != nil {
		return err
	}
	if owed.People != "" {
		for _, id := range e.People {
			if err := c.tellLinked(ctx, owed.People, e, id); err != nil {
				return err
			}
		}
	}
	if owed.Security {
		return c.alertSecurity(ctx, e)
	}
	return nil
}

// guards are the roles that hear of every change of the house (R4).
var guards = []recovery.Role{recovery.Approver, recovery.Administrator, recovery.Auditor}

// tellHouse writes to everyone who must hear of a change of the house: one
// message a person, whatever roles the person has.
func (c *Change) tellHouse(ctx context.Context, owed recovery.Obligation, e recovery.Event) error {
	kind, roles := owed.Guards, guards
	if owed.All != "" {
		kind, roles = owed.All, recovery.Roles
	}
	if owed.Admins != "" {
		kind, roles = owed.Admins, []recovery.Role{recovery.Administrator}
	}
	if owed.Approvers != "" {
		kind, roles = owed.Approvers, []recovery.Role{recovery.Approver}
	}
	if kind == "" {
		return nil
	}
	var told []string
	for _, role := range roles {
		ids, err := c.Tx.CountingStaff(ctx, role, c.Now)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if slices.Contains(told, id) || owed.Admins != "" && id == c.Actor.Person {
				continue // nobody is told of what they did themselves
			}
			told = append(told, id)
			if err := c.tellStaff(ctx, kind, e, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellHolder writes to every mail address on record, and for a while to those that
// were replaced (R27).
func (c *Change) tellHolder(ctx context.Context, kind recovery.Notice, e recovery.Event, held int64) error {
	account, err := c.Tx.Account(ctx, e.Account)
	if err != nil {
		return err
	}
	addresses, err := c.Tx.Addresses(ctx, e.Account)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		if a.Kind != recovery.Mail || !c.Rules.Channels.Noticed(a, c.Now) {
			continue
		}
		if err := c.mail(ctx, kind, e, account, a, held); err != nil {
			return err
		}
	}
	return nil
}

// holdBack keeps unproved openings from becoming a way to flood a mailbox: as many
// opening notices per account and day as the policy says; a further one waits for
// the ticket's first proof (policy-defaults, "Notices").
func (c *Change) holdBack(ctx context.Context, kind recovery.Notice, e recovery.Event) (int64, error) {
	if kind != recovery.NoticeOpened || e.Data["proved"] != "" {
		return 0, nil
	}
	most := c.Rules.Notices.UnprovedDaily
	told, err := c.Tx.NoticedSince(ctx, e.Account, string(kind), c.Now-recovery.Day, most)
	if err != nil || told < most {
		return 0, err
	}
	return c.Now, nil
}

// mail queues one notice to one address of the holder, with a stop link of its
// own where a ticket can be stopped (R24).
func (c *Change) mail(ctx context.Context, kind recovery.Notice, e recovery.Event, account recovery.Account, a recovery.Address, held int64) error {
	n := store.NoticeRow{ID: c.desk.newID(), Ticket: e.Ticket, Account: account.ID, Kind: string(kind), Address: a.ID, SentTo: a.Value, Queued: c.Now, Held: held}
	if err := c.Tx.AddNotice(ctx, n); err != nil {
		return err
	}
	facts, err := c.facts(ctx, e, account)
	if err != nil {
		return err
	}
	if err := c.stopLink(ctx, &facts, e.Ticket, account.ID, a.ID); err != nil {
		return err
	}
	return c.post(ctx, n, letter{Kind: string(kind), To: a.Value, Facts: facts})
}

// post queues the mail job of a notice; a held one gets its job with a run time
// that never comes and is released later.
func (c *Change) post(ctx context.Context, n store.NoticeRow, l letter) error {
	id := c.desk.newID()
	sealed, err := c.desk.seal(l, id)
	if err != nil {
		return err
	}
	j := store.Job{ID: id, Kind: JobMail, Object: n.ID, Ticket: n.Ticket, Account: n.Account, Sealed: sealed}
	if n.Held != 0 {
		j.RunAt = never
	}
	return c.queue(ctx, j)
}

// never is a run time beyond any clock.
const never = int64(1) << 61

// facts are what every notice about a ticket or an account may say.
func (c *Change) facts(ctx context.Context, e recovery.Event, account recovery.Account) (notify.Facts, error) {
	s := c.desk.Settings
	f := notify.Facts{Holder: account.Name, Account: account.ID, Population: string(account.Population), When: c.Now, Until: e.Until, What: e.What, Instance: s.Instance,
		Desk: notify.Desk{Place: s.InPerson.Place, Hours: s.InPerson.Hours, Phone: s.InPerson.Phone}}
	if e.Ticket == "" {
		return f, nil
	}
	t, err := c.Tx.Ticket(ctx, e.Ticket)
	if err != nil {
		return f, err
	}
	f.Reference, f.Event, f.Tier = t.Reference, string(t.Event), t.Tier.Words()
	return f, nil
}

// stopLink puts the "this was not me" of one message into its facts: a link, where
// GET shows a page and POST stops, and a code to type at /stop. Both live as long
// as Stop can still undo something.
func (c *Change) stopLink(ctx context.Context, f *notify.Facts, ticket, account, address string) error {
	token, err := codes.NewToken(c.desk.Rand)
	if err != nil {
		return err
	}
	code, err := codes.NewStopCode(c.desk.Rand)
	if err != nil {
		return err
	}
	f.StopURL, f.StopPage, f.StopCode = c.desk.link("/stop/"+token), c.desk.link("/stop"), code
	return c.Tx.AddStop(ctx, store.Stop{TokenHash: codes.HashToken("stop", token), CodeHash: codes.HashStopCode(c.desk.Keys.Pepper, code),
		Ticket: ticket, Account: account, Address: address, Made: c.Now, Ends: c.Rules.After.Stop.After(c.Now) + recovery.Day})
}

// openLetter opens a letter task: a number that no gateway reaches, or the
// notice of a re-proofing, which mail alone does not satisfy (SP 800-63A-4 §3.10).
func (c *Change) openLetter(ctx context.Context, kind string, e recovery.Event) error {
	t, err := c.Tx.Ticket(ctx, e.Ticket)
	if err != nil {
		return err
	}
	if kind == recovery.LetterCompletion && t.Self() {
		return nil // the code pair is no re-proofing
	}
	if kind == recovery.LetterOpening {
		addresses, err := c.Tx.Addresses(ctx, t.Account)
		if err != nil {
			return err
		}
		if !hasPhone(addresses) {
			return nil
		}
	}
	return c.Tx.AddLetter(ctx, recovery.Letter{ID: c.desk.newID(), Ticket: t.ID, Account: t.Account, Kind: kind, Made: c.Now})
}

func hasPhone(all []recovery.Address) bool {
	for _, a := range all {
		if a.Kind == recovery.Phone && a.Ended == 0 {
			return true
		}
	}
	return false
}

// tellStaff writes to a member of staff about the own key or role.
func (c *Change) tellStaff(ctx context.Context, kind recovery.Notice, e recovery.Event, person string) error {
	p, err := c.Tx.Person(ctx, person)
	if err != nil {
		return err
	}
	f := notify.Facts{What: e.What, Until: e.Until}
	if e.Link == "" {
		return c.mailPerson(ctx, kind, e, p, f)
	}
	t, err := c.Tx.Ticket(ctx, e.Ticket)
	if err != nil {
		return err
	}
	f.LinkURL, f.Reference = c.desk.link(e.Link), t.Reference
	return c.mailPerson(ctx, kind, e, p, f)
}

// tellLinked writes to somebody who answers, or answered, for an account.
func (c *Change) tellLinked(ctx context.Context, kind recovery.Notice, e recovery.Event, person string) error {
	p, err := c.Tx.Person(ctx, person)
	if err != nil {
		return err
	}
	return c.mailPerson(ctx, kind, e, p, notify.Facts{Account: e.Account, What: e.What, Until: e.Until})
}

// mailPerson queues one message to a person's directory address.
func (c *Change) mailPerson(ctx context.Context, kind recovery.Notice, e recovery.Event, p recovery.Person, f notify.Facts) error {
	return c.mailHeld(ctx, kind, e, p, f, 0)
}

// mailHeld is mailPerson for a message that may wait for a first proof.
func (c *Change) mailHeld(ctx context.Context, kind recovery.Notice, e recovery.Event, p recovery.Person, f notify.Facts, held int64) error {
	n := store.NoticeRow{ID: c.desk.newID(), Ticket: e.Ticket, Account: e.Account, Kind: string(kind), SentTo: p.Email, Queued: c.Now, Held: held}
	if err := c.Tx.AddNotice(ctx, n); err != nil {
		return err
	}
	s := c.desk.Settings
	f.Holder, f.When, f.Instance = p.Name, c.Now, s.Instance
	f.Desk = notify.Desk{Place: s.InPerson.Place, Hours: s.InPerson.Hours, Phone: s.InPerson.Phone}
	return c.post(ctx, n, letter{Kind: string(kind), To: p.Email, Facts: f})
}

// alertSecurity tells the group security; administrators where it has nobody
// whose role counts.
func (c *Change) alertSecurity(ctx context.Context, e recovery.Event) error {
	people, err := c.groupOr(ctx, recovery.SecurityGroup)
	if err != nil {
		return err
	}
	for _, id := range people {
		p, err := c.Tx.Person(ctx, id)
		if err != nil {
			return err
		}
		what := []string{string(e.Kind), "account " + e.Account}
		if e.Account == "" {
			what = append(what[:1], e.What...)
		}
		if err := c.mailPerson(ctx, recovery.NoticeSecurity, e, p, notify.Facts{What: what}); err != nil {
			return err
		}
	}
	return nil
}
