package main

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

// run is main without the process around it, with nobody at the keyboard.
func run(ctx context.Context, args, environ []string, out, errs io.Writer) (code int) {
	return runIn(ctx, args, environ, strings.NewReader(""), out, errs)
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"countersign": func() { os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) },
	})
}

// Each script is a sentence about the command line; see testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"tamper": tamper,
		},
	})
}

// exits CODE ARGS… runs countersign and wants just this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGS…")
	}
	err := ts.Exec("countersign", args[1:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// tamper DIR SQL changes the database behind the program's back, the triggers
// that keep the ledger append-only dropped.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), "countersign.db"))
	ts.Check(err)
	defer db.Close()
	for _, name := range []string{"entries_no_update", "entries_no_delete", "hashes_no_update", "hashes_no_delete"} {
		_, err := db.Exec("DROP TRIGGER IF EXISTS ledger_" + name)
		ts.Check(err)
	}
	for _, statement := range args[1:] {
		_, err = db.Exec(statement)
		ts.Check(err)
	}
}
