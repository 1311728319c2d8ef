package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// As TestR51_EveryActLeavesNothingHalfDone, for the methods that an agent begins
// and somebody else completes.
func TestR51_MethodsLeaveNothingHalfDone(t *testing.T) {
	for name, begin := range methodActs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage{T: t, House: desktest.SQLite(t)}
			s.Desk.Directory = quickDirectory{s.Desk.Directory}
			s.agent = s.Found()
			s.Voucher("mia")
			n := 0
			s.Faults(t, func() desktest.Attempt { n++; return begin(s, fmt.Sprintf("acc-%d", n)) })
		})
	}
}

// proofs is a check that a ticket has as many proofs.
func (s *stage) proofs(ticket string, want int) func() {
	return func() {
		if n := len(proofsOf(s.T, s.House, ticket)); n != want {
			s.Errorf("the act answered nil and there are %d proofs, want %d", n, want)
		}
	}
}

var methodActs = map[string]act{
	"BeginCall": func(s *stage, id string) desktest.Attempt {
		k, _ := s.AtPerson(s.agent, id)
		ok(s, s.Desk.BeginCall(s.Context(), s.agent, k.Reference, "person", id+"-phone"))
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.BeginCall(ctx, s.agent, k.Reference, "person", id+"-phone")
		}}
	},
	"ShowWords": func(s *stage, id string) desktest.Attempt {
		k, secret := s.AtPerson(s.agent, id)
		ok(s, s.Desk.BeginCall(s.Context(), s.agent, k.Reference, "person", id+"-phone"))
		return desktest.Attempt{Act: func(ctx context.Context) error { _, _, err := s.Desk.ShowWords(ctx, anyone, secret); return err }}
	},
	"EnterWords": func(s *stage, id string) desktest.Attempt {
		k, secret := s.AtPerson(s.agent, id)
		words := ring(s.T, s.House, s.agent, k, secret)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.EnterWords(ctx, s.agent, k.Reference, "person", words) }, Done: s.proofs(k.ID, 3)}
	},
	"CallNotAnswered": func(s *stage, id string) desktest.Attempt {
		k, _ := s.AtPerson(s.agent, id)
		ok(s, s.Desk.BeginCall(s.Context(), s.agent, k.Reference, "person", id+"-phone"))
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CallNotAnswered(ctx, s.agent, k.Reference, "person") }}
	},
	"CheckCall": func(s *stage, id string) desktest.Attempt {
		k, _ := s.AtPerson(s.agent, id)
		ok(s, s.Desk.BeginCall(s.Context(), s.agent, k.Reference, "person", id+"-phone"))
		code := matchOf(s.T, s.House, s.agent, k)
		return desktest.Attempt{Act: func(ctx context.Context) error { _, err := s.Desk.CheckCall(ctx, anyone, code); return err }}
	},
	"EnterMatch": func(s *stage, id string) desktest.Attempt {
		k, _ := s.AtPerson(s.agent, id)
		ok(s, s.Desk.BeginCall(s.Context(), s.agent, k.Reference, "person", id+"-phone"))
		found := must(s.Desk.CheckCall(s.Context(), anyone, matchOf(s.T, s.House, s.agent, k)))
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.EnterMatch(ctx, s.agent, k.Reference, "person", found.Words)
		}}
	},
	"AskVoucher": func(s *stage, id string) desktest.Attempt {
		k, _ := s.AtPerson(s.agent, id, managed("mia"))
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.AskVoucher(ctx, s.agent, k.Reference, "person", "mia") }}
	},
	"Vouch":                   vouches(sure, func(s *stage, k recovery.Ticket) func() { return s.proofs(k.ID, 3) }),
	"Vouch that is not known": vouches(desk.Word{Word: recovery.WordUnknown}, func(s *stage, k recovery.Ticket) func() { return s.proofs(k.ID, 2) }),
	"Vouch that it is wrong":  vouches(desk.Word{Word: recovery.WordWrong}, func(s *stage, k recovery.Ticket) func() { return s.ends(k.ID, recovery.Failed) }),
	"TakeCheck of a pass":     checks(recovery.CheckPassed, func(s *stage, k recovery.Ticket) func() { return s.proofs(k.ID, 1) }),
	"TakeCheck of a failure":  checks(recovery.CheckFailed, func(s *stage, k recovery.Ticket) func() { return s.ends(k.ID, recovery.Failed) }),
	"EnterBackupCode": func(s *stage, id string) desktest.Attempt {
		k, secret := s.ClaimedBroken(s.agent, id)
		code := s.Codes(id)[0].String()
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.EnterBackupCode(ctx, anyone, secret, code) }, Done: s.proofs(k.ID, 1)}
	},
	"ProveKey": func(s *stage, id string) desktest.Attempt {
		s.Desk.Flows["key"] = keyFirst
		k, secret := s.ClaimedBroken(s.agent, id)
		s.Passkey(id)
		s.Pin(k.ID, keyFirst.Version)
		touch, err := s.Desk.BeginClaimKey(s.Context(), secret)
		ok(s, err)
		answer := desk.Answer{Challenge: touch.ID, Response: s.Touch(id, touch.Options)}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return s.Desk.ProveKey(ctx, anyone, secret, answer) }, Done: s.proofs(k.ID, 1)}
	},
	"SendCode by text message": func(s *stage, id string) desktest.Attempt {
		s.Desk.Policy.Issued.Gateway, s.Desk.Settings.Texts = true, true
		k, _ := s.ClaimedBroken(s.agent, id)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.SendCode(ctx, s.agent, k.Reference, "code", recovery.BySMSCode, id+"-phone")
		}}
	},
	"NoteAssistant": func(s *stage, id string) desktest.Attempt {
		k, _ := s.ClaimedBroken(s.agent, id)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.NoteAssistant(ctx, s.agent, k.Reference, "Iris", "interpreter")
		}}
	},
	"BeginCheck": func(s *stage, id string) desktest.Attempt {
		k, _ := checked(s, s.House, s.agent, id)
		_, err := s.Desk.ReleaseClaim(s.Context(), s.agent, k.Reference, "again")
		ok(s, err)
		now := ticketNow(s.T, s.House, k.ID)
		_, err = s.Desk.ClaimTicket(s.Context(), anyone, now.Reference)
		ok(s, err)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.BeginCheck(ctx, s.agent, now.Reference, "check", recovery.ByBiometric)
		}}
	},
}

// vouches is one answered invitation.
func vouches(w desk.Word, done func(*stage, recovery.Ticket) func()) act {
	return func(s *stage, id string) desktest.Attempt {
		boss := "boss-of-" + id // a person's word counts three times in 30 days
		s.Voucher(boss)
		who, _ := holderIn(s.T, s.House, boss)
		k, _ := s.AtPerson(s.agent, id, managed(boss))
		token := asks(s.T, s.House, s.agent, k, boss)
		touch, err := s.Desk.BeginVouch(s.Context(), who, token, w)
		ok(s, err)
		answer := desk.Answer{Challenge: touch.ID, Response: s.Touch(boss, touch.Options)}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return s.Desk.Vouch(ctx, who, token, answer) }, Done: done(s, k)}
	}
}

// checks is one result of an external check.
func checks(result string, done func(*stage, recovery.Ticket) func()) act {
	return func(s *stage, id string) desktest.Attempt {
		k, q := checked(s, s.House, s.agent, id)
		header, body := call(s.House, k, q, result)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.TakeCheck(ctx, anyone, header, body) }, Done: done(s, k)}
	}
}
