package desk_test

import (
	"context"
	"crypto/rand"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// accountStop makes a stop link of a message that was about no recovery.
func accountStop(t *testing.T, h *desktest.House, account string) (token string) {
	t.Helper()
	token, err := codes.NewToken(rand.Reader)
	ok(t, err)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddStop(ctx, store.Stop{TokenHash: codes.HashToken("stop", token), Account: account, Address: account + "-mail-1",
			Made: tx.Now(), Ends: tx.Now() + recovery.StopLife})
	})
	return token
}

func TestR24_StopReachesEveryOpenRecoveryOfTheAccount(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		t.Run("a message about wrong codes stops the recovery that is under way", func(t *testing.T) {
			h.Account("ana")
			secret := h.Pair("ana", h.Codes("ana")[0])
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "ana")))
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
			if k := ticketsOf(t, h, "ana")[0]; k.State != recovery.Frozen {
				t.Errorf("the ticket is %s", k.State)
			}
			newest(t, h, recovery.Stopped)
		})
		t.Run("so does the message about an earlier recovery", func(t *testing.T) {
			h.Account("bo")
			first := h.Recovered("bo", h.Codes("bo")[0])
			h.Clock.Add(2 * recovery.Day)
			secret := h.Pair("bo", h.Codes("bo")[0])
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(first.ID)))
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
			for _, k := range ticketsOf(t, h, "bo") {
				if k.State != recovery.Frozen {
					t.Errorf("ticket %s is %s", k.Reference, k.State)
				}
			}
		})
		t.Run("and a ticket at the desk", func(t *testing.T) {
			agent := h.Staff("agent", recovery.Agent)
			h.Account("cleo")
			k, _ := h.Asked("cleo", agent)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "cleo")))
			if s := h.State(k.ID); s != recovery.Frozen {
				t.Errorf("the ticket is %s", s)
			}
		})
		h.Verify()
	})
}

func TestR41_AStoppedAccountKnowsNoBrowser(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Account("bo")
		k := h.Recovered("ana", h.Codes("ana")[0])
		thief, err := codes.NewToken(rand.Reader)
		ok(t, err)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.KnowBrowser(ctx, codes.HashToken("browser", thief), "bo", tx.Now()); err != nil {
				return err
			}
			return tx.KnowBrowser(ctx, codes.HashToken("browser", thief), "ana", tx.Now())
		})
		ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
		for account, want := range map[string]bool{"ana": false, "bo": true} {
			known, err := h.Store.View().BrowserKnown(t.Context(), codes.HashToken("browser", thief), account)
			if err != nil || known != want {
				t.Errorf("%s knows the browser: %v, %v", account, known, err)
			}
		}
	})
}

// setUp sets an account up with a mailed link; the key signs in from then on.
func setUp(t *testing.T, h *desktest.House, token string) *softkey.Key {
	t.Helper()
	touch, err := h.Desk.BeginHolderPasskey(t.Context(), token, desktest.Password, "Phone")
	ok(t, err)
	k := newKey(t)
	_, err = h.Desk.EnrolHolder(t.Context(), desktest.Guest, token, create(t, k, touch))
	ok(t, err)
	return k
}

func signInWith(t *testing.T, h *desktest.House, k *softkey.Key) error {
	t.Helper()
	touch, err := h.Desk.BeginHolderSignIn(t.Context())
	ok(t, err)
	_, err = h.Desk.HolderSignIn(t.Context(), desktest.Guest, get(t, k, touch), "")
	return err
}

func TestR24_StopReachesAMailedLink(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Desk.Settings.Demo = true
		mustImport(t, h, header+"ana,Ana Ruiz,ana@one.example,ana@two.example,,standard,,\n"+
			"bo,Bo Lind,bo@one.example,bo@two.example,,standard,,\ncleo,Cleo Sand,cleo@one.example,,,standard,,\n")
		t.Run("the message about an invitation ends the invitation", func(t *testing.T) {
			token := invited(t, h, "ana")
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "ana")))
			_, err := h.Desk.Welcome(t.Context(), token)
			refused(t, err, "link-ended")
		})
		t.Run("and what was set up with it signs in no more", func(t *testing.T) {
			token, stop := invited(t, h, "bo"), accountStop(t, h, "bo")
			h.Clock.Add(recovery.Hour)
			thief := setUp(t, h, token)
			ok(t, signInWith(t, h, thief))
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, stop))
			refused(t, signInWith(t, h, thief), "sign-in-failed")
			_, err := h.Desk.InviteHolder(t.Context(), console, "bo", false)
			refused(t, err, "had-factor")
		})
		t.Run("a message of a later day leaves it alone", func(t *testing.T) {
			k := setUp(t, h, invited(t, h, "cleo"))
			h.Clock.Add(recovery.Day)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "cleo")))
			ok(t, signInWith(t, h, k))
		})
		h.Verify()
	})
}
