package main

import (
	"crypto/rand"
	"fmt"
	"path"
	"slices"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
)

// found lets the two software administrators found the house: invited on the
// machine, each confirms the other's key.
func (w *walk) found() error {
	var keys []recovery.Key
	for _, h := range softwareAdmins {
		url, err := w.desk.InviteStaff(w.ctx, machine, desk.StaffInvite{Person: h.id, Roles: h.roles, Group: h.group, Print: true})
		if err != nil {
			return err
		}
		key, err := w.register(h.id, path.Base(url))
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if err := w.confirm(softwareAdmins[0].id, keys[1]); err != nil {
		return err
	}
	return w.confirm(softwareAdmins[1].id, keys[0])
}

// register spends an invitation with a new key.
func (w *walk) register(person, token string) (recovery.Key, error) {
	t, err := w.desk.BeginStaffKey(w.ctx, token)
	if err != nil {
		return recovery.Key{}, err
	}
	answer, err := w.create(person, t)
	if err != nil {
		return recovery.Key{}, err
	}
	return w.desk.AddStaffKey(w.ctx, browser(1), token, answer, "Program of the demo")
}

// confirm is the second hand over a new key.
func (w *walk) confirm(admin string, key recovery.Key) error {
	t, err := w.desk.BeginConfirmKey(w.ctx, staffActor(admin), key.ID)
	answer, err := w.touch(admin, t, err)
	if err != nil {
		return err
	}
	return w.desk.ConfirmKey(w.ctx, staffActor(admin), key.ID, answer)
}

// hire invites one member of staff by one administrator, and has the key
// confirmed by the other, a day later.
func (w *walk) hire(h hand, at int64) {
	by, second := softwareAdmins[0].id, softwareAdmins[1].id
	w.plan(at, "invite "+h.id, func() error {
		_, err := w.desk.InviteStaff(w.ctx, staffActor(by), desk.StaffInvite{Person: h.id, Roles: h.roles, Group: h.group})
		return err
	})
	w.plan(at+recovery.Hour, "register "+h.id, func() error {
		token, err := w.linkTo(h.id+"@"+workMail, "invite")
		if err != nil {
			return err
		}
		key, err := w.register(h.id, token)
		if err != nil {
			return err
		}
		return w.confirm(second, key)
	})
	if slices.Contains(h.roles, recovery.Approver) {
		w.plan(at+2*recovery.Hour, "second key of "+h.id, func() error { return w.secondKey(h.id, second) })
		w.plan(at+2*recovery.Hour, "shift of "+h.id, func() error {
			_, err := w.desk.AddShift(w.ctx, staffActor(by), desk.NewShift{Person: h.id, Site: "Service desk", Zone: "UTC", Days: []int{1, 2, 3, 4, 5, 6, 7}})
			return err
		})
	}
}

// secondKey registers one more key, so that an approver may lose one.
func (w *walk) secondKey(person, admin string) error {
	actor, err := w.signedIn(person)
	if err != nil {
		return err
	}
	t, err := w.desk.BeginFurtherKey(w.ctx, actor)
	if err != nil {
		return err
	}
	spare, err := softkey.New(rand.Reader, softkey.Defaults())
	if err != nil {
		return err
	}
	response, err := spare.Create(t.Options, w.origin())
	if err != nil {
		return err
	}
	key, err := w.desk.AddFurtherKey(w.ctx, actor, desk.Answer{Challenge: t.ID, Response: response}, "Spare of the demo")
	if err != nil {
		return err
	}
	return w.confirm(admin, key)
}

// signIn is a day's first act of a member of staff.
func (w *walk) signIn(person string) error {
	_, err := w.signedIn(person)
	return err
}

// signedIn is a member of staff with a session.
func (w *walk) signedIn(person string) (desk.Actor, error) {
	t, err := w.desk.BeginSignIn(w.ctx, browser(1))
	answer, err := w.touch(person, t, err)
	if err != nil {
		return desk.Actor{}, err
	}
	token, _, err := w.desk.SignIn(w.ctx, desk.Actor{Kind: desk.Stranger, IP: "192.0.2.10"}, answer)
	if err != nil {
		return desk.Actor{}, err
	}
	session, err := w.desk.Session(w.ctx, "staff", token)
	return desk.Actor{Kind: desk.StaffAct, Person: person, Session: session.ID, IP: "192.0.2.10"}, err
}

// printInvites makes the invitations that the demo prints: one "invite ROLE
// URL" line each. Unused ones of an earlier start die.
func printInvites(a *app, h *house) error {
	for _, kind := range []string{"staff", "holder"} {
		if err := h.desk.VoidInvites(a, kind); err != nil {
			return err
		}
	}
	for _, i := range invited {
		url, err := h.desk.InviteStaff(a, machine, desk.StaffInvite{Person: i.id, Roles: i.roles, Group: i.group, Print: true})
		if err != nil {
			return fmt.Errorf("invite %s: %w", i.id, err)
		}
		fmt.Fprintf(a.out, "invite %s %s\n", i.roles[0], url)
	}
	url, err := inviteFresh(a, h)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "invite holder %s\n", url)
	return err
}

// inviteFresh makes a holder's link for the first account, from the end of the
// list, that never had a sign-in method.
func inviteFresh(a *app, h *house) (string, error) {
	people := demoPeople()
	for n, p := range slices.Backward(people) {
		if !able(n, p) {
			continue
		}
		url, err := h.desk.InviteHolder(a, machine, p.id)
		if err == nil {
			return url, nil
		}
		if mustRefuse(err) != nil {
			return "", fmt.Errorf("invite %s: %w", p.id, err)
		}
	}
	return "", fmt.Errorf("every account of the demo has been used; start again with another --data DIR")
}
