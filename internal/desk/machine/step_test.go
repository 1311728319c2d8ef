package machine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// role is who calls an act.
type role string

const (
	stranger   role = "stranger" // with whatever secrets the step gives
	holder     role = "holder"   // signed in at /me
	other      role = "other holder"
	worksIt    role = "agent" // who opened the ticket
	colleague  role = "colleague"
	approver   role = "approver"
	reviews    role = "reviewer"
	audits     role = "auditor"
	administer role = "administrator"
	machineDo  role = "command line"
	system     role = "system" // jobs and schedules
)

var (
	staffRoles = []role{worksIt, colleague, approver, reviews, audits, administer}
	everybody  = append([]role{stranger, holder, other, machineDo}, staffRoles...)
	byItself   = []role{system}
	public     = []role{stranger, holder, worksIt}
	desks      = []role{worksIt, colleague}
)

// walk is one house from its opening to its end.
type walk struct {
	*desktest.House
	*rapid.T
	seen      *coverage
	all       []*subject
	sessions  map[string]string      // of staff, by person
	answers   map[string]desk.Answer // the last one each act was given
	proposals []string
	steps     int
	trail     map[string]recovery.State // the model: where each ticket stands
	redeemed  map[string]string         // the model: the ticket each backup code opened
}

// step is one call of one act.
type step struct {
	*walk
	act      act
	role     role
	actor    desk.Actor
	s        *subject
	t        recovery.Ticket // as it was before
	straight bool            // with all the right arguments
}

// draw is a number of 16 even bits; rapid's own integers prefer small ones.
var draw = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range 16 {
		n <<= 1
		if coin.Draw(t, "") {
			n |= 1
		}
	}
	return n
})

var coin = rapid.Bool()

// pick draws one of n evenly; shrinking prefers 0.
func (w *walk) pick(n int, label string) int { return draw.Draw(w.T, label) % n }

// bent says which of the wrong arguments a call gets, 0 for the right one.
func (s *step) bent(label string) int {
	if s.straight {
		return 0
	}
	if n := s.pick(8, label); n > 4 {
		return n - 4 // 1, 2, 3
	}
	return 0
}

// anyone is another subject.
func (s *step) anyone() *subject { return s.all[s.pick(len(s.all), "another")] }

// ref is the ticket's reference, another's, none, or one that names nothing.
func (s *step) ref() string {
	return s.text("reference", s.s.reference, func(o *subject) string { return o.reference }, "ZZZZ-ZZZZ")
}

// text is a value of the subject, of another subject, empty, or unknown.
func (s *step) text(label, own string, of func(*subject) string, unknown string) string {
	switch s.bent(label) {
	case 1:
		return of(s.anyone())
	case 2:
		return ""
	case 3:
		return unknown
	}
	return own
}

// words are what people write, or forget to write, or write without end.
func (s *step) words() string {
	switch s.bent("words") {
	case 1:
		return ""
	case 2:
		return strings.Repeat("far too long ", 2000)
	}
	return "As agreed on the telephone"
}

// noSecret is well formed and opens nothing.
const noSecret = "AAAAAAAAAAAAAAAAAAAAAA"

func (s *step) claimSecret() string {
	return s.text("claim", s.s.claim, func(o *subject) string { return o.claim }, noSecret)
}

func (s *step) attemptSecret() string {
	return s.text("attempt", s.s.attempt, func(o *subject) string { return o.attempt }, noSecret)
}

func (s *step) digits() string {
	return s.text("digits", s.s.digits, func(o *subject) string { return o.digits }, "00000000")
}

func (s *step) password() string {
	return s.text("password", desktest.Password, func(*subject) string { return "wrong password" }, "another wrong one")
}

func (s *step) address() string {
	id := []string{"-mail-1", "-mail-2"}[s.pick(2, "address")]
	return s.text("whose address", s.s.account+id, func(o *subject) string { return o.account + id }, s.s.account+"-phone")
}

func (s *step) backup() string {
	code := func(o *subject) string {
		if len(o.backup) == 0 {
			return ""
		}
		return o.backup[s.pick(len(o.backup), "code")]
	}
	return s.text("whose code", code(s.s), code, "K7QP2-M9X4T-RC8WV-N3HJD-6YBA6")
}

func (s *step) account() string {
	return s.text("account", s.s.account, func(o *subject) string { return o.account }, "nobody")
}

// stage is the open step of the ticket with one of its methods.
func (s *step) stage() (recovery.StepID, recovery.Method) {
	flow := workflowOf(s.Desk, s.t)
	all := must(s.Store.View().Evidence(s.Context(), s.t.ID))
	open, _, done := flow.Current(s.t.Run, all)
	switch s.bent("step") {
	case 1:
		open = flow.Steps[s.pick(len(flow.Steps), "which step")]
	case 2:
		return "", ""
	case 3:
		return "no-such-step", recovery.Methods[s.pick(len(recovery.Methods), "method")]
	}
	if done || len(open.Methods) == 0 {
		return open.ID, recovery.ByVideo
	}
	return open.ID, open.Methods[s.pick(len(open.Methods), "which method")]
}

// approval is the ticket's newest request, an older one, another ticket's, or none.
func (s *step) approval() string {
	newest := func(o *subject) string {
		all := must(s.Store.View().ApprovalsOf(s.Context(), o.ticket))
		if len(all) == 0 {
			return ""
		}
		i := slices.IndexFunc(all, func(a recovery.Approval) bool { return a.State == recovery.ApprovalWaiting })
		if i < 0 || !s.straight && s.pick(4, "older") == 3 {
			i = s.pick(len(all), "which request")
		}
		return all[i].ID
	}
	return s.text("request", newest(s.s), newest, "no-such-request")
}

// proposal is one that was filed, or none.
func (s *step) proposal() string {
	if len(s.proposals) == 0 || s.bent("proposal") == 3 {
		return "no-such-proposal"
	}
	return s.proposals[s.pick(len(s.proposals), "which proposal")]
}

// decision is one of the buttons, or none of them.
func (s *step) decision() string {
	if s.straight && s.pick(8, "signed") != 7 {
		return string(recovery.Approve)
	}
	all := []string{string(recovery.Approve), string(recovery.Deny), string(recovery.Approve), string(recovery.Veto), "maybe"}
	return all[s.pick(len(all), "decision")]
}

// key is the security key of whoever acts, or of somebody else.
func (s *step) key(own string) *softkey.Key {
	return s.Key(s.text("key", own, func(*subject) string { return approvers[0] }, reviewer))
}

// answer begins a ceremony and answers it; or it answers with what the act was
// given the last time, or with nothing.
func (s *step) answer(own string, begin func() (desk.Touch, error), create bool) desk.Answer {
	var a desk.Answer
	switch s.bent("answer") {
	case 1:
		return s.answers[s.act.name]
	case 2:
		return a
	}
	if t, err := begin(); err == nil {
		a = desk.Answer{Challenge: t.ID, Response: s.touch(own, t, create)}
	} else {
		s.mayFail(err)
	}
	s.answers[s.act.name] = a
	return a
}

// touch lets a key answer; a key that was not asked answers nothing.
func (s *step) touch(own string, t desk.Touch, create bool) []byte {
	if create {
		out, _ := must(softkey.New(s.Desk.Rand, softkey.Defaults())).Create(t.Options, desktest.Origin)
		return out
	}
	k := s.key(own)
	if k == nil {
		return nil
	}
	out, _ := k.Get(t.Options, desktest.Origin)
	return out
}

// holderAnswer is a touch of the holder's passkey, or of nobody's.
func (s *step) holderAnswer() desk.Answer {
	if s.straight || s.pick(2, "touch") == 0 {
		return desk.Answer{} // the sign-in was fresh, or it was not
	}
	return s.answer(s.actor.Account, func() (desk.Touch, error) { return s.Desk.BeginHolderTouch(s.Context(), s.actor) }, false)
}

// recoverySession is the session row that a recovery cookie names.
func (s *step) recoverySession() store.Session {
	secret := s.text("recovery session", s.s.recovery, func(o *subject) string { return o.recovery }, noSecret)
	row, err := s.Desk.PeekSession(s.Context(), desk.RecoverySession, secret)
	if err != nil {
		s.mayFail(err)
		return store.Session{ID: "none", Kind: desk.RecoverySession, Account: s.s.account, Ticket: s.s.ticket}
	}
	return row
}

// job is a leased job of the ticket, one that was done before, or made up.
func (s *step) job(kind string) store.Job {
	q := `SELECT id FROM jobs WHERE kind = $1 AND ticket = $2 AND done = 0 AND failed = 0 ORDER BY id`
	switch s.bent("job") {
	case 1:
		q = `SELECT id FROM jobs WHERE kind = $1 AND ticket <> $2 AND done = 0 AND failed = 0 ORDER BY id`
	case 2:
		q = `SELECT id FROM jobs WHERE kind = $1 AND ticket = $2 AND done + failed > 0 ORDER BY id`
	}
	ids := query(s.House, q, kind, s.s.ticket)
	if len(ids) == 0 {
		return store.Job{ID: "made-up", Kind: kind, Object: s.s.ticket, Ticket: s.s.ticket, Account: s.s.account, LeaseBy: "machine", Made: s.Clock.Now()}
	}
	return leaseJob(s.House, ids[s.pick(len(ids), "which job")])
}

var eightDigits = regexp.MustCompile(`(?m)^\s*(\d{4} \d{4})\s*$`)

// read keeps the digits of the newest code that was mailed to the subject.
func (s *step) read() {
	ids := query(s.House, `SELECT j.id FROM jobs j JOIN notices n ON n.id = j.object
		WHERE j.kind = 'mail' AND j.sealed <> '' AND n.kind = $1 AND n.account = $2 ORDER BY j.made DESC, j.id DESC LIMIT 1`, string(recovery.NoticeIssuedCode), s.s.account)
	if len(ids) == 0 {
		return
	}
	m, err := s.Desk.Mail(s.Context(), must(s.Store.View().Job(s.Context(), ids[0])))
	if err != nil {
		return
	}
	if found := eightDigits.FindStringSubmatch(m.Text); found != nil {
		s.s.digits = strings.ReplaceAll(found[1], " ", "")
	}
}

// actorOf is the person that a role means in this step.
func (s *step) actorOf(r role) desk.Actor {
	ip := fmt.Sprintf("192.0.%d.%d", s.steps/200%200, s.steps%200)
	switch r {
	case holder, other:
		o := s.s
		if r == other {
			o = s.anyone()
		}
		return desk.Actor{Kind: desk.Holder, Person: s.personOf(o), Account: o.account, Session: o.session, IP: ip}
	case worksIt:
		return s.staff(agents[0], ip)
	case colleague:
		return s.staff(agents[1], ip)
	case approver:
		return s.staff(s.drawn(), ip)
	case reviews:
		return s.staff(reviewer, ip)
	case audits:
		return s.staff(auditor, ip)
	case administer:
		return s.staff(administrators[s.pick(2, "which administrator")], ip)
	case machineDo:
		return desk.Actor{Kind: desk.Machine}
	case system:
		return desk.Actor{Kind: desk.System}
	}
	return desk.Actor{Kind: desk.Stranger, IP: ip}
}

func (s *step) personOf(o *subject) string {
	if o.account == "colleague-account" {
		return agents[1]
	}
	return o.account
}

// staff acts in the session of the last sign-in, or as a program of ours.
func (s *step) staff(person, ip string) desk.Actor {
	a := desk.Actor{Kind: desk.StaffAct, Person: person, IP: ip}
	if id := s.sessions[person]; id != "" && !s.straight && s.pick(2, "session") == 1 {
		a.Session = id
	}
	return a
}

// drawn is the approver whose turn it is, or another.
func (s *step) drawn() string {
	if s.straight || s.pick(2, "drawn") == 0 {
		for _, a := range must(s.Store.View().ApprovalsOf(s.Context(), s.s.ticket)) {
			if a.State == recovery.ApprovalWaiting && slices.Contains(approvers, a.Drawn) {
				return a.Drawn
			}
		}
	}
	return approvers[s.pick(len(approvers), "which approver")]
}
