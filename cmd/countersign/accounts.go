package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// machine is the actor of the command line.
var machine = desk.Actor{Kind: desk.Machine}

type accountsCmd struct {
	Import importCmd        `cmd:"" help:"Take in accounts and people from a CSV file, all or nothing."`
	Invite accountInviteCmd `cmd:"" hidden:"" help:"Says how an account is set up by now."`
}

type importCmd struct {
	File   string `arg:"" help:"CSV; its header begins with id,name,email,email2,phone,population and may go on with department,manager_id,contract_end,start_date,sponsor_id,photo_record,group,ended."`
	DryRun bool   `help:"Say what would change and who would sign for it, and change nothing."`
}

// Run imports the file, files it for two administrators once the house is
// founded, or lists every bad line and imports nothing.
func (c importCmd) Run(a *app) error {
	f, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	return withHouse(a, opening{}, func(ctx context.Context, h *house) error {
		if c.DryRun {
			report, err := h.desk.PlanImport(ctx, machine, f)
			if err := c.problems(a, report, err); err != nil {
				return err
			}
			return c.difference(a, report)
		}
		report, err := h.desk.ImportAccounts(ctx, machine, desk.Import{File: f})
		if err := c.problems(a, report, err); err != nil {
			return err
		}
		if report.Filed != nil {
			return a.filed(*report.Filed, nil)
		}
		_, err = fmt.Fprintf(a.out, "imported: %d added, %d changed, %d as before\n", len(report.Added), len(report.Changed), report.Unchanged)
		return err
	})
}

// problems lists what is wrong with the file, and what is worth a look.
func (c importCmd) problems(a *app, report desk.ImportReport, err error) error {
	for _, p := range append(report.Problems, report.Notes...) {
		if p.Line == 0 {
			fmt.Fprintf(a.err, "%s: %s\n", c.File, p.Text)
			continue
		}
		fmt.Fprintf(a.err, "%s:%d: %s\n", c.File, p.Line, p.Text)
	}
	if report.More > 0 {
		fmt.Fprintf(a.err, "%s: and %d more\n", c.File, report.More)
	}
	return err
}

// difference prints all that would change, and who would sign for it.
func (c importCmd) difference(a *app, r desk.ImportReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "would be: %d added, %d changed, %d as before\n", len(r.Added), len(r.Changed), r.Unchanged)
	if r.Founding {
		b.WriteString("the founding import: its values count as unchanged once everybody on the founding roster has signed\n")
	}
	for _, id := range r.Added {
		fmt.Fprintf(&b, "+ %s\n", id)
	}
	for _, d := range r.Changed {
		for _, v := range d.Values {
			fmt.Fprintf(&b, "~ %s %s: %s → %s\n", d.ID, v.Field, orNone(v.Before), orNone(v.After))
		}
	}
	for _, why := range r.Why {
		fmt.Fprintf(&b, "! %s\n", why)
	}
	switch r.Needed {
	case 0:
		b.WriteString("nobody else signs: it would be done at once\n")
	default:
		fmt.Fprintf(&b, "%d administrators would sign it\n", r.Needed)
	}
	fmt.Fprintf(&b, "difference SHA-256 %s\n", r.Digest)
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

type accountInviteCmd struct {
	ID string `arg:"" help:"Account id."`
}

// Run says where accounts are set up by now: a link that somebody has read proves
// nothing about the person.
func (c accountInviteCmd) Run(*app) error {
	return recovery.Refuse("accounts-invite-gone", "Accounts are no longer set up by a mailed link.",
		"The help desk opens a ticket for "+c.ID+" (event first-enrolment), within 14 days of the first day of work: start_date in the accounts file.")
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
