package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// factSheets keeps whom a signed proposal lets the machine print new sheets for.
const factSheets = "break-glass.sheets"

// SealedSheet is a custodian's code, shown once.
type SealedSheet struct{ Person, Code string }

// MakeSheets makes the sheets of two custodians and voids all older ones. On the
// machine only; the codes are returned once and only their keyed hashes are kept.
// Until the house is founded it may; afterwards it needs a signed proposal of the
// last 24 hours for just these people (refusal "sheets-unsigned").
func (d *Desk) MakeSheets(ctx context.Context, actor Actor, custodians []string) ([]SealedSheet, error) {
	var out []SealedSheet
	err := d.change(ctx, actor, recovery.GlassRefused, nil, func(ctx context.Context, c *Change) error {
		out = nil
		if actor.Kind != Machine {
			return recovery.NeedRole(recovery.Administrator)
		}
		if _, err := c.custodians(ctx, custodians); err != nil {
			return err
		}
		if err := c.mayPrintSheets(ctx, custodians); err != nil {
			return err
		}
		if _, err := c.Tx.VoidSheets(ctx); err != nil {
			return err
		}
		for _, id := range custodians {
			code, err := codes.New(d.Rand)
			if err != nil {
				return err
			}
			if err := c.Tx.AddSheet(ctx, recovery.Sheet{ID: d.newID(), Person: id, Hash: d.sheetHash(id, code), Made: c.Now}); err != nil {
				return err
			}
			out = append(out, SealedSheet{id, code.String()})
		}
		return c.record(ctx, recovery.Event{Kind: recovery.GlassSheetsMade, What: append([]string{"New break-glass sheets were printed on the machine"}, sheetLines(custodians)...),
			Data: map[string]string{"custodians": strings.Join(custodians, " ")}})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// sheetHash binds a code to its custodian under the pepper, apart from the
// backup codes of accounts.
func (d *Desk) sheetHash(person string, code codes.Code) string {
	return codes.Hash(d.Keys.Pepper, "break-glass:"+person, code)
}

// custodians reads both people; they need not be staff.
func (c *Change) custodians(ctx context.Context, ids []string) ([]recovery.Person, error) {
	if err := recovery.CheckCustodians(ids); err != nil {
		return nil, err
	}
	var out []recovery.Person
	for _, id := range ids {
		p, err := c.directoryPerson(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// directoryPerson refuses whom the directory does not know.
func (c *Change) directoryPerson(ctx context.Context, id string) (recovery.Person, error) {
	p, err := c.Tx.Person(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, recovery.Refuse("person-unknown", "The directory knows no person \""+id+"\".", "Import the person first, or check the id on the Accounts page.").On("person")
	}
	return p, err
}

// mayPrintSheets uses up what a proposal allowed, once the house is founded.
func (c *Change) mayPrintSheets(ctx context.Context, custodians []string) error {
	founded, err := c.desk.isFounded(ctx, c.Tx.View)
	if err != nil || !founded {
		return err
	}
	allowed, at, err := c.Tx.Meta(ctx, factSheets)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if allowed != strings.Join(custodians, "\n") || c.Now-at >= recovery.SheetsAllowed {
		return recovery.Refuse("sheets-unsigned", "The house is founded, so new sheets need a signed proposal for just these custodians.", "File it on the machine; when two administrators have signed, the machine prints them within 24 hours.")
	}
	return c.Tx.SetMeta(ctx, factSheets, "")
}

// ProposeSheets files new sheets for two custodians.
func (d *Desk) ProposeSheets(ctx context.Context, actor Actor, custodians []string) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		who, err := c.custodians(ctx, custodians)
		if err != nil {
			return err
		}
		body, err := json.Marshal(custodians)
		if err != nil {
			return err
		}
		lines := []string{"- every older break-glass sheet"}
		for _, w := range who {
			lines = append(lines, "+ sheet for "+w.ID+" "+recovery.Quote(w.Name))
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeSheets, Object: "break-glass", Title: "New break-glass sheets for " + strings.Join(custodians, " and "),
			Body: string(body), Lines: lines})
		return err
	})
	return p, err
}

func sheetLines(custodians []string) []string {
	out := make([]string, len(custodians))
	for i, id := range custodians {
		out[i] = "sheet for " + id
	}
	return out
}

func readSheets(p recovery.Proposal) ([]string, error) {
	var ids []string
	if err := json.Unmarshal([]byte(p.Body), &ids); err != nil {
		return nil, fmt.Errorf("read the proposal of sheets: %w", err)
	}
	return slices.Clip(ids), nil
}

func checkSheets(ctx context.Context, c *Change, p recovery.Proposal) error {
	ids, err := readSheets(p)
	if err == nil {
		_, err = c.custodians(ctx, ids)
	}
	return err
}

// applySheets lets the machine print sheets for these custodians, once.
func applySheets(ctx context.Context, c *Change, p recovery.Proposal) error {
	if err := checkSheets(ctx, c, p); err != nil {
		return err
	}
	ids, err := readSheets(p)
	if err != nil {
		return err
	}
	if err := c.Tx.SetMeta(ctx, factSheets, strings.Join(ids, "\n")); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.GlassSheetsAllowed, Object: p.ID, Data: map[string]string{"proposal": p.ID, "custodians": strings.Join(ids, " ")}})
}
