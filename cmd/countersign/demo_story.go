package main

import (
	"fmt"
	"path"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// story is one account's way through a recovery. Its chapters follow each other
// on the walk's clock.
type story struct {
	*walk
	n        int // number of the story: chooses people and words
	who      demoPerson
	at       int64 // when the next chapter happens
	agent    string
	approver string
	way      string // "" for the one that the policy offers first
	ticket   recovery.Ticket
	approval string
	claim    string
	codes    []codes.Code
	attempt  string
	token    string // of the recovery session
}

// then schedules a chapter some time after the one before.
func (s *story) then(after int64, name string, do func() error) {
	s.at += after
	s.plan(s.at, fmt.Sprintf("story %d, %s: %s", s.n, s.who.id, name), do)
}

// caller is the holder's browser.
func (s *story) caller() desk.Actor { return browser(s.n) }

// setUp gives the account a password and a passkey, a week before the story.
func (s *story) setUp() {
	s.plan(s.at-7*recovery.Day, "set up "+s.who.id, func() error {
		url, err := s.desk.InviteHolder(s.ctx, machine, s.who.id)
		if err != nil {
			return err
		}
		token := path.Base(url)
		t, err := s.desk.BeginHolderPasskey(s.ctx, token, demoPassword, "Phone")
		if err != nil {
			return err
		}
		answer, err := s.create(s.who.id, t)
		if err != nil {
			return err
		}
		_, err = s.desk.EnrolHolder(s.ctx, s.caller(), token, answer)
		return err
	})
}

// openingReason is what the agent writes down: hardly ever the same words twice,
// because that would link the tickets.
func openingReason(n int) string {
	return fmt.Sprintf(openingReasons[n%len(openingReasons)], lostPlaces[n%len(lostPlaces)])
}

var openingReasons = []string{
	"The holder says the phone was left %s.",
	"The phone does not start any more since it fell %s.",
	"The phone was lost %s. It was locked.",
	"The holder cannot find the phone and had it last %s.",
}

var lostPlaces = []string{
	"on a train", "at the swimming pool", "in a taxi", "in the canteen", "at the dentist's", "on the ferry", "in the car park", "at a hotel", "on the way home",
	"at the airport", "in a meeting room", "on the tram", "at the fair", "in the stairwell", "at the station", "on the beach", "in the warehouse",
}

// open opens the ticket at the desk.
func (s *story) open() {
	s.then(0, "open", func() (err error) {
		if err := s.signIn(s.agent); err != nil {
			return err
		}
		s.ticket, err = s.desk.OpenTicket(s.ctx, staffActor(s.agent), desk.NewTicket{Account: s.who.id, Event: recovery.DeviceLoss, Way: s.way,
			Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}, Intake: recovery.Intakes[s.n%len(recovery.Intakes)],
			Source: recovery.Withheld, Reason: openingReason(s.n)})
		return err
	})
}

// claimed lets the holder's browser claim the ticket.
func (s *story) claimed() {
	s.then(recovery.Minute, "claim", func() (err error) {
		s.claim, err = s.desk.ClaimTicket(s.ctx, s.caller(), s.ticket.Reference)
		return err
	})
}

// codeSent sends the code of the first step.
func (s *story) codeSent() {
	s.then(recovery.Minute, "send the code", func() error {
		a, err := s.address(s.who.id, s.who.email)
		if err != nil {
			return err
		}
		return s.desk.SendCode(s.ctx, staffActor(s.agent), s.ticket.Reference, "code", recovery.ByMailCode, a.ID)
	})
}

// codeTyped types the code that came by mail.
func (s *story) codeTyped() {
	s.then(recovery.Minute, "type the code", func() error {
		found, err := s.mail(s.who.email, codeInMail)
		if err != nil {
			return err
		}
		return s.desk.EnterCode(s.ctx, s.caller(), s.claim, found[1]+found[2])
	})
}

// wrongCodes types wrong digits five times: the run fails.
func (s *story) wrongCodes() {
	s.then(recovery.Minute, "type wrong codes", func() error {
		found, err := s.mail(s.who.email, codeInMail)
		if err != nil {
			return err
		}
		wrong := "00000000"
		if found[1]+found[2] == wrong {
			wrong = "11111111"
		}
		for range recovery.IssuedCodeTries {
			if err := mustRefuse(s.desk.EnterCode(s.ctx, s.caller(), s.claim, wrong)); err != nil {
				return err
			}
		}
		return nil
	})
}

// passwordTyped types the password in the claimed browser.
func (s *story) passwordTyped() {
	s.then(recovery.Minute, "type the password", func() error {
		return s.desk.EnterPassword(s.ctx, s.caller(), s.claim, demoPassword)
	})
}

// video is the agent's record of the call.
func (s *story) video(outcome string) {
	s.then(2*recovery.Minute, "video", func() error {
		v := recovery.Comparison{Record: fmt.Sprintf("HR-%05d", 10000+s.n), Outcome: outcome}
		if outcome != recovery.Match {
			v.Note = "The person on the call is not the one in the photo."
		}
		return s.desk.Compare(s.ctx, staffActor(s.agent), s.ticket.Reference, "person", recovery.ByVideo, v)
	})
}

// noCamera records that the video cannot be done.
func (s *story) noCamera() {
	s.then(recovery.Minute, "no camera", func() error {
		return s.desk.NotPossible(s.ctx, staffActor(s.agent), s.ticket.Reference, "person", recovery.ByVideo, "The holder has no camera at hand.")
	})
}

// typed is the recovery up to what the holder types: code and password.
func (s *story) typed() {
	s.open()
	s.claimed()
	s.codeSent()
	s.codeTyped()
	s.passwordTyped()
}

// proofed is the whole documented workflow.
func (s *story) proofed() {
	s.typed()
	s.video(recovery.Match)
}

// asked asks for an approval.
func (s *story) asked() {
	s.then(recovery.Minute, "ask", func() error {
		a, err := s.desk.AskApproval(s.ctx, staffActor(s.agent), s.ticket.Reference, "All three steps passed; the phone is gone.")
		s.approval = a.ID
		return err
	})
}

var decisionReasons = map[recovery.Decision]string{
	recovery.Approve: "The proofs fit and the holder was called back by the team lead.",
	recovery.Deny:    "The holder's manager says the phone is on the desk. Ask again in person.",
}

// decided signs the decision with the approver's key.
func (s *story) decided(decision recovery.Decision) {
	s.then(recovery.Minute, "decide", func() error {
		by := staffActor(s.approver)
		t, err := s.desk.BeginApproval(s.ctx, by, s.approval, string(decision), decisionReasons[decision])
		answer, err := s.touch(s.approver, t, err)
		if err != nil {
			return err
		}
		s.house.clock.fixed.Add(40 * recovery.Second) // reading takes its time
		_, err = s.desk.Approve(s.ctx, by, desk.Decide{Approval: s.approval, Decision: decision, Answer: answer})
		return err
	})
}

// executed waits for the end of the objection window; the worker does the rest.
func (s *story) executed() {
	s.then(recovery.ObjectionWindow, "execute", func() error { return nil })
}

// freshProof types the last code, sent to the other address.
func (s *story) freshProof() {
	s.then(recovery.Minute, "ask for the last code", func() error {
		a, err := s.address(s.who.id, s.who.email2)
		if err != nil {
			return err
		}
		return s.desk.SendFreshCode(s.ctx, s.caller(), s.claim, a.ID)
	})
	s.then(recovery.Minute, "type the last code", func() error {
		found, err := s.mail(s.who.email2, codeInMail)
		if err != nil {
			return err
		}
		s.token, err = s.desk.EnterFreshCode(s.ctx, s.caller(), s.claim, found[1]+found[2])
		return err
	})
}

// enrolled registers the new passkey in the recovery session.
func (s *story) enrolled() {
	s.then(recovery.Minute, "register a new passkey", func() error {
		session, err := s.desk.Session(s.ctx, desk.RecoverySession, s.token)
		if err != nil {
			return err
		}
		t, err := s.desk.BeginEnrol(s.ctx, session, demoPassword)
		if err != nil {
			return err
		}
		delete(s.keys, s.who.id) // a new phone
		answer, err := s.create(s.who.id, t)
		if err != nil {
			return err
		}
		_, err = s.desk.Enrol(s.ctx, session, s.caller().IP, "New phone", answer)
		return err
	})
}

// codesMade signs in with the passkey and makes a code set.
func (s *story) codesMade(after int64) {
	s.then(after, "sign in and make codes", func() error {
		t, err := s.desk.BeginHolderSignIn(s.ctx, browser(1))
		answer, err := s.touch(s.who.id, t, err)
		if err != nil {
			return err
		}
		in, err := s.desk.HolderSignIn(s.ctx, s.caller(), answer, "")
		if err != nil {
			return err
		}
		session, err := s.desk.Session(s.ctx, desk.HolderSession, in.Token)
		if err != nil {
			return err
		}
		holder := desk.Actor{Kind: desk.Holder, Person: session.Person, Account: session.Account, Session: session.ID, IP: s.caller().IP}
		made, err := s.desk.MakeCodes(s.ctx, holder, desk.Answer{})
		if err != nil {
			return err
		}
		s.codes = made.Codes
		if err := s.desk.ConfirmCodes(s.ctx, holder, made.Set.ID, recovery.OnPaper, true); err != nil {
			return err
		}
		return s.desk.SignOut(s.ctx, holder)
	})
}

// restored is an assisted reset from the call to the new codes.
func (s *story) restored() {
	s.proofed()
	s.asked()
	s.decided(recovery.Approve)
	s.executed()
	s.freshProof()
	s.enrolled()
	s.codesMade(recovery.Minute)
}

// reviewedAndClosed is the third person's work, two days later: the letters
// that no mail replaces are posted first.
func (s *story) reviewedAndClosed(reviewer string) {
	s.then(2*recovery.Day, "review and close", func() error {
		t, err := s.house.store.View().Ticket(s.ctx, s.ticket.ID)
		if err != nil {
			return err
		}
		if err := s.lettersPosted(t); err != nil {
			return err
		}
		if t.ReviewDue != 0 {
			if err := s.desk.Review(s.ctx, staffActor(reviewer), t.Reference, recovery.FindingOK, "Proofs and approval fit the policy."); err != nil {
				return err
			}
		}
		if t.State == recovery.Closed {
			return nil
		}
		return s.desk.CloseTicket(s.ctx, staffActor(reviewer), t.Reference)
	})
}

func (s *story) lettersPosted(t recovery.Ticket) error {
	letters, err := s.house.store.View().Letters(s.ctx, t.ID)
	if err != nil {
		return err
	}
	for _, l := range letters {
		if err := s.desk.TickLetter(s.ctx, staffActor(s.agent), t.Reference, l.ID); err != nil {
			return err
		}
	}
	return nil
}

// parked lets the proofed ticket wait for its holder, who reads the continuation
// code in the claimed browser.
func (s *story) parked() {
	s.then(recovery.Minute, "park", func() error {
		return s.desk.ParkTicket(s.ctx, staffActor(s.agent), s.ticket.Reference, "The holder's train leaves; they come back tomorrow.")
	})
	s.then(recovery.Minute, "show the continuation code", func() error {
		_, err := s.desk.ShowContinuation(s.ctx, s.caller(), s.claim)
		return err
	})
}

// withdrawn takes the ticket back.
func (s *story) withdrawn() {
	s.then(3*recovery.Minute, "withdraw", func() error {
		return s.desk.WithdrawTicket(s.ctx, staffActor(s.agent), s.ticket.Reference, "The phone was found.")
	})
}

// codePresented is the first proof of a self-service recovery.
func (s *story) codePresented(after int64) {
	s.then(after, "present a backup code", func() (err error) {
		s.attempt, err = s.desk.PresentCode(s.ctx, s.caller(), desk.PresentCode{Account: s.who.id, Code: s.codes[0].String(),
			Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}})
		return err
	})
}

// passwordPresented is the second.
func (s *story) passwordPresented() {
	s.then(recovery.Minute, "present the password", func() error {
		return s.desk.PresentPassword(s.ctx, s.caller(), s.attempt, demoPassword)
	})
	s.then(recovery.Minute, "start the recovery", func() (err error) {
		if s.token, err = s.desk.StartRecovery(s.ctx, s.caller(), s.attempt); err != nil {
			return err
		}
		opened, err := s.house.store.View().OpenTicketsIn(s.ctx, []string{s.who.id})
		if err != nil {
			return err
		}
		s.ticket = opened[0]
		return nil
	})
}

// wrongPasswords ends the attempt; the code stays spent.
func (s *story) wrongPasswords() {
	s.then(recovery.Minute, "present wrong passwords", func() error {
		for range recovery.PasswordTries {
			if err := mustRefuse(s.desk.PresentPassword(s.ctx, s.caller(), s.attempt, "not the password")); err != nil {
				return err
			}
		}
		return nil
	})
}

// stopped presses "this was not me" in the newest notice.
func (s *story) stopped(after int64) {
	s.then(after, "stop", func() error {
		token, err := s.linkTo(s.who.email2, "stop")
		if err != nil {
			return err
		}
		return s.stop(token)
	})
}
