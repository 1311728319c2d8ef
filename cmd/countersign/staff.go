package main

import (
	"context"
	"fmt"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

type staffCmd struct {
	Invite staffInviteCmd `cmd:"" help:"Mail an invitation to a directory person."`
}

type staffInviteCmd struct {
	Person string   `required:"" placeholder:"ID" help:"Directory person; the link goes to that person's address."`
	Role   []string `required:"" placeholder:"ROLE" help:"agent, approver, reviewer, auditor or administrator; several with commas."`
	Group  string   `placeholder:"NAME" help:"Group of the person, such as security."`
}

// Run mails the link. It is printed only while fewer than two administrators
// count, and in the demo (R28).
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
