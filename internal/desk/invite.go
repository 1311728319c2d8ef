package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// staffInvite is the kind of an invitation to work at the desk.
const staffInvite = "staff"

// StaffInvite names a directory person and what the person will do.
type StaffInvite struct {
	Person string
	Roles  []recovery.Role
	Group  string // "" for none
	Print  bool   // the machine's console asks to see the link
}

// InviteStaff mails a link of 24 hours to the person's directory address; only
// its hash is kept (R28). Older unused links of the person die. By an
// administrator with a fresh touch, or on the machine.
//
// The link is returned only to the machine that asked for it, and there only
// while fewer than two administrators count, or in the demo. Everyone else gets
// "".
func (d *Desk) InviteStaff(ctx context.Context, actor Actor, in StaffInvite) (string, error) {
	token, err := codes.NewToken(d.Rand)
	if err != nil {
		return "", d.report(err)
	}
	url := ""
	err = d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		url = ""
		if err := c.mayInvite(ctx, in); err != nil {
			return err
		}
		printed, err := c.mayPrint(ctx, in)
		if err != nil {
			return err
		}
		if printed {
			url = d.link("/invite/" + token)
		}
		c.at("/staff?done=sent")
		_, err = c.invite(ctx, store.Invite{Person: in.Person, Roles: in.Roles, Groups: groupsOf(in), MadeBy: c.Actor.Person}, token, printed)
		return err
	})
	if err != nil {
		return "", err
	}
	return url, nil
}

// mayInvite refuses anyone but an administrator with a fresh touch and, until the
// house is founded, the machine: afterwards its command line only proposes (R57).
func (c *Change) mayInvite(ctx context.Context, in StaffInvite) error {
	if c.Actor.Kind == Machine {
		if err := c.notFounded(ctx); err != nil {
			return err
		}
		return c.mayBeInvited(ctx, in)
	}
	if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
		return err
	}
	if err := c.fresh(ctx); err != nil {
		return err
	}
	return c.mayBeInvited(ctx, in)
}

// notFounded refuses what the machine may do before the founding only. The demo
// prints its invitations at every start.
func (c *Change) notFounded(ctx context.Context) error {
	id, err := fact(ctx, c.Tx.View, factFounded)
	if err != nil || id == "" || c.desk.Settings.Demo {
		return err
	}
	return recovery.Refuse("house-founded", "The house is founded, so the command line makes no staff by itself.", "It files proposals, which two administrators sign.")
}

// mayBeInvited refuses impossible roles, and whoever the directory does not know.
func (c *Change) mayBeInvited(ctx context.Context, in StaffInvite) error {
	if err := recovery.MayInvite(in.Roles, in.Group); err != nil {
		return err
	}
	p, err := c.Tx.Person(ctx, in.Person)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return recovery.Refuse("person-unknown", "The directory knows no person with this id.", "Import the person first, or check the id on the Accounts page.").On("person")
	case err == nil && p.Email == "":
		return recovery.Refuse("person-no-mail", "The directory has no mail address for this person, and a link goes nowhere else.", "Add the address to the directory first.").On("person")
	}
	return err
}

// mayPrint says whether the machine's console may show the link.
func (c *Change) mayPrint(ctx context.Context, in StaffInvite) (bool, error) {
	if c.Actor.Kind != Machine || !in.Print {
		return false, nil
	}
	founding, err := c.desk.isFounding(ctx, c.Tx.View, c.Now)
	return c.desk.Settings.Demo || founding, err
}

func groupsOf(in StaffInvite) []string {
	if in.Group == "" {
		return nil
	}
	return []string{in.Group}
}

// invite writes the invitation in place of older ones, mails it and records it.
func (c *Change) invite(ctx context.Context, i store.Invite, token string, printed bool) (store.Invite, error) {
	if err := c.voidInvites(ctx, i.Person, "replaced"); err != nil {
		return i, err
	}
	i.ID, i.Kind, i.Made, i.Ends, i.TokenHash = c.desk.newID(), staffInvite, c.Now, c.Now+recovery.InviteLife, codes.HashToken("invite", token)
	if printed {
		i.Printed = c.Now
	}
	if err := c.Tx.AddInvite(ctx, i); err != nil {
		return i, err
	}
	e := recovery.Event{Kind: recovery.StaffInvited, Object: i.Person, Data: map[string]string{"person": i.Person, "invite": i.ID, "roles": join(i.Roles),
		"group": strings.Join(i.Groups, " "), "printed": yes(printed)}, What: append([]string{i.Person}, strings.Fields(join(i.Roles))...)}
	if i.Glass != "" {
		e.Data["break-glass"] = i.Glass
	}
	if err := c.record(ctx, e); err != nil {
		return i, err
	}
	if i.Glass != "" {
		return i, nil // printed in front of both custodians, and nowhere else
	}
	p, err := c.Tx.Person(ctx, i.Person)
	if err != nil {
		return i, err
	}
	return i, c.mailPerson(ctx, recovery.NoticeStaffInvite, e, p,
		notify.Facts{LinkURL: c.desk.link("/invite/" + token), Until: i.Ends, What: strings.Fields(join(i.Roles))})
}

// voidInvites ends the person's unused invitations.
func (c *Change) voidInvites(ctx context.Context, person, why string) error {
	open, err := c.Tx.OpenInvites(ctx, staffInvite)
	if err != nil {
		return err
	}
	for _, i := range open {
		if i.Person != person {
			continue
		}
		if err := c.Tx.VoidInvite(ctx, i.ID, c.Now); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.StaffInviteVoid, Object: person, Data: map[string]string{"invite": i.ID, "why": why}}); err != nil {
			return err
		}
	}
	return nil
}

// Invitation is what an invited person may know before registering a key.
type Invitation struct {
	Person recovery.Person
	Roles  []recovery.Role
	Ends   int64
}

// Invitation shows a live invitation and changes nothing. Refusal "link-ended"
// or "link-used" for every other link.
func (d *Desk) Invitation(ctx context.Context, token string) (Invitation, error) {
	i, err := liveInvite(ctx, d.view(), token, d.now())
	if err != nil {
		return Invitation{}, d.report(err)
	}
	p, err := d.view().Person(ctx, i.Person)
	return Invitation{Person: p, Roles: i.Roles, Ends: i.Ends}, d.report(err)
}

// liveInvite finds the invitation of a link and refuses one that is unknown,
// used, void or over.
func liveInvite(ctx context.Context, v store.View, token string, now int64) (store.Invite, error) {
	const next = "Ask an administrator for a new invitation."
	gone := recovery.Refuse("link-ended", "This link does not work, or no longer works.", next)
	token, err := codes.ParseToken(token)
	if err != nil {
		return store.Invite{}, gone
	}
	i, err := v.InviteByToken(ctx, codes.HashToken("invite", token))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && i.Kind != staffInvite:
		return i, gone
	case err != nil:
		return i, err
	case i.Used != 0:
		return i, recovery.Refuse("link-used", "This link has been used.", next)
	case i.Void != 0 || now >= i.Ends:
		return i, gone
	}
	return i, nil
}

// join writes roles as the ledger and forms do: "agent approver".
func join(roles []recovery.Role) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
