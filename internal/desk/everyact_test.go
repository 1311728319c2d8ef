package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// stage is a house and the people that the acts below need.
type stage struct {
	*testing.T
	*desktest.House
	agent, approver desk.Actor
}

// act furnishes one run of an act; id is a fresh account name.
type act = func(s *stage, id string) desktest.Attempt

// Every statement of each act that has no fault test beside its other tests fails
// in turn: nothing is half done (T25). SQLite
// only: what an act writes is the same there, and it keeps this quick.
func TestR51_EveryActLeavesNothingHalfDone(t *testing.T) {
	for _, acts := range []map[string]act{pairActs, lastProofActs, holdActs, videoActs, approvalActs, jobActs, machineActs, staffSessionActs, peopleActs, otherWays, eventActs, parkActs, passActs, bindingActs} {
		for name, begin := range acts {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := &stage{T: t, House: desktest.SQLite(t)}
				s.Desk.Directory, s.Desk.Settings.Demo = quickDirectory{s.Desk.Directory}, true
				s.agent, s.approver = s.Found(), s.Staff("approver", recovery.Approver)
				n := 0
				s.Faults(t, func() desktest.Attempt { n++; return begin(s, fmt.Sprintf("acc-%d", n)) })
			})
		}
	}
}

// ends is a check that a ticket came to rest or went on where it should.
func (s *stage) ends(ticket string, want recovery.State) func() {
	return func() {
		if got := s.State(ticket); got != want {
			s.Errorf("the act answered nil and the ticket is %s, want %s", got, want)
		}
	}
}

var pairActs = map[string]act{
	"PresentPassword": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		secret, err := s.Present(id, s.Codes(id)[0])
		ok(s, err)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.PresentPassword(ctx, desktest.Guest, secret, desktest.Password)
			},
			Done: s.ends(ticketsOf(s.T, s.House, id)[0].ID, recovery.Collecting),
		}
	},
	"StartRecovery": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		secret := s.Pair(id, s.Codes(id)[0])
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.StartRecovery(ctx, desktest.Guest, secret)
			return err
		}}
	},
	"CollectingLapse of a recovery session": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k := s.Recovering(id, s.Codes(id)[0]).Ticket
		s.Clock.Add(desktest.RecoverySessionLife)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CollectingLapse(ctx, k) }, Done: s.ends(k, recovery.Expired)}
	},
	"Stop of an account": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		ticket := s.Recovering(id, s.Codes(id)[0]).Ticket
		token := accountStop(s.T, s.House, id)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Stop(ctx, desktest.Guest, token) }, Done: s.ends(ticket, recovery.Frozen)}
	},
	"ReportLoss with a code": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		code := s.Codes(id)[0].String()
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ReportLoss(ctx, desktest.Guest, lost(id, code)) }, Done: func() {
			if livePasskeys(s.T, s.House, id) != 0 || spentCodes(s.T, s.House, id) != 1 {
				s.Error("half reported")
			}
		}}
	},
	"MailCode": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Clock.Add(2 * recovery.Hour)
		j := claimed(s.T, s.House, store.Job{ID: "mail-" + id, Kind: desk.JobMailCode, Account: id, Object: "key-" + id, Payload: "192.0.2.0/24"})
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.MailCode(ctx, j) }}
	},
	"PresentMailCode": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Clock.Add(2 * recovery.Hour)
		secret, digits, _ := askMail(s.T, s.House, id, anyone)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.PresentMailCode(ctx, anyone, secret, digits, "") }, Done: func() {
			if k := ticketsOf(s.T, s.House, id); len(k) != 1 || len(proofsOf(s.T, s.House, k[0].ID)) != 1 {
				s.Error("half opened")
			}
		}}
	},
	"WarnLoss": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Clock.Add(2 * recovery.Hour) // what the runs before closed is open again
		j := claimed(s.T, s.House, store.Job{ID: "warn-" + id, Kind: desk.JobWarn, Account: id, Object: string(recovery.Intruder), Payload: "192.0.2.0/24"})
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.WarnLoss(ctx, j) }}
	},
	"ReportAtDesk after a call-back": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		in := desk.DeskReport{Account: id, What: string(recovery.LostDevice), Number: id + "-phone", Note: "Rang back"}
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ReportAtDesk(ctx, s.agent, in) }}
	},
	"ReportOwn": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		actor, second := holderOf(s.T, s.House, id), secondPasskey(s.House, id, 1)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.ReportOwn(ctx, actor, string(recovery.LostDevice), []string{second}, desk.Answer{})
		}}
	},
	"Lift": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		second := secondPasskey(s.House, id, 1)
		ok(s, s.Desk.ReportOwn(s.Context(), holderOf(s.T, s.House, id), string(recovery.LostDevice), []string{second}, desk.Answer{}))
		s.Clock.Add(recovery.Minute)
		actor := holderOf(s.T, s.House, id)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Lift(ctx, actor, desk.Answer{}) }, Done: func() {
			if livePasskeys(s.T, s.House, id) != 2 {
				s.Error("half lifted")
			}
		}}
	},
	"StopByCode about an old ticket": func(s *stage, id string) desktest.Attempt {
		old := s.Opened(s.agent, id)
		code := codeIn(s.T, s.House, id+"@two", "asked to recover")
		ok(s, s.Desk.WithdrawTicket(s.Context(), s.agent, old.Reference, "called back later"))
		k := s.Recovered(id, s.Codes(id)[0])
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.StopByCode(ctx, desktest.Guest, code) }, Done: s.ends(k.ID, recovery.Frozen)}
	},
	"Stop after completion": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		k := s.Recovered(id, s.Codes(id)[0])
		token := s.StopLink(k.ID)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Stop(ctx, desktest.Guest, token) }, Done: s.ends(k.ID, recovery.Frozen)}
	},
	"EraseFactors": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		s.Recovered(id, s.Codes(id)[0])
		s.Clock.Add(desktest.StopLife)
		return desktest.Attempt{Act: s.Desk.EraseFactors, Done: func() {
			if all := must(s.Store.View().Factors(s.Context(), id)); len(all) != 2 {
				s.Errorf("%d factors, want the password and the new passkey", len(all))
			}
		}}
	},
}

// executed is a reset whose holder is in the claimed browser.
func (s *stage) executed(id string) (recovery.Ticket, string) {
	k, secret := s.Claimed(s.agent, id)
	s.Passkey(id)
	for _, step := range desktest.DeskSteps() {
		s.Step(s.agent, k, secret, step)
	}
	a, err := s.Desk.AskApproval(s.Context(), s.agent, k.Reference, "Every step passed on the call")
	ok(s, err)
	s.Work()
	_, err = s.Sign(s.approver, a.ID, recovery.Approve)
	ok(s, err)
	s.Clock.Add(recovery.ObjectionWindow)
	s.Work()
	s.ends(k.ID, recovery.Collecting)()
	return k, secret
}

var lastProofActs = map[string]act{
	"SendFreshCode": func(s *stage, id string) desktest.Attempt {
		_, secret := s.executed(id)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.SendFreshCode(ctx, desktest.Guest, secret, id+"-mail-2")
		}}
	},
	"EnterFreshCode": func(s *stage, id string) desktest.Attempt {
		k, secret := s.executed(id)
		ok(s, s.Desk.SendFreshCode(s.Context(), desktest.Guest, secret, id+"-mail-2"))
		code := s.Code(k.ID)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.EnterFreshCode(ctx, desktest.Guest, secret, code)
			return err
		}}
	},
	"OpenRecovery": func(s *stage, id string) desktest.Attempt {
		k, secret := s.executed(id)
		s.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddEvidence(ctx, recovery.Evidence{ID: "last-" + k.ID, Ticket: k.ID, Run: 1, Step: recovery.StepFresh, Method: recovery.InPersonBadge, Result: recovery.Passed, Group: recovery.GroupPlace, Channel: "seen-by:other", At: tx.Now()})
		})
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.OpenRecovery(ctx, desktest.Guest, secret)
			return err
		}}
	},
	"CollectingLapse of an executed reset": func(s *stage, id string) desktest.Attempt {
		k, _ := s.executed(id)
		s.Clock.Add(desktest.CollectingLife)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CollectingLapse(ctx, k.ID) }, Done: s.ends(k.ID, recovery.Lapsed)}
	},
}

var holdActs = map[string]act{
	"SendHoldCode": func(s *stage, id string) desktest.Attempt {
		actor, _ := heldHolder(s.T, s.House, id)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.SendHoldCode(ctx, actor, id+"-mail-1") }}
	},
	"ConfirmHold": func(s *stage, id string) desktest.Attempt {
		actor, k := heldHolder(s.T, s.House, id)
		ok(s, confirmCodes(s.House, actor, makeCodes(s.T, s.House, actor)))
		ok(s, s.Desk.SendHoldCode(s.Context(), actor, id+"-mail-1"))
		code := s.Code(k.ID)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ConfirmHold(ctx, actor, code) }, Done: func() {
			a, set := must(s.Store.View().Account(s.Context(), id)), must(s.Store.View().LiveCodeSet(s.Context(), id))
			if a.Hold != 0 || set.Asleep != 0 {
				s.Errorf("held until %d, codes asleep until %d", a.Hold, set.Asleep)
			}
		}}
	},
	"AskCustody": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Codes(id, func(set *recovery.CodeSet) {
			set.Made, set.Ends = s.Clock.Now()-recovery.Day, s.Clock.Now()+recovery.Day
		})
		return desktest.Attempt{Act: s.Desk.AskCustody}
	},
	"ConfirmCodes half-way": func(s *stage, id string) desktest.Attempt {
		actor := withCodes(s.T, s.House, id)
		var name string
		s.Codes(id, func(set *recovery.CodeSet) {
			set.Made, set.Ends, name = s.Clock.Now()-recovery.Day, s.Clock.Now()+recovery.Day, set.ID
		})
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ConfirmCodes(ctx, actor, name, recovery.InSafe, true) }}
	},
	"DropPendingCodes": func(s *stage, id string) desktest.Attempt {
		actor := withCodes(s.T, s.House, id)
		s.Codes(id, func(set *recovery.CodeSet) { set.Ends = s.Clock.Now() + recovery.Second })
		makeCodes(s.T, s.House, actor)
		s.Clock.Add(desktest.CodeSetConfirm + recovery.Second)
		return desktest.Attempt{Act: func(ctx context.Context) error { _, err := s.Desk.DropPendingCodes(ctx); return err }}
	},
}

// proofed is a claimed ticket with the first steps passed.
func (s *stage) proofed(id string, steps int) (recovery.Ticket, string) {
	k, secret := s.Claimed(s.agent, id)
	for _, step := range desktest.DeskSteps()[:steps] {
		s.Step(s.agent, k, secret, step)
	}
	return k, secret
}

var videoActs = map[string]act{
	"Compare of a match": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 2)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.Compare(ctx, s.agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Record: "HR-1", Outcome: recovery.Match})
			},
			Done: func() {
				if n := len(proofsOf(s.T, s.House, k.ID)); n != 3 {
					s.Errorf("%d proofs", n)
				}
			},
		}
	},
	"NotPossible when another workflow is left": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 2)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.NotPossible(ctx, s.agent, k.Reference, "person", recovery.ByVideo, "no camera")
			},
			Done: func() {
				if k := must(s.Store.View().Ticket(s.Context(), k.ID)); k.WorkflowVersion != "site-p2-1" || k.Run != 2 {
					s.Errorf("the ticket goes by %s in run %d", k.WorkflowVersion, k.Run)
				}
			},
		}
	},
	"FailProofing": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 1)
		return desktest.Attempt{
			Act:  func(ctx context.Context) error { return s.Desk.FailProofing(ctx, s.agent, k.Reference, "no camera") },
			Done: s.ends(k.ID, recovery.Failed),
		}
	},
	"NotPossible at the end of the way": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 2)
		ok(s, s.Desk.NotPossible(s.Context(), s.agent, k.Reference, "person", recovery.ByVideo, "no camera"))
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.NotPossible(ctx, s.agent, k.Reference, "badge", recovery.InPersonBadge, "lives abroad")
			},
			Done: s.ends(k.ID, recovery.Withdrawn),
		}
	},
	"AddSignal": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 0)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.AddSignal(ctx, s.agent, k.Reference, recovery.Signal{Topic: recovery.Topics[0], Knew: recovery.DidNotKnow, Note: "hesitated"})
			},
			Done: func() {
				if all := must(s.Store.View().Signals(s.Context(), k.ID)); len(all) != 1 {
					s.Errorf("%d signals", len(all))
				}
			},
		}
	},
	"SetTraining": func(s *stage, id string) desktest.Attempt {
		who, admin := s.Staff(id, recovery.Agent), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.SetTraining(ctx, admin, who.Person, recovery.UTC(s.Clock.Now())[:10])
			},
			Done: func() {
				if x := must(s.Store.View().Training(s.Context(), id)); x.At == 0 || x.By != "founder-1" {
					s.Errorf("%+v", x)
				}
			},
		}
	},
	"WithdrawClaimed": func(s *stage, id string) desktest.Attempt {
		k, secret := s.proofed(id, 1)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.WithdrawClaimed(ctx, anyone, secret) }, Done: s.ends(k.ID, recovery.Withdrawn)}
	},
	"ExpireTicket": func(s *stage, id string) desktest.Attempt {
		k, _ := s.proofed(id, 0)
		s.Clock.Add(desktest.ProofFresh)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ExpireTicket(ctx, k.ID) }, Done: s.ends(k.ID, recovery.Expired)}
	},
}

var approvalActs = map[string]act{
	"AskApproval": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k := s.Proofed(id, s.agent)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				_, err := s.Desk.AskApproval(ctx, s.agent, k.Reference, "all passed")
				return err
			},
			Done: s.ends(k.ID, recovery.WaitingApproval),
		}
	},
	"WithdrawRequest": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, _ := s.Asked(id, s.agent)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.WithdrawRequest(ctx, s.agent, k.Reference) }, Done: s.ends(k.ID, recovery.Proofing)}
	},
	"Approve of a denial": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, a := s.Asked(id, s.agent)
		touch, err := s.Desk.BeginApproval(s.Context(), s.approver, a.ID, string(recovery.Deny), "the story changed")
		ok(s, err)
		in := decide(s.House, s.approver, a.ID, touch, recovery.Deny)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := s.Desk.Approve(ctx, s.approver, in); return err },
			Done: s.ends(k.ID, recovery.Denied)}
	},
	"ExpireApproval while the proofs count": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, a := s.Asked(id, s.agent)
		s.Clock.Add(desktest.ApprovalWait)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ExpireApproval(ctx, a.ID) }, Done: s.ends(k.ID, recovery.Proofing)}
	},
	"ExpireApproval after the proofs ended": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, a := s.Asked(id, s.agent)
		s.Clock.Add(recovery.Day)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ExpireApproval(ctx, a.ID) }, Done: s.ends(k.ID, recovery.Expired)}
	},
	"ExpireApproved": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, a := s.Asked(id, s.agent)
		_, err := s.Sign(s.approver, a.ID, recovery.Approve)
		ok(s, err)
		s.Clock.Add(recovery.Day)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ExpireApproved(ctx, k.ID) }, Done: s.ends(k.ID, recovery.Expired)}
	},
}
