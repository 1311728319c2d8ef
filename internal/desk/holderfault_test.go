package desk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
)

// quick is a directory whose password hashes cost nothing.
type quick struct{ directory.Directory }

func (quick) HashPassword(context.Context, string) (string, error) { return "$test$", nil }

func TestImportAccountsLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		n := 0
		h.Faults(t, func() desktest.Attempt {
			n++
			old := fmt.Sprintf("old%d,Old One,old%d@one.example,old%d@two.example,,standard,,\n", n, n, n)
			mustImport(t, h, header+old)
			text := header + strings.Replace(old, "@two", "@three", 1) + fmt.Sprintf("new%d,New One,new%d@one.example,,,standard,,\n", n, n)
			var report desk.ImportReport
			return desktest.Attempt{
				Act: func(ctx context.Context) (err error) {
					report, err = h.Desk.ImportAccounts(ctx, console, desk.Import{File: strings.NewReader(text)})
					return err
				},
				Done: func() {
					if len(report.Added) != 1 || len(report.Changed) != 1 {
						t.Errorf("report %+v", report)
					}
				},
			}
		})
	})
}

func TestHolderInviteAndEnrolmentLeaveNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Desk.Settings.Demo, h.Desk.Directory = true, quick{h.Desk.Directory}
		n := 0
		account := func() string {
			n++
			id := fmt.Sprintf("new%d", n)
			mustImport(t, h, header+fmt.Sprintf("%s,New One,%s@one.example,,,standard,,\n", id, id))
			return id
		}
		t.Run("invitation", func(t *testing.T) {
			id := account()
			h.Faults(t, func() desktest.Attempt {
				return desktest.Attempt{Act: func(ctx context.Context) error {
					_, err := h.Desk.InviteHolder(ctx, console, id)
					return err
				}}
			})
		})
		t.Run("enrolment", func(t *testing.T) {
			h.Faults(t, func() desktest.Attempt {
				id := account()
				token, key := invited(t, h, id), must(softkey.New(rand.Reader, softkey.Defaults()))
				touch := must(h.Desk.BeginHolderPasskey(t.Context(), token, desktest.Password, ""))
				answer := desk.Answer{Challenge: touch.ID, Response: must(key.Create(touch.Options, desktest.Origin))}
				return desktest.Attempt{
					Act: func(ctx context.Context) error {
						_, err := h.Desk.EnrolHolder(ctx, desk.Actor{}, token, answer)
						return err
					},
					Done: func() {
						if f := must(h.Store.View().Factors(t.Context(), id)); len(f) != 2 {
							t.Errorf("factors %+v", f)
						}
					},
					Keeps: []string{"challenges"},
				}
			})
		})
	})
}

func TestHolderSignInLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Passkey("ana")
		h.Faults(t, func() desktest.Attempt {
			touch := must(h.Desk.BeginHolderSignIn(t.Context(), desk.Actor{}))
			answer := desk.Answer{Challenge: touch.ID, Response: h.Touch("ana", touch.Options)}
			return desktest.Attempt{
				Act: func(ctx context.Context) error {
					_, err := h.Desk.HolderSignIn(ctx, desk.Actor{}, answer, "")
					return err
				},
				Keeps: []string{"challenges"},
			}
		})
	})
}

func TestCodeActsLeaveNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		actor := withCodes(t, h, "ana")
		t.Run("make", func(t *testing.T) {
			h.Faults(t, func() desktest.Attempt {
				return desktest.Attempt{Act: func(ctx context.Context) error {
					_, err := h.Desk.MakeCodes(ctx, actor, desk.Answer{})
					return err
				}}
			})
		})
		t.Run("confirm", func(t *testing.T) {
			h.Faults(t, func() desktest.Attempt {
				made := makeCodes(t, h, actor)
				return desktest.Attempt{
					Act: func(ctx context.Context) error {
						return h.Desk.ConfirmCodes(ctx, actor, made.Set.ID, recovery.OnPaper, true)
					},
					Done: func() {
						if live := must(h.Store.View().LiveCodeSet(t.Context(), "ana")); live.ID != made.Set.ID {
							t.Errorf("live %+v", live)
						}
					},
				}
			})
		})
		t.Run("handle", func(t *testing.T) {
			made := makeCodes(t, h, actor)
			h.Faults(t, func() desktest.Attempt {
				return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.HandleCodes(ctx, actor, made.Set.ID, "copy") }}
			})
		})
	})
}
