package desk

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// receiptReaders may read approvals and their receipts.
var receiptReaders = []recovery.Role{recovery.Approver, recovery.Reviewer, recovery.Auditor, recovery.Administrator}

// Receipt is the file that proves one signed decision to anyone: what was
// signed, by which key, and, by two entries of the log under a checkpoint that
// is signed now, whose key it was (R9, R52).
func (d *Desk) Receipt(ctx context.Context, actor Actor, approval, signature string) ([]byte, error) {
	if _, err := d.reader(ctx, actor, receiptReaders...); err != nil {
		return nil, d.report(err)
	}
	var file []byte
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		g, err := v.Signature(ctx, signature)
		if err != nil {
			return err
		}
		if g.Approval != approval {
			return store.ErrNotFound
		}
		file, err = d.prove(ctx, v, g)
		return err
	})
	return file, d.report(err)
}

// prove writes the receipt of one signed decision.
func (d *Desk) prove(ctx context.Context, v store.View, g recovery.Signature) ([]byte, error) {
	key, err := v.Key(ctx, g.Key)
	if err != nil {
		return nil, err
	}
	r := receiptOf(g, key)
	if r.Log, err = d.logProof(ctx, v, key.ConfirmEntry, g.Entry); err != nil {
		return nil, fmt.Errorf("prove a receipt: %w", err)
	}
	return r.Encode()
}

// receiptOf is a signature as its receipt carries it, without the log's part.
func receiptOf(g recovery.Signature, key recovery.Key) stepup.Receipt {
	return stepup.Receipt{Version: stepup.ReceiptVersion, Statement: g.Statement, Decision: string(g.Decision), Nonce: unbase64(g.Nonce),
		ClientDataJSON: unbase64(g.ClientData), AuthenticatorData: unbase64(g.AuthData), Signature: unbase64(g.Signature), PublicKey: unbase64(key.PublicKey)}
}

// logProof ties both entries to one checkpoint of the log as v has it.
func (d *Desk) logProof(ctx context.Context, v store.View, admission, approval int64) (*stepup.LogProof, error) {
	head, err := v.LedgerHead(ctx)
	if err != nil {
		return nil, err
	}
	checkpoint, err := d.Signer.Sign(ledger.Checkpoint{Origin: d.Signer.Origin(), Size: head.Size, Root: head.Root})
	if err != nil {
		return nil, err
	}
	p := &stepup.LogProof{Checkpoint: checkpoint}
	if p.Admission, err = include(ctx, v, head.Size, admission); err != nil {
		return nil, err
	}
	row, err := v.LedgerEntry(ctx, admission)
	if err != nil {
		return nil, err
	}
	if row.Detail != "" { // the name of the key's owner; gone when it was erased
		p.Admission.Detail = &stepup.Detail{Salt: row.Salt, Text: row.Detail}
	}
	p.Approval, err = include(ctx, v, head.Size, approval)
	return p, err
}

func include(ctx context.Context, v store.View, size, seq int64) (stepup.Inclusion, error) {
	row, err := v.LedgerEntry(ctx, seq)
	if err != nil {
		return stepup.Inclusion{}, err
	}
	proof, err := ledger.ProveInclusion(size, seq, v.HashReader(ctx))
	if err != nil {
		return stepup.Inclusion{}, err
	}
	return stepup.Inclusion{Index: seq, Body: row.Body, Proof: strings.Split(ledger.EncodeHashes(proof), "\n")}, nil
}
