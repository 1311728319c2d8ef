package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestAccountsPage(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		mustImport(t, h, houseOf(60)+"odd,100%_Été!,odd@three.example,,,standard,,\n")
		agent := h.Staff("ada", recovery.Agent)
		ids := func(search string) (out []string) {
			for after := ""; ; {
				page, err := h.Desk.AccountsPage(ctx, agent, search, after)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range page.Accounts {
					out = append(out, a.ID)
				}
				if after = page.Next; after == "" {
					return out
				}
			}
		}
		t.Run("the pages together list every account once", func(t *testing.T) {
			got := ids("")
			slices.Sort(got)
			if len(got) != 61 || len(slices.Compact(got)) != 61 {
				t.Errorf("%d accounts", len(got))
			}
		})
		for search, want := range map[string]int{"person 1": 11, "USER59": 1, "user5@two.example": 1, "100%_": 1, "%%%": 0, "Été": 1, "nobody": 0} {
			t.Run(fmt.Sprintf("a search for %q finds %d", search, want), func(t *testing.T) {
				if got := ids(search); len(got) != want {
					t.Errorf("found %q", got)
				}
			})
		}
		t.Run("one character is too few, a forged cursor is the first page", func(t *testing.T) {
			if _, err := h.Desk.AccountsPage(ctx, agent, "a", ""); refusalCode(err) != "search-short" {
				t.Errorf("err %v", err)
			}
			if page, err := h.Desk.AccountsPage(ctx, agent, "", "!!"); err != nil || len(page.Accounts) != 25 {
				t.Errorf("%d %v", len(page.Accounts), err)
			}
		})
		t.Run("only staff may look", func(t *testing.T) {
			for _, a := range []desk.Actor{{}, {Kind: desk.Holder, Account: "user1"}, h.Staff("none")} {
				if _, err := h.Desk.AccountsPage(ctx, a, "", ""); refusalCode(err) != "role-missing" {
					t.Errorf("%+v: %v", a, err)
				}
				if _, err := h.Desk.AccountPage(ctx, a, "user1"); refusalCode(err) != "role-missing" {
					t.Errorf("%+v: %v", a, err)
				}
			}
		})
	})
}

func TestR22_TheAccountPageHoldsNoSecretAndNoFullAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		holder := withCodes(t, h, "ana")
		made := makeCodes(t, h, holder)
		if err := confirmCodes(h, holder, made); err != nil {
			t.Fatal(err)
		}
		for _, role := range recovery.Roles {
			page, err := h.Desk.AccountPage(t.Context(), h.Staff("staff-"+string(role), role), "ana")
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Factors) != 2 || len(page.Sets) != 1 || len(page.Addresses) != 3 || len(page.History) == 0 || page.Standing.Low || !page.Enrolled {
				t.Errorf("page %+v", page)
			}
			text := fmt.Sprintf("%+v", page)
			for _, secret := range []string{"ana@one.example", "argon2id", "+441632960001", string(made.Codes[0])} {
				if strings.Contains(text, secret) {
					t.Errorf("%s sees %q", role, secret)
				}
			}
		}
	})
}

func TestMePage(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	actor := withCodes(t, h, "ana")
	me, err := h.Desk.MePage(t.Context(), actor)
	if err != nil || !me.Fresh || me.Live != nil {
		t.Errorf("me %+v %v", me, err)
	}
	if err := confirmCodes(h, actor, makeCodes(t, h, actor)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Add(recovery.StepUpFresh)
	if me, err = h.Desk.MePage(t.Context(), actor); err != nil || me.Fresh || me.Live == nil || me.Live.Left != 5 {
		t.Errorf("me %+v %v", me, err)
	}
	if _, err := h.Desk.MePage(t.Context(), console); refusalCode(err) != "signed-out" {
		t.Errorf("err %v", err)
	}
}
