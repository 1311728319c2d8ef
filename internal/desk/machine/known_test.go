package machine

import (
	"slices"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// What the people of a walk learn from the answers they get.

// keep runs fn when the act was done.
func (s *step) keep(err error, fn func()) error {
	if err == nil {
		fn()
	}
	return err
}

// claims keeps the secret of a browser with the ticket that it holds.
func (s *step) claims(secret string) {
	t := must(s.Store.View().TicketByClaim(s.Context(), codes.HashToken("claim", secret)))
	s.of(t.ID, func(o *subject) { o.claim = secret })
}

// shown keeps the continuation code of a parked ticket.
func (s *step) shown(code string) {
	all := query(s.House, `SELECT id FROM tickets WHERE continuation <> '' ORDER BY id`)
	for _, o := range s.all {
		if slices.Contains(all, o.ticket) && must(s.Store.View().Ticket(s.Context(), o.ticket)).Continuation == codes.HashContinuation(s.Desk.Keys.Pepper, o.ticket, code) {
			o.continuation = code
		}
	}
}

// noContinuation is well formed and goes on with nothing.
const noContinuation = "0000-0000-0000-0000"

// of does something to the subject of a ticket.
func (s *step) of(ticket string, fn func(*subject)) {
	for _, o := range s.all {
		if o.ticket == ticket {
			fn(o)
		}
	}
}

// goesOn makes a new ticket the one that its account's subject is about; the old
// one stays a subject of its own.
func (s *step) goesOn(account string, t recovery.Ticket) {
	o := s.all[slices.IndexFunc(s.all, func(o *subject) bool { return o.account == account })]
	s.all = append(s.all, o.clone())
	o.ticket, o.reference, o.claim, o.attempt, o.recovery, o.digits = t.ID, t.Reference, "", "", "", ""
}

// presented notes which ticket a backup code opened; each opens one, ever (I1).
func (s *step) presented(in desk.PresentCode, secret string) {
	if before := s.redeemed[in.Code]; before != "" {
		s.Errorf("I1: the code that opened ticket %s opened another", before)
	}
	rows := query(s.House, `SELECT spent_ticket FROM codes WHERE account = $1 AND spent > 0 ORDER BY spent DESC LIMIT 1`, in.Account)
	if len(rows) == 0 {
		s.Errorf("I1: a code was presented and none is spent")
		return
	}
	s.redeemed[in.Code] = rows[0]
	t := must(s.Store.View().Ticket(s.Context(), rows[0]))
	s.goesOn(in.Account, t)
	o := s.all[slices.IndexFunc(s.all, func(o *subject) bool { return o.account == in.Account })]
	o.attempt = secret
}

// mailedIn keeps the attempt that a mailed code opened, with the ticket it is of.
func (s *step) mailedIn(secret string) {
	rows := query(s.House, `SELECT ticket FROM attempts WHERE secret_hash = $1`, codes.HashToken("attempt", secret))
	if len(rows) == 0 {
		s.Errorf("I1: a mailed code was taken and there is no attempt")
		return
	}
	t := must(s.Store.View().Ticket(s.Context(), rows[0]))
	s.goesOn(t.Account, t)
	s.all[slices.IndexFunc(s.all, func(o *subject) bool { return o.account == t.Account })].attempt = secret
}

// opensSession keeps the secret of a recovery session with the ticket it is of.
func (s *step) opensSession(token string) {
	row, err := s.Desk.PeekSession(s.Context(), desk.RecoverySession, token)
	if err != nil {
		s.Errorf("the recovery session is not there: %v", err)
		return
	}
	s.of(row.Ticket, func(o *subject) { o.recovery = token })
}

func (s *step) signsIn(in desk.SignedIn) {
	row := must(s.Desk.PeekSession(s.Context(), desk.HolderSession, in.Token))
	for _, o := range s.all {
		if o.account == in.Account.ID {
			o.session = row.ID
		}
	}
}

// made keeps new codes with the old ones: nobody throws the old sheet away.
func (s *step) made(m desk.MadeCodes) {
	for _, o := range s.all {
		if o.account == m.Account.ID {
			o.pending = m.Set.ID
			for _, c := range m.Codes {
				o.backup = append(o.backup, c.String())
			}
		}
	}
}

// set is a code set that somebody was shown.
func (s *step) set() string {
	return s.text("set", s.s.pending, func(o *subject) string { return o.pending }, "no-such-set")
}

func (s *step) filed(p recovery.Proposal) { s.proposals = append(s.proposals, p.ID) }

// ticketID is the ticket's id, another's, or one of nothing.
func (s *step) ticketID() string {
	return s.text("ticket", s.s.ticket, func(o *subject) string { return o.ticket }, "no-such-ticket")
}

// letter is a letter task of the ticket, of another, or none.
func (s *step) letter() string {
	id := func(o *subject) string {
		all := must(s.Store.View().Letters(s.Context(), o.ticket))
		if len(all) == 0 {
			return ""
		}
		for _, l := range all {
			if l.Done == 0 && s.straight {
				return l.ID
			}
		}
		return all[s.pick(len(all), "which letter")].ID
	}
	return s.text("letter", id(s.s), id, "no-such-letter")
}

// member is somebody of the house who can be spared, or who cannot.
func (s *step) member() string {
	all := []string{"approver-4", "approver-3", reviewer, administrators[0], "nobody", "newcomer", "founder-5", "founder-4"}
	return all[s.pick(len(all), "member")]
}

// lostKey is somebody's key.
func (s *step) lostKey() string {
	all := []string{"key-approver-4", "key-approver-3", "key-" + s.actor.Person, "no-such-key", "spare-founder-3", "spare-founder-5"}
	return all[s.pick(len(all), "lost key")]
}

func last(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
