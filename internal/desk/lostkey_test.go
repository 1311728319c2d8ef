package desk_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// spare gives a member of staff a second key that has counted for long.
func spare(t *testing.T, h *desktest.House, person string) *softkey.Key {
	t.Helper()
	key := must(softkey.New(rand.Reader, softkey.Defaults()))
	options, session, err := h.Desk.RP.BeginRegistration(stepup.Staff, stepup.User{Handle: desk.StaffHandle(person), Name: person, DisplayName: person}, nil)
	ok(t, err)
	response, err := key.Create(options, desktest.Origin)
	ok(t, err)
	cred, err := h.Desk.RP.FinishRegistration(stepup.Staff, session, response)
	ok(t, err)
	enc := base64.RawURLEncoding.EncodeToString
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		seq, err := tx.Append(ctx, ledger.Entry{Kind: string(recovery.StaffKeyCounted), Actor: "system", Object: person}, "", "")
		if err != nil {
			return err
		}
		k := recovery.Key{ID: "spare-" + person, Person: person, Name: "Spare", CredentialID: enc(cred.ID), PublicKey: enc(cred.PublicKey), AAGUID: cred.AAGUID,
			Attestation: cred.Attestation, Fingerprint: cred.Fingerprint, Digest: stepup.Digest(cred.PublicKey), SignCount: cred.SignCount, Added: 1}
		if err := tx.AddKey(ctx, k); err != nil {
			return err
		}
		return tx.CountKey(ctx, k.ID, "test", 1, 1, seq)
	})
	return key
}

// reports begins and files a report, touching a key.
func reports(t *testing.T, h *desktest.House, by desk.Actor, keyID string, since int64, with *softkey.Key) error {
	t.Helper()
	touch, err := h.Desk.BeginReportKey(t.Context(), by, keyID, since)
	if err != nil {
		return err
	}
	response, err := with.Get(touch.Options, desktest.Origin)
	ok(t, err)
	return h.Desk.ReportKey(t.Context(), by, keyID, desk.Answer{Challenge: touch.ID, Response: response})
}

// S6: a lost key is out at once, with its sessions; what it approved is undone
// where it can be and looked at again where it cannot.
func TestR15_S6_LostKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		admin := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
		approver, second := h.Staff("approver", recovery.Approver), h.Staff("second", recovery.Approver)
		other := spare(t, h, "approver")
		signs := func(id string) (recovery.Ticket, recovery.Approval) {
			h.Account(id)
			h.Passkey(id)
			k, a := h.Asked(id, agent)
			_, err := h.Sign(approver, a.ID, recovery.Approve)
			ok(t, err)
			return k, a
		}
		early, _ := signs("early") // before the key was in doubt
		h.Clock.Add(recovery.Minute)
		since := h.Clock.Now()
		h.Clock.Add(recovery.Minute)
		executed, _ := signs("executed")
		h.Work()
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		closed, _ := signs("closed")
		h.SQLExec(`UPDATE tickets SET state = 'closed', completed = 1, executed = 1, reviewed = 1, reviewed_by = 'founder-4' WHERE id = '` + closed.ID + `'`)
		approved, _ := signs("approved")
		h.Account("waiting")
		waiting, a := h.Asked("waiting", agent)
		h.SQLExec(`UPDATE approvals SET needed = 2 WHERE id = '` + a.ID + `'`)
		_, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		session := signIn(t, h, h.Key("approver"))

		t.Run("not by a stranger to the key, not with the lost key itself, not from the future", func(t *testing.T) {
			refusedWith(t, reports(t, h, second, "key-approver", since, h.Key("second")), "not-your-key")
			refusedWith(t, reports(t, h, approver, "key-approver", since, h.Key("approver")), "lost-key-itself")
			refusedWith(t, reports(t, h, approver, "key-approver", h.Clock.Now()+1, other), "since-future")
		})
		ok(t, reports(t, h, approver, "key-approver", since, other))
		t.Run("the key and the sessions are out at once", func(t *testing.T) {
			k, err := h.Store.View().Key(t.Context(), "key-approver")
			if ok(t, err); k.Live() {
				t.Error("the key lives")
			}
			s, err := h.Store.View().Session(t.Context(), session.Session)
			if ok(t, err); s.Ended == 0 {
				t.Error("the session lives")
			}
		})
		t.Run("the Reviews page and the ticket say why it is reviewed again", func(t *testing.T) {
			_, why, err := h.Desk.ReviewsPage(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-4"})
			p, perr := h.Desk.TicketPage(t.Context(), agent, closed.Reference)
			if want := string(recovery.ReviewKeyLost); err != nil || perr != nil || why[closed.ID] != want || p.ReviewWhy != want {
				t.Errorf("%q and %q, %v, %v", why[closed.ID], p.ReviewWhy, err, perr)
			}
		})
		t.Run("what was not executed is void, what was is reviewed again, what came before stands", func(t *testing.T) {
			for id, want := range map[string]recovery.State{early.ID: recovery.Collecting, executed.ID: recovery.Collecting, closed.ID: recovery.InReview,
				approved.ID: recovery.Proofing, waiting.ID: recovery.Proofing} {
				if got := h.State(id); got != want {
					t.Errorf("%s is %s, want %s", id, got, want)
				}
			}
			k, err := h.Store.View().Ticket(t.Context(), closed.ID)
			if ok(t, err); k.Reviewed != 0 || k.ReviewDue <= h.Clock.Now() {
				t.Errorf("reviewed %d, due %d", k.Reviewed, k.ReviewDue)
			}
		})
		t.Run("a second report is refused", func(t *testing.T) {
			refusedWith(t, reports(t, h, admin, "key-approver", since, h.Key("founder-1")), "already-reported")
		})
		t.Run("the page lists the live recovery, and one act ends it", func(t *testing.T) {
			p, err := h.Desk.PersonPage(t.Context(), admin, "approver")
			if l := p.Losses["key-approver"]; err != nil || l.Since != since || l.Live != 1 || len(l.Again) != 2 {
				t.Errorf("the page says %+v, %v", l, err)
			}
			refusedWith(t, h.Desk.RevokeRecoveries(t.Context(), second, "key-approver"), "role-missing")
			ok(t, h.Desk.RevokeRecoveries(t.Context(), admin, "key-approver"))
			if k, err := h.Store.View().Ticket(t.Context(), executed.ID); err != nil || k.State != recovery.InReview || k.ReviewDue <= h.Clock.Now() {
				t.Errorf("the ticket is %s, its review due %d, %v", k.State, k.ReviewDue, err)
			}
			refusedWith(t, h.Desk.RevokeRecoveries(t.Context(), admin, "key-approver"), "nothing-lives")
		})
		t.Run("an administrator reports for somebody who cannot", func(t *testing.T) {
			ok(t, reports(t, h, admin, "key-second", h.Clock.Now(), h.Key("founder-1")))
		})
		h.Verify()
	})
}

// R51: a report that fails leaves nothing half undone.
func TestR51_ReportKeyLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	n := 0
	h.Faults(t, func() desktest.Attempt {
		n++
		id := "approver-" + string(rune('a'+n%26)) + string(rune('a'+n/26))
		approver := h.Staff(id, recovery.Approver)
		h.Account("of-" + id)
		k, a := h.Asked("of-"+id, agent)
		_, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		by := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
		touch, err := h.Desk.BeginReportKey(t.Context(), by, "key-"+id, h.Clock.Now())
		ok(t, err)
		in := desk.Answer{Challenge: touch.ID, Response: h.Touch("founder-1", touch.Options)}
		return desktest.Attempt{Keeps: []string{"challenges"}, Act: func(ctx context.Context) error { return h.Desk.ReportKey(ctx, by, "key-"+id, in) },
			Done: func() {
				if got := h.State(k.ID); got != recovery.Proofing {
					t.Errorf("the ticket is %s", got)
				}
			}}
	})
}
