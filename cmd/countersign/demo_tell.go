package main

import "countersign/internal/recovery"

// plot is a kind of story: how often it is told and what happens.
type plot struct {
	times int
	tell  func(s *story)
}

// The stories of the past 80 days, told in turns, a day or so apart.
var pastPlots = []plot{
	{16, func(s *story) { s.setUp(); s.restored(); s.reviewedAndClosed(reviewerOf(s.n)) }},
	{8, func(s *story) {
		s.setUp()
		s.codesMade(-recovery.Day)
		s.selfService()
		s.codesMade(recovery.Minute)
		s.reviewedAndClosed(reviewerOf(s.n))
	}},
	{5, func(s *story) { s.setUp(); s.open(); s.claimed(); s.codeSent(); s.wrongCodes() }},
	{2, func(s *story) {
		s.setUp()
		s.typed()
		s.video(recovery.NoMatch)
	}},
	{4, func(s *story) { s.setUp(); s.proofed(); s.asked(); s.decided(recovery.Deny) }},
	{4, func(s *story) { s.setUp(); s.open(); s.swept(2 * recovery.Hour) }},
	{3, func(s *story) { s.setUp(); s.proofed(); s.asked(); s.swept(2 * recovery.Hour) }},
	{4, func(s *story) { s.setUp(); s.open(); s.claimed(); s.withdrawn() }},
	{2, func(s *story) {
		s.setUp()
		s.typed()
		s.noCamera()
		s.withdrawn()
	}},
	{3, func(s *story) { s.setUp(); s.open(); s.claimed(); s.stopped(2 * recovery.Minute) }},
	{3, func(s *story) {
		s.setUp()
		s.proofed()
		s.asked()
		s.decided(recovery.Approve)
		s.executed()
		s.swept(2 * recovery.Hour)
	}},
	{2, func(s *story) {
		s.setUp()
		s.codesMade(-recovery.Day)
		s.codePresented(recovery.Hour)
		s.wrongPasswords()
	}},
	{2, func(s *story) {
		s.setUp()
		s.codesMade(-recovery.Day)
		s.codePresented(recovery.Hour)
		s.swept(2 * recovery.Hour)
	}},
}

// The stories of the last days: tickets that wait for somebody now. ago is when
// each begins.
var presentPlots = []struct {
	ago  int64
	tell func(s *story)
}{
	{6 * recovery.Day, func(s *story) { s.setUp(); s.restored() }},
	{3 * recovery.Day, func(s *story) { s.setUp(); s.restored() }},
	{30 * recovery.Hour, func(s *story) { s.setUp(); s.restored() }},
	{5 * recovery.Hour, func(s *story) { s.setUp(); s.restored() }},
	{5 * recovery.Day, func(s *story) { s.setUp(); s.restored(); s.stopped(2 * recovery.Day) }},
	{29 * recovery.Minute, func(s *story) {
		s.setUp()
		s.proofed()
		s.asked()
		s.decided(recovery.Approve)
		s.executed()
	}},
	{24 * recovery.Minute, func(s *story) { s.setUp(); s.proofed(); s.asked(); s.decided(recovery.Approve); s.executed() }},
	{28 * recovery.Minute, func(s *story) { s.setUp(); s.proofed(); s.asked() }},
	{21 * recovery.Minute, func(s *story) { s.setUp(); s.proofed(); s.asked() }},
	{13 * recovery.Minute, func(s *story) { s.setUp(); s.proofed(); s.asked() }},
	{26 * recovery.Minute, func(s *story) { s.setUp(); s.unreachable(); s.proofed() }},
	{9*recovery.Minute + 30*recovery.Second, func(s *story) { s.setUp(); s.proofed(); s.asked(); s.decided(recovery.Approve) }},
	{40 * recovery.Minute, func(s *story) { s.setUp(); s.open() }},
	{33 * recovery.Minute, func(s *story) { s.setUp(); s.open(); s.claimed(); s.codeSent() }},
	{17 * recovery.Minute, func(s *story) { s.setUp(); s.open(); s.claimed(); s.codeSent(); s.codeTyped() }},
	{8 * recovery.Minute, func(s *story) {
		s.setUp()
		s.typed()
	}},
	{4 * recovery.Minute, func(s *story) { s.setUp(); s.open(); s.claimed() }},
	{18 * recovery.Hour, func(s *story) { s.setUp(); s.proofed(); s.parked() }},
	{26*recovery.Minute + 20*recovery.Second, func(s *story) {
		s.setUp()
		s.way = "pass"
		s.proofed()
		s.asked()
		s.decided(recovery.Approve)
		s.executed()
		s.freshProof()
	}},
}

// tell plans all stories, each about another account, and says how many there are.
func (w *walk) tell(people []demoPerson) int {
	var free []demoPerson
	for n, p := range people {
		if able(n, p) {
			free = append(free, p)
		}
	}
	n := 0
	next := func(at int64) *story {
		s := &story{walk: w, n: n, who: free[n], at: at, agent: pick(seededHands[:4], n), approver: pick(seededHands[4:7], n/4)}
		n++
		return s
	}
	turns := pastTurns()
	gap := (past - 25*recovery.Day) / int64(len(turns))
	for i, tell := range turns {
		tell(next(w.now - past + 14*recovery.Day + int64(i)*gap))
	}
	for _, p := range presentPlots {
		p.tell(next(w.now - p.ago))
	}
	return n
}

// settled sets up who has been there for long and has no story: people with
// privileges, and those whose mailbox was moved lately.
func (w *walk) settled(people []demoPerson) {
	for n, p := range people {
		if n > 20 && (p.population == recovery.Privileged || p.population == recovery.Standard && !able(n, p) && p.email2 != "") {
			s := &story{walk: w, n: n, who: p, at: w.now - 80*recovery.Day}
			s.setUp()
		}
	}
}

// pastTurns deals the plots out like cards, so that every week has some of each.
func pastTurns() (turns []func(*story)) {
	for round := 0; ; round++ {
		before := len(turns)
		for _, p := range pastPlots {
			if round < p.times {
				turns = append(turns, p.tell)
			}
		}
		if len(turns) == before {
			return turns
		}
	}
}

func pick(from []hand, n int) string { return from[n%len(from)].id }

// reviewerOf is one of two: neither worked on the ticket nor decided.
func reviewerOf(n int) string { return []string{"reviewer.1", "reviewer.2"}[n%2] }

// selfService is a recovery with a saved code and the password, a day after the
// codes were made.
func (s *story) selfService() {
	s.codePresented(recovery.Day)
	s.passwordPresented()
	s.enrolled()
}

// swept lets time pass until what was left undone has expired.
func (s *story) swept(after int64) { s.then(after, "let time pass", func() error { return nil }) }

// unreachable keeps the opening notice from every mailbox: no approval can be asked
// for before the holder comes to the desk (R26).
func (s *story) unreachable() {
	s.then(0, "mailboxes refuse", func() error { s.refuse.bounce(s.who.email, s.who.email2); return nil })
	s.plan(s.at+30*recovery.Second, "mailboxes accept", func() error { s.refuse.bounce(); return nil })
}

// stop is one press of the button behind a stop link.
func (s *story) stop(token string) error {
	return s.desk.Stop(s.ctx, s.caller(), token)
}
