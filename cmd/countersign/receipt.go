package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign/internal/stepup"
)

// exitNotTied is the answer about a receipt whose signature is good while
// nothing says whose key made it.
const exitNotTied = 3

// receiptMax bounds how much of a file is read; a real receipt has a few KB.
const receiptMax = 1 << 20

type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Verify a receipt file; needs neither database nor network."`
}

type receiptVerifyCmd struct {
	File   string `arg:"" help:"Receipt file, as downloaded from an approval."`
	LogKey string `placeholder:"FILE" help:"Verifier key of the log (DIR/keys/log.pub). Without it nobody knows whose key signed."`
}

// Run prints what the receipt proves. Exit codes: 0 valid and tied to a person,
// 3 valid and not tied, 1 invalid, 2 a file that cannot be read.
func (v receiptVerifyCmd) Run(a *app) error {
	file, err := readSmall(v.File)
	if err != nil {
		return usageError{err}
	}
	key := ""
	if v.LogKey != "" {
		text, err := readSmall(v.LogKey)
		if err != nil {
			return usageError{err}
		}
		key = strings.TrimSpace(string(text))
		if _, err := note.NewVerifier(key); err != nil { // told from a receipt that is bad
			return usagef("%s is not the verifier key of a log: that is the file keys/log.pub", v.LogKey)
		}
	}
	return printReceipt(a.out, stepup.VerifyReceipt(file, key))
}

// readSmall reads a whole file of at most receiptMax bytes.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, receiptMax+1))
	if err == nil && len(data) > receiptMax {
		err = fmt.Errorf("%s is too large to be a receipt", path)
	}
	return data, err
}

// printReceipt says in words what a receipt proves. Nothing of an invalid one is
// printed: none of it may be believed.
func printReceipt(out io.Writer, r stepup.Result) error {
	switch r.Status {
	case stepup.ValidAndTied:
		name := r.PersonName
		if name == "" {
			name = "name erased"
		}
		fmt.Fprintf(out, "valid: %s by %s (%q)\nrecorded: %s in %s\n\n%s", r.Decision, r.Person, name,
			time.UnixMicro(r.At).UTC().Format("2006-01-02 15:04:05 UTC"), r.Log, r.Statement)
		return nil
	case stepup.ValidNotTied:
		fmt.Fprintf(out, "%s\n\n%s", stepup.NotTied, r.Statement)
		return exitError(exitNotTied)
	}
	fmt.Fprintf(out, "invalid: %s\n", r.Why)
	return exitError(exitNo)
}
