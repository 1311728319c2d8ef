// Command countersign runs account recovery for a help desk: the server, the
// demo, and the verbs that an operator needs on the machine.
//
// It is the one place that reads the clock, the environment and the command
// line. Settings come from flags, then COUNTERSIGN_* variables, then a file,
// then defaults; `countersign doctor` says where each came from and what is
// wrong with it. Exit codes: 0 done, 1 refused or damaged, 2 a usage error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the audit list is read in the reader's zone

	"github.com/alecthomas/kong"

	"countersign/internal/recovery"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "unversioned"

// Exit codes of every verb; `receipt verify` adds one of its own.
const (
	exitOK    = 0
	exitNo    = 1
	exitUsage = 2
)

// cli is the whole command line.
type cli struct {
	Config   string   `placeholder:"FILE" help:"File of settings, TOML or JSON. Unknown keys are errors."`
	Settings settings `embed:"" group:"Settings"`

	Demo       demoCmd       `cmd:"" help:"Run with made-up data on this machine only."`
	Serve      serveCmd      `cmd:"" help:"Run the server."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database schema up to date."`
	Accounts   accountsCmd   `cmd:"" help:"Import accounts, invite a holder."`
	Staff      staffCmd      `cmd:"" help:"Invite staff, propose roles, file the founding roster."`
	BreakGlass breakGlassCmd `cmd:"" help:"Come back into a house whose administrators cannot act."`
	Ledger     ledgerCmd     `cmd:"" help:"Verify the audit log, sign its head."`
	Policy     policyCmd     `cmd:"" help:"Show, check, explain and simulate policies."`
	Workflow   workflowCmd   `cmd:"" help:"Show, check, explain and simulate workflows."`
	Receipt    receiptCmd    `cmd:"" help:"Verify an approval's receipt."`
	Doctor     doctorCmd     `cmd:"" help:"Say where each setting comes from and what is wrong."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	sources *sources
}

// app is what a verb gets beside its own flags.
type app struct {
	context.Context
	settings settings
	sources  *sources
	in       io.Reader // what people type
	out, err io.Writer
}

// usageError makes a verb end with exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitError ends a verb that has said everything already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := runIn(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// runIn is main without the process around it.
func runIn(ctx context.Context, args, environ []string, in io.Reader, out, errs io.Writer) (code int) {
	defer func() {
		if e, ok := recover().(exitError); ok { // kong prints help and wants to leave
			code = int(e)
		}
	}()
	c := cli{sources: newSources(environ)}
	parser, err := kong.New(&c, kong.Name("countersign"), kong.Description("Account recovery for a help desk, with approvals that prove who."),
		kong.Writers(out, errs), kong.Exit(func(code int) { panic(exitError(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}))
	if err != nil {
		return fail(errs, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fail(errs, usageError{err})
	}
	a := &app{Context: ctx, settings: c.Settings, sources: c.sources, in: in, out: out, err: errs}
	c.sources.noteFlags(parsed)
	return fail(errs, parsed.Run(a))
}

// inWords says what went wrong and, of a refusal, what to do about it (R60).
func inWords(err error) string {
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) && refusal.Next != "" {
		return err.Error() + " " + refusal.Next
	}
	return err.Error()
}

// fail prints what went wrong and chooses the exit code.
func fail(errs io.Writer, err error) int {
	var exit exitError
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return int(exit)
	}
	fmt.Fprintln(errs, "countersign: "+inWords(err))
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitNo
}
