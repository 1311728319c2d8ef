package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// fileChange is the body of an import's proposal. The file itself is a row of
// its own: a large one does not fit into what people read.
type fileChange struct {
	File       string   `json:"file"`       // SHA-256 of the file
	Difference string   `json:"difference"` // SHA-256 of what it changes
	About      []string `json:"about"`      // persons who do not sign it
}

func digestOfText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// proposeImport files rows for a second key: who signs reads what they change,
// and the sensitive part of it line by line.
func (c *Change) proposeImport(ctx context.Context, file *roster, p plan) (recovery.Proposal, error) {
	b := fileChange{File: digestOfText(file.text), Difference: p.report.Digest, About: p.about}
	if err := c.Tx.KeepAccountsFile(ctx, b.File, file.text); err != nil {
		return recovery.Proposal{}, err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return recovery.Proposal{}, err
	}
	lines, err := p.lines(b.File)
	if err != nil {
		return recovery.Proposal{}, err
	}
	object := file.object
	if object == "" {
		object = "accounts"
	}
	return c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeAccounts, Object: object, Body: string(body), Lines: lines,
		Title: fmt.Sprintf("Directory: %d added, %d changed, %d ended", len(p.added), len(p.changed)-len(p.report.Ended), len(p.report.Ended))})
}

// linesShown is how much of a difference stands in a proposal line by line; the
// sensitive part always does.
const linesShown = 60

// lines say the change to people: in numbers, then why it needs a second key,
// every sensitive account, and the others as far as there is room.
func (p plan) lines(file string) ([]string, error) {
	out := []string{fmt.Sprintf("  %d accounts added, %d changed, %d as before", len(p.added), len(p.changed), p.report.Unchanged),
		"  difference SHA-256 " + p.report.Digest, "  file SHA-256 " + file}
	for _, s := range p.sensitive {
		out = append(out, "  "+s.ID+": "+strings.Join(s.Why, "; "))
		out = append(out, s.lines()...)
	}
	if len(out) > recovery.ProposalLinesMax-2*linesShown {
		return nil, recovery.Refuse("import-too-sensitive", fmt.Sprintf("The file changes %d accounts in ways that a second person reads line by line, and that is more than one can read.", len(p.sensitive)),
			"Split the file.")
	}
	rest, most := 0, len(out)+linesShown
	for _, t := range p.changed {
		if lines := t.diff.lines(); len(t.diff.Why) > 0 {
			continue
		} else if len(out)+len(lines)+1 <= most {
			out = append(append(out, "  "+t.diff.ID), lines...)
			continue
		}
		rest++
	}
	for _, a := range p.added {
		if len(out) < most {
			out = append(out, "+ account "+a.ID+" "+recovery.Quote(a.Name)+", "+string(a.Population))
			continue
		}
		rest++
	}
	if rest > 0 {
		out = append(out, fmt.Sprintf("  and %d accounts more, none of them sensitive; the digests cover them", rest))
	}
	return out, nil
}

// lines are one account's values before and after.
func (d AccountDiff) lines() []string {
	var out []string
	for _, v := range d.Values {
		if !d.New {
			out = append(out, "- "+d.ID+" "+v.Field+" "+orNone(v.Before))
		}
		out = append(out, "+ "+d.ID+" "+v.Field+" "+orNone(v.After))
	}
	return out
}

func readFileChange(p recovery.Proposal) (fileChange, error) {
	var b fileChange
	if err := json.Unmarshal([]byte(p.Body), &b); err != nil {
		return b, fmt.Errorf("read the proposal of an import: %w", err)
	}
	return b, nil
}

func importAbout(p recovery.Proposal) ([]string, error) {
	b, err := readFileChange(p)
	return b.About, err
}

func checkImport(ctx context.Context, c *Change, p recovery.Proposal) error {
	_, err := c.plannedAgain(ctx, p)
	return err
}

// applyImport takes in what was signed: the file of the signed digest, if it still
// makes the signed difference.
func applyImport(ctx context.Context, c *Change, p recovery.Proposal) error {
	again, err := c.plannedAgain(ctx, p)
	if err != nil {
		return err
	}
	return c.carryOut(ctx, again, p.ID)
}

// plannedAgain plans the file of a proposal on the rows as they are now.
func (c *Change) plannedAgain(ctx context.Context, p recovery.Proposal) (plan, error) {
	b, err := readFileChange(p)
	if err != nil {
		return plan{}, err
	}
	text, err := c.Tx.AccountsFile(ctx, b.File)
	if errors.Is(err, store.ErrNotFound) || err == nil && digestOfText(text) != b.File {
		err = recovery.Refuse("file-altered", "The file of this proposal is not the one that was filed.", "An administrator verifies the ledger; then it is filed again.")
	}
	if err != nil {
		return plan{}, err
	}
	file, err := readRoster(strings.NewReader(text))
	if err != nil {
		return plan{}, err
	}
	out, err := c.desk.plan(ctx, c.Tx.View, c.Actor, file, c.Now)
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) || err == nil && out.report.Digest != b.Difference {
		err = recovery.Refuse("rows-moved", "The directory changed since this was filed, so the file would now change something else.", "File it again.")
	}
	return out, err
}
