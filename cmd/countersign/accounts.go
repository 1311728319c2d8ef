package main

import (
	"context"
	"fmt"
	"os"

	"countersign/internal/desk"
)

// machine is the actor of the command line.
var machine = desk.Actor{Kind: desk.Machine}

type accountsCmd struct {
	Import importCmd        `cmd:"" help:"Take in accounts and people from a CSV file, all or nothing."`
	Invite accountInviteCmd `cmd:"" help:"Mail the set-up link to an account that never had a sign-in method."`
}

type importCmd struct {
	File string `arg:"" help:"CSV with the header id,name,email,email2,phone,population,department,manager_id."`
}

// Run imports the file, or lists every bad line and imports nothing.
func (c importCmd) Run(a *app) error {
	f, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	return withHouse(a, opening{}, func(ctx context.Context, h *house) error {
		report, err := h.desk.ImportAccounts(ctx, machine, f)
		for _, p := range report.Problems {
			if p.Line == 0 {
				fmt.Fprintf(a.err, "%s: %s\n", c.File, p.Text)
				continue
			}
			fmt.Fprintf(a.err, "%s:%d: %s\n", c.File, p.Line, p.Text)
		}
		if report.More > 0 {
			fmt.Fprintf(a.err, "%s: and %d more\n", c.File, report.More)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "imported: %d added, %d changed, %d as before\n", len(report.Added), len(report.Changed), report.Unchanged)
		return err
	})
}

type accountInviteCmd struct {
	ID string `arg:"" help:"Account id."`
}

// Run mails the link to the address on record; it is shown to nobody.
func (c accountInviteCmd) Run(a *app) error {
	return withHouse(a, opening{links: true}, func(ctx context.Context, h *house) error {
		if _, err := h.desk.InviteHolder(ctx, machine, c.ID, false); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, "the link for %s is queued for the address on record; it works once, for 24 hours, and all addresses are told\n", c.ID)
		return err
	})
}

// withHouse opens the data directory for one verb and closes it again. Verbs
// may run beside a server.
func withHouse(a *app, how opening, do func(context.Context, *house) error) (err error) {
	h, err := openHouse(a, how)
	if err != nil {
		return err
	}
	defer func() {
		if closed := h.close(); err == nil {
			err = closed
		}
	}()
	return do(a, h)
}
