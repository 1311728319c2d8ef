package main

import (
	"context"
	"fmt"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

type staffCmd struct {
	Invite staffInviteCmd `cmd:"" help:"Invite a directory person: by mail until the house is founded, as a proposal afterwards."`
	Role   staffRoleCmd   `cmd:"" help:"Propose a further role for somebody who is staff; two administrators sign it."`
	Roster staffRosterCmd `cmd:"" help:"File the founding roster, which everybody whose role counts signs."`
}

type staffInviteCmd struct {
	Person string   `required:"" placeholder:"ID" help:"Directory person; the link goes to that person's address."`
	Role   []string `required:"" placeholder:"ROLE" help:"agent, approver, reviewer, auditor or administrator; several with commas."`
	Group  string   `placeholder:"NAME" help:"Group of the person, such as security."`
}

// Run mails the link. It is printed only while fewer than two administrators
// count, and in the demo (R28). In a founded house it files a proposal (R57).
func (c staffInviteCmd) Run(a *app) error {
	in := desk.StaffInvite{Person: c.Person, Group: c.Group, Print: true}
	for _, text := range c.Role {
		role, err := recovery.ParseRole(text)
		if err != nil {
			return usageError{err}
		}
		in.Roles = append(in.Roles, role)
	}
	return withHouse(a, opening{links: true}, func(ctx context.Context, h *house) error {
		founded, err := h.desk.Founded(ctx)
		if err != nil {
			return err
		}
		if founded && h.origin != desk.OriginDemo {
			p, err := h.desk.ProposeInvite(ctx, machine, in)
			return a.filed(p, err)
		}
		url, err := h.desk.InviteStaff(ctx, machine, in)
		if err != nil {
			return err
		}
		if url != "" {
			_, err = fmt.Fprintf(a.out, "invite %s %s\n", c.Person, url)
			return err
		}
		_, err = fmt.Fprintf(a.out, "the invitation for %s is queued for the address in the directory; it works once, for 24 hours\n", c.Person)
		return err
	})
}

// filed says where a proposal of the command line waits.
func (a *app) filed(p recovery.Proposal, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "filed: %s\n%d people sign it on the page /proposals/%s until %s\n", p.Title, p.Needed, p.ID, recovery.UTC(p.Ends))
	return err
}

type staffRoleCmd struct {
	Person string `required:"" placeholder:"ID" help:"Somebody who is staff."`
	Role   string `required:"" placeholder:"ROLE" help:"agent, approver, reviewer, auditor or administrator."`
}

// Run files the role.
func (c staffRoleCmd) Run(a *app) error {
	role, err := recovery.ParseRole(c.Role)
	if err != nil {
		return usageError{err}
	}
	return withHouse(a, opening{}, func(ctx context.Context, h *house) error {
		p, err := h.desk.ProposeRole(ctx, machine, c.Person, role)
		return a.filed(p, err)
	})
}

type staffRosterCmd struct{}

// Run files the roster.
func (staffRosterCmd) Run(a *app) error {
	return withHouse(a, opening{}, func(ctx context.Context, h *house) error {
		p, err := h.desk.ProposeRoster(ctx, machine)
		return a.filed(p, err)
	})
}
