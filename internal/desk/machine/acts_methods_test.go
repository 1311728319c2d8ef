package machine

import (
	"encoding/json"
	"regexp"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// manager vouches for everybody: the directory names this person for each account.
const manager = "manager"

// methodActs are the further methods by which a step is passed.
var methodActs = []act{
	{name: "BeginCall", roles: everybody, may: desks, call: func(s *step) error {
		id, _ := s.stage()
		number := s.text("number", s.s.account+"-phone", func(o *subject) string { return o.account + "-phone" }, s.s.account+"-mail-1")
		return s.Desk.BeginCall(s.Context(), s.actor, s.ref(), id, number)
	}},
	{name: "ShowWords", roles: public, call: func(s *step) error {
		words, _, err := s.Desk.ShowWords(s.Context(), s.actor, s.claimSecret())
		return s.keep(err, func() { s.s.words = words })
	}},
	{name: "EnterWords", roles: everybody, may: desks, after: proofDues, leaves: failing, call: func(s *step) error {
		id, _ := s.stage()
		return s.Desk.EnterWords(s.Context(), s.actor, s.ref(), id, s.text("words", s.s.words, func(o *subject) string { return o.words }, "no such words"))
	}},
	{name: "CallNotAnswered", roles: everybody, may: desks, call: func(s *step) error {
		id, _ := s.stage()
		return s.Desk.CallNotAnswered(s.Context(), s.actor, s.ref(), id)
	}},
	{name: "AskVoucher", roles: everybody, may: desks, call: func(s *step) error {
		id, _ := s.stage()
		err := s.Desk.AskVoucher(s.Context(), s.actor, s.ref(), id, []string{manager, s.s.account, "nobody", agents[0]}[s.bent("who")])
		return s.keep(err, s.readInvitation)
	}},
	{name: "BeginVouch", roles: atMe, may: holders, call: func(s *step) error {
		_, err := s.Desk.BeginVouch(s.Context(), s.vouches(), s.vouchToken(), s.word())
		return err
	}},
	{name: "Vouch", roles: atMe, may: holders, after: proofDues, leaves: []string{"factors"}, call: func(s *step) error {
		who, token := s.vouches(), s.vouchToken()
		a := s.answer(who.Account, func() (desk.Touch, error) { return s.Desk.BeginVouch(s.Context(), who, token, s.word()) }, false)
		return s.Desk.Vouch(s.Context(), who, token, a)
	}},
	{name: "BeginCheck", roles: everybody, may: desks, call: func(s *step) error {
		id, m := s.stage()
		return s.Desk.BeginCheck(s.Context(), s.actor, s.ref(), id, m)
	}},
	{name: "TakeCheck", roles: public, after: proofDues, leaves: failing, call: func(s *step) error {
		header, body := s.result()
		return s.Desk.TakeCheck(s.Context(), s.actor, header, body)
	}},
	{name: "BeginClaimKey", roles: public, call: func(s *step) error {
		_, err := s.Desk.BeginClaimKey(s.Context(), s.claimSecret())
		return err
	}},
	{name: "ProveKey", roles: public, after: proofDues, leaves: append([]string{"factors"}, failing...), call: func(s *step) error {
		secret := s.claimSecret()
		a := s.answer(s.s.account, func() (desk.Touch, error) { return s.Desk.BeginClaimKey(s.Context(), secret) }, false)
		return s.Desk.ProveKey(s.Context(), s.actor, secret, a)
	}},
	{name: "EnterBackupCode", roles: public, after: proofDues, leaves: append([]string{"codes", "code_sets", "meta"}, failing...), call: func(s *step) error {
		return s.Desk.EnterBackupCode(s.Context(), s.actor, s.claimSecret(), s.backup())
	}},
	{name: "NoteAssistant", roles: everybody, may: desks, call: func(s *step) error {
		return s.Desk.NoteAssistant(s.Context(), s.actor, s.ref(), s.words(), recovery.AssistantRoles[0])
	}},
}

var vouchLink = regexp.MustCompile(`/vouch/([0-9A-Za-z_-]+)`)

// readInvitation keeps the link of the newest invitation to vouch.
func (s *step) readInvitation() {
	ids := query(s.House, `SELECT id FROM jobs WHERE kind = 'mail' AND sealed <> '' ORDER BY made DESC, id DESC LIMIT 5`)
	for _, id := range ids {
		m, err := s.Desk.Mail(s.Context(), must(s.Store.View().Job(s.Context(), id)))
		if err != nil {
			continue
		}
		if found := vouchLink.FindStringSubmatch(m.Text); found != nil {
			s.s.invitation = found[1]
			return
		}
	}
}

func (s *step) vouchToken() string {
	return s.text("invitation", s.s.invitation, func(o *subject) string { return o.invitation }, noSecret)
}

// vouches is the person who was asked, or whoever acts.
func (s *step) vouches() desk.Actor {
	if s.role != other || s.pick(4, "asked") == 3 {
		return s.actor
	}
	for _, o := range s.all {
		if o.account == manager {
			return desk.Actor{Kind: desk.Holder, Person: manager, Account: manager, Session: o.session, IP: s.actor.IP}
		}
	}
	return s.actor
}

func (s *step) word() desk.Word {
	w := desk.Word{Word: recovery.WordVouch, How: recovery.InTheRoom, Note: s.words()}
	switch s.bent("word") {
	case 1:
		w.Word = recovery.WordWrong
	case 2:
		w = desk.Word{}
	}
	return w
}

// result is a signed call of the identity check about the ticket, or a forged one.
func (s *step) result() (header string, body []byte) {
	r := recovery.CheckResult{Request: "no-such-request", Ticket: s.t.Reference, Result: recovery.CheckPassed}
	if all := must(s.Store.View().Checks(s.Context(), s.t.ID)); len(all) > 0 && s.bent("request") == 0 {
		k := all[s.pick(len(all), "which request")]
		r.Request, r.Account = k.ID, k.AccountDigest()
	}
	if s.bent("result") == 1 {
		r.Result = recovery.CheckFailed
	}
	body = must(json.Marshal(r))
	if s.bent("signature") == 1 {
		return "t=1,v1=00", body
	}
	return codes.SignCall(s.Desk.Keys.Identity, s.Clock.Now(), body), body
}
