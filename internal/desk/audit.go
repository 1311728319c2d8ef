package desk

import (
	"context"
	"errors"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// auditPage is how many entries one page of the audit list shows.
const auditPage = 50

// auditRoles may read the ledger.
var auditRoles = []recovery.Role{recovery.Auditor, recovery.Reviewer, recovery.Administrator}

// Outcomes that the audit list can be narrowed to, each with its kinds.
var auditOutcomes = map[string][]recovery.EventKind{
	"refused": {recovery.StaffRefused, recovery.HolderRefused, recovery.AccountsRefused, recovery.TicketRefused, recovery.ProofRefused, recovery.ApprovalRefused,
		recovery.BackupRefused, recovery.RecoveryRefused, recovery.CodesRefused, recovery.ReviewRefused, recovery.LetterRefused, recovery.ProposalRefused, recovery.GlassRefused},
	"failed": {recovery.RunFailed, recovery.ProofFailed, recovery.ResetFailed, recovery.NoticeFailed, recovery.JobFailed, recovery.ActFailed, recovery.ProposalImpossible},
}

// AuditFilter narrows the audit list; empty fields match all.
type AuditFilter struct {
	From, Until int64  // Unix microseconds; Until is exclusive
	Actor       string // person id, or the ledger's own form such as "system"
	Kind        string // "ticket.opened", or a family: "ticket"
	Ticket      string // reference or id
	Account     string
	Outcome     string // "refused" or "failed"
	Before      int64  // cursor: entries below this number; 0 = newest
}

// AuditRow is one entry with what helps to read it.
type AuditRow struct {
	store.LedgerRow
	Who       string // name of the acting person, "" for others
	Reference string // of the ticket
}

// Chain is where the ledger stands: the newest head, signed.
type Chain struct {
	Head       store.Head
	Checkpoint string // signed note of the head; keep it elsewhere
	Key        string // verifier key of the log
}

// AuditView is a page of the audit list.
type AuditView struct {
	Rows  []AuditRow
	Next  int64 // cursor of the following page, 0 on the last
	Chain Chain
}

// AuditPage lists entries, newest first. Refused to everyone but auditors,
// reviewers and administrators; refusals "ticket-unknown" and "outcome-unknown"
// belong to their fields.
func (d *Desk) AuditPage(ctx context.Context, actor Actor, f AuditFilter) (AuditView, error) {
	if _, err := d.reader(ctx, actor, auditRoles...); err != nil {
		return AuditView{}, err
	}
	var out AuditView
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		if out.Chain, err = d.chain(ctx, v); err != nil {
			return err
		}
		lf, err := d.ledgerFilter(ctx, v, f)
		if err != nil {
			return err
		}
		rows, err := v.LedgerEntries(ctx, lf)
		if err != nil {
			return err
		}
		if len(rows) > auditPage {
			rows = rows[:auditPage]
			out.Next = rows[auditPage-1].Entry.Seq
		}
		out.Rows, err = explain(ctx, v, rows)
		return err
	})
	return out, d.report(err)
}

// ledgerFilter turns what a person typed into what is stored.
func (d *Desk) ledgerFilter(ctx context.Context, v store.View, f AuditFilter) (store.LedgerFilter, error) {
	out := store.LedgerFilter{Account: f.Account, Actor: f.Actor, Kind: f.Kind, From: f.From, Until: f.Until, Before: f.Before, Limit: auditPage + 1}
	if f.Outcome != "" {
		kinds, ok := auditOutcomes[f.Outcome]
		if !ok {
			return out, recovery.Refuse("outcome-unknown", "There is no outcome \""+f.Outcome+"\".", "Choose refused or failed.").On("outcome")
		}
		for _, k := range kinds {
			out.Kinds = append(out.Kinds, string(k))
		}
	}
	if f.Actor != "" && !strings.Contains(f.Actor, ":") && f.Actor != string(System) && f.Actor != string(Machine) && f.Actor != string(Stranger) {
		out.Actor = "person:" + f.Actor
	}
	if f.Ticket == "" {
		return out, nil
	}
	ref, err := codes.ParseReference(f.Ticket)
	if err != nil {
		out.Ticket = f.Ticket // a row id, as permalinks have it
		return out, nil
	}
	out.Ticket, err = v.TicketOfReference(ctx, ref)
	if errors.Is(err, store.ErrNotFound) {
		return out, recovery.Refuse("ticket-unknown", "No ticket has, or had, this reference.", "Check it again.").On("ticket")
	}
	return out, err
}

// chain signs the newest head, so that whoever reads the page can keep it.
func (d *Desk) chain(ctx context.Context, v store.View) (Chain, error) {
	head, err := v.LedgerHead(ctx)
	if err != nil {
		return Chain{}, err
	}
	note, err := d.Signer.Sign(ledger.Checkpoint{Origin: d.Signer.Origin(), Size: head.Size, Root: head.Root})
	return Chain{Head: head, Checkpoint: note, Key: d.Signer.VerifierKey()}, err
}

// explain adds names and references, each looked up once.
func explain(ctx context.Context, v store.View, rows []store.LedgerRow) ([]AuditRow, error) {
	names, refs := map[string]string{}, map[string]string{}
	out := make([]AuditRow, len(rows))
	for i, r := range rows {
		out[i] = AuditRow{LedgerRow: r}
		if person, ok := strings.CutPrefix(r.Entry.Actor, "person:"); ok {
			name, err := once(names, person, func() (string, error) { p, err := v.Person(ctx, person); return p.Name, err })
			if err != nil {
				return nil, err
			}
			out[i].Who = name
		}
		if id := r.Entry.Ticket; id != "" {
			ref, err := once(refs, id, func() (string, error) { t, err := v.Ticket(ctx, id); return t.Reference, err })
			if err != nil {
				return nil, err
			}
			out[i].Reference = ref
		}
	}
	return out, nil
}

// once looks a value up one time; what is gone is "".
func once(known map[string]string, key string, find func() (string, error)) (string, error) {
	if text, ok := known[key]; ok {
		return text, nil
	}
	text, err := find()
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	known[key] = text
	return text, err
}

// AuditEntry is one entry with everything that proves it.
type AuditEntry struct {
	AuditRow
	Leaf   ledger.Hash
	Proof  []ledger.Hash // that the entry stands in the log behind Chain
	Chain  Chain
	Holds  bool   // the proof was checked just now
	Detail Detail // what became of the side text
}

// Detail says what became of an entry's side text.
type Detail string

// Fates of a side text.
const (
	DetailNone   Detail = "none"   // the entry has none
	DetailTrue   Detail = "true"   // it is the one that was recorded
	DetailErased Detail = "erased" // it was erased; the entry stands
	DetailWrong  Detail = "wrong"  // it is not the one that was recorded
)

// Entry reads one entry and checks, from the stored hashes, that it stands in
// the log as the newest head has it.
func (d *Desk) Entry(ctx context.Context, actor Actor, seq int64) (AuditEntry, error) {
	var out AuditEntry
	if _, err := d.reader(ctx, actor, auditRoles...); err != nil {
		return out, err
	}
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		row, err := v.LedgerEntry(ctx, seq)
		if err != nil {
			return err
		}
		rows, err := explain(ctx, v, []store.LedgerRow{row})
		if err != nil {
			return err
		}
		out.AuditRow, out.Leaf, out.Detail = rows[0], ledger.RecordHash(row.Body), detailOf(row)
		if out.Chain, err = d.chain(ctx, v); err != nil {
			return err
		}
		out.Proof, err = ledger.ProveInclusion(out.Chain.Head.Size, seq, v.HashReader(ctx))
		out.Holds = err == nil && ledger.CheckInclusion(out.Proof, out.Chain.Head.Size, out.Chain.Head.Root, seq, row.Body) == nil
		if errors.Is(err, store.ErrNotFound) {
			err = nil // a hash is missing: the proof does not hold
		}
		return err
	})
	return out, d.report(err)
}

func detailOf(r store.LedgerRow) Detail {
	switch {
	case r.Entry.Detail == "" && r.Salt == "":
		return DetailNone
	case r.Salt == "":
		return DetailErased
	case ledger.DetailDigest(r.Salt, r.Detail) == r.Entry.Detail:
		return DetailTrue
	}
	return DetailWrong
}
