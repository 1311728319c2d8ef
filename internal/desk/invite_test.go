package desk_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

func TestInviteStaff(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, _ := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		h.Person("cyd", "")
		in := desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{recovery.Agent}, Print: true}
		t.Run("an administrator invites, the link is mailed and shown to nobody", func(t *testing.T) {
			url, err := h.Desk.InviteStaff(ctx, ada, in)
			ok(t, err)
			if url != "" {
				t.Errorf("the link was shown: %q", url)
			}
			if m := h.LastMail(); m.To != "cyd@staff.example" || !strings.Contains(m.Text, desktest.Origin+"/invite/") {
				t.Errorf("mail %+v", m)
			}
			told := slices.DeleteFunc(h.Mails(), func(m notify.Message) bool { return !strings.Contains(m.Subject, "Somebody was invited") })
			if len(told) != 1 || told[0].To != "bea@staff.example" || !strings.Contains(told[0].Text, "cyd") || strings.Contains(told[0].Text, "/invite/") {
				t.Errorf("the other administrator reads %+v", told)
			}
		})
		t.Run("the machine sees no link once two administrators count", func(t *testing.T) {
			url, err := h.Desk.InviteStaff(ctx, theMachine, in)
			ok(t, err)
			if url != "" {
				t.Errorf("the link was shown: %q", url)
			}
		})
		t.Run("a new invitation of a person voids the older one", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: in.Roles})
			_, err := h.Desk.InviteStaff(ctx, ada, in)
			ok(t, err)
			_, err = h.Desk.Invitation(ctx, token)
			refused(t, err, "link-ended")
			if kinds := h.Ledger(2); !slices.Equal(kinds, []string{"staff.invited", "staff.invite-void"}) {
				t.Errorf("ledger %q", kinds)
			}
		})
		t.Run("a person unknown to the directory is refused", func(t *testing.T) {
			_, err := h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "nobody", Roles: in.Roles})
			refused(t, err, "person-unknown")
		})
		t.Run("no role, an unknown role and an unspeakable group are refused", func(t *testing.T) {
			_, err := h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd"})
			refused(t, err, "role-none")
			_, err = h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{"owner"}})
			refused(t, err, "role-unknown")
			_, err = h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd", Roles: in.Roles, Group: "a b"})
			refused(t, err, "group-name")
		})
		h.Verify()
	})
}

// TestR22_AnInvitationsLinkIsOnlyInItsMail: not in the ledger, not in a row.
func TestR22_AnInvitationsLinkIsOnlyInItsMail(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ada := h.Staff("ada", recovery.Administrator)
	h.Staff("bea", recovery.Administrator)
	h.Person("cyd", "")
	_, err := h.Desk.InviteStaff(t.Context(), ada, desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{recovery.Agent}})
	ok(t, err)
	_, rest, _ := strings.Cut(h.LastMail().Text, "/invite/")
	token, _, _ := strings.Cut(rest, "\n")
	if len(token) != 26 {
		t.Fatalf("the mail has no link: %q", token)
	}
	h.SQL(func(tx *sql.Tx) {
		for _, query := range []string{
			`SELECT body FROM ledger_entries`, `SELECT text FROM ledger_details`, `SELECT sealed || payload || problem FROM jobs`,
			`SELECT id || token_hash || roles || groups FROM invites`, `SELECT sent_to || problem FROM notices`} {
			rows, err := tx.QueryContext(t.Context(), query)
			ok(t, err)
			for rows.Next() {
				var text string
				ok(t, rows.Scan(&text))
				if strings.Contains(text, token) {
					t.Errorf("%s holds the link", query)
				}
			}
			ok(t, rows.Close())
		}
	})
}

func TestAddStaffKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Staff("ada", recovery.Administrator)
		h.Person("cyd", "")
		agent := []recovery.Role{recovery.Agent}
		add := func(token string, k *softkey.Key) error {
			touch, err := h.Desk.BeginStaffKey(ctx, token)
			ok(t, err)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, token, create(t, k, touch), "")
			return err
		}
		t.Run("looking at the invitation changes nothing", func(t *testing.T) {
			token, size := plant(t, h, store.Invite{Person: "cyd", Roles: agent}), h.LedgerSize()
			for range 3 {
				i, err := h.Desk.Invitation(ctx, token)
				ok(t, err)
				if i.Person.ID != "cyd" || !slices.Equal(i.Roles, agent) {
					t.Errorf("invitation %+v", i)
				}
			}
			if h.LedgerSize() != size {
				t.Error("the ledger grew")
			}
			register(t, h, token, newKey(t))
			_, err := h.Desk.Invitation(ctx, token)
			refused(t, err, "link-used")
		})
		t.Run("an invitation ends after 24 hours", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: agent})
			touch, err := h.Desk.BeginStaffKey(ctx, token)
			ok(t, err)
			h.Clock.Add(recovery.InviteLife)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, token, create(t, newKey(t), touch), "")
			refused(t, err, "link-ended")
		})
		t.Run("a challenge of another invitation does not fit", func(t *testing.T) {
			one, two := plant(t, h, store.Invite{Person: "cyd", Roles: agent}), plant(t, h, store.Invite{Person: "ada", Roles: agent})
			touch, err := h.Desk.BeginStaffKey(ctx, one)
			ok(t, err)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, two, create(t, newKey(t), touch), "")
			refused(t, err, "touch-spent")
		})
		t.Run("a key that can be copied and one that does not verify its user are refused, and the refusal is recorded", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: agent})
			refused(t, add(token, newKey(t, func(o *softkey.Options) { o.BackupEligible = true })), "key-"+stepup.BackupEligible)
			if e := newestRow(t, h).Entry; e.Kind != string(recovery.StaffRefused) || e.Data["reason"] != "key-"+stepup.BackupEligible {
				t.Errorf("entry %+v", e)
			}
			refused(t, add(token, newKey(t, func(o *softkey.Options) { o.UserVerified = false })), "key-"+stepup.UserNotVerified)
			ok(t, add(token, newKey(t))) // the invitation is not spent by a refused key
		})
		t.Run("a key without attestation is refused unless the installation says otherwise", func(t *testing.T) {
			old := h.Desk.RP
			defer func() { h.Desk.RP = old }()
			strict, err := stepup.New(stepup.Config{ID: desktest.RPID, Name: "Countersign", Origin: desktest.Origin})
			ok(t, err)
			h.Desk.RP = strict
			refused(t, add(plant(t, h, store.Invite{Person: "cyd", Roles: agent}), newKey(t)), "key-"+stepup.AttestationNoRoots)
		})
		h.Verify()
	})
}

func TestOneInvitationGivesOneKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Person("cyd", "")
		token := plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Agent}})
		var answers []desk.Answer
		for range 8 {
			touch, err := h.Desk.BeginStaffKey(t.Context(), token)
			ok(t, err)
			answers = append(answers, create(t, newKey(t), touch))
		}
		won := race(len(answers), func(i int) error {
			_, err := h.Desk.AddStaffKey(t.Context(), desk.Actor{}, token, answers[i], "")
			return err
		})
		keys, err := h.Store.View().Keys(t.Context(), "cyd")
		ok(t, err)
		if won != 1 || len(keys) != 1 {
			t.Errorf("%d won, %d keys", won, len(keys))
		}
		h.Verify()
	})
}
