package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

type breakGlassCmd struct {
	Open   glassOpenCmd   `cmd:"" default:"withargs" help:"Use both custodians' sheets: invite administrators on this machine."`
	Sheets glassSheetsCmd `cmd:"" help:"Make the two custodians' sheets and print each code once."`
}

type glassOpenCmd struct {
	For  []string `required:"" placeholder:"PERSON" help:"Directory person who becomes administrator; at most two, with commas."`
	Lost []string `placeholder:"PERSON" help:"Member of staff whose keys are lost; they are suspended with it."`
}

// Run asks for both codes on standard input and prints the invitations. It works
// beside a server or without one, and without a network.
func (c glassOpenCmd) Run(a *app) error {
	in := desk.BreakGlass{Persons: c.For, Lost: c.Lost}
	typed := bufio.NewReader(a.in)
	for _, who := range []string{"first", "second"} {
		fmt.Fprintf(a.err, "Code on the sheet of the %s custodian: ", who)
		line, err := typed.ReadString('\n')
		if err != nil && !(errors.Is(err, io.EOF) && line != "") {
			return usagef("both custodians type the code of their sheet; the %s was not typed", who)
		}
		in.Codes = append(in.Codes, strings.TrimSpace(line))
	}
	return withHouse(a, opening{links: true}, func(ctx context.Context, h *house) error {
		links, err := h.desk.OpenGlass(ctx, machine, in)
		if err != nil {
			return err
		}
		for _, l := range links {
			fmt.Fprintf(a.out, "invite %s %s\n", l.Person, l.URL)
		}
		_, err = fmt.Fprintln(a.out, "the sheets are spent, everybody on the staff is told, and every staff page shows it until an auditor acknowledges it")
		return err
	})
}

type glassSheetsCmd struct {
	For []string `required:"" placeholder:"PERSON" help:"The two custodians, directory persons, with commas."`
}

// Run prints both codes, each for its custodian, once. In a founded house it
// first files a proposal; the same verb prints when two administrators signed it.
func (c glassSheetsCmd) Run(a *app) error {
	return withHouse(a, opening{}, func(ctx context.Context, h *house) error {
		sheets, err := h.desk.MakeSheets(ctx, machine, c.For)
		var refusal *recovery.Refusal
		if errors.As(err, &refusal) && refusal.Code == "sheets-unsigned" {
			p, err := h.desk.ProposeSheets(ctx, machine, c.For)
			return a.filed(p, err)
		}
		if err != nil {
			return err
		}
		for _, s := range sheets {
			fmt.Fprintf(a.out, "sheet %s %s\n", s.Person, s.Code)
		}
		_, err = fmt.Fprintln(a.out, "each code is shown this once: write it on a sheet, seal it, and give it to its custodian; older sheets no longer work")
		return err
	})
}
