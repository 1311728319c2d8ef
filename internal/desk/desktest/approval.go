package desktest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Proofed is a desk ticket for the account, opened by the agent, with every
// step of the workflow passed and its opening notice queued to the second
// address, which carried no proof; mutate may make it another kind of ticket.
func (h *House) Proofed(account string, agent desk.Actor, mutate ...func(*recovery.Ticket)) recovery.Ticket {
	h.TB.Helper()
	ref, err := codes.NewReference(rand.Reader)
	must(h.TB, err)
	now := h.Clock.Now()
	t := recovery.Ticket{ID: "ticket-" + ref, Reference: ref, Account: account, Holder: account, Revision: 1, Event: recovery.DeviceLoss,
		Population: recovery.Standard, Tier: recovery.Reset, Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}, Intake: recovery.ByPhone, Source: "phone:+442079460999",
		Requester: account, OpenedBy: agent.Person, Reason: "Phone left on a train", PolicyVersion: "standard-2",
		WorkflowVersion: "desk-p2-1", Level: recovery.P2, State: recovery.Proofing, StateSince: now, Opened: now,
		Due: now + ProofFresh, DueWhat: "proofing", Run: 1, ClaimHash: "claim-" + ref, Claimed: now, ApprovalsNeeded: 1}
	for _, m := range mutate {
		m(&t)
	}
	h.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddTicket(ctx, t); err != nil {
			return err
		}
		if err := tx.TakePart(ctx, t.ID, agent.Person, desk.PartAgent); err != nil {
			return err
		}
		for i, s := range DeskSteps() {
			if err := tx.AddEvidence(ctx, proofOf(t, i, s, agent.Person, now)); err != nil {
				return err
			}
		}
		n := store.NoticeRow{ID: "opened-" + ref, Ticket: t.ID, Account: account, Kind: string(recovery.NoticeOpened), Address: account + "-mail-2",
			SentTo: account + "@two.example", Queued: now}
		if err := tx.AddNotice(ctx, n); err != nil {
			return err
		}
		return tx.AddJob(ctx, store.Job{ID: "mail-" + ref, Kind: desk.JobMail, Object: n.ID, Ticket: t.ID, Account: account, Made: now, RunAt: now})
	})
	return t
}

func proofOf(t recovery.Ticket, i int, id recovery.StepID, agent string, at int64) recovery.Evidence {
	m := usual[id]
	e := recovery.Evidence{ID: fmt.Sprintf("%d-%s-%s", i+1, id, t.Reference), Ticket: t.ID, Run: t.Run, Step: id, Method: m, Result: recovery.Passed, Group: m.Group(), At: at}
	switch m {
	case recovery.ByMailCode:
		e.Channel = t.Account + "-mail-1"
	case recovery.ByVideo:
		e.By, e.Record, e.Cue = agent, "HR-0042", recovery.Cues[0]
	}
	return e
}

// Asked is a proofed ticket whose approval waits, open to every approver.
func (h *House) Asked(account string, agent desk.Actor, mutate ...func(*recovery.Ticket)) (recovery.Ticket, recovery.Approval) {
	h.TB.Helper()
	proofed := h.Proofed(account, agent, mutate...)
	a, err := h.Desk.AskApproval(h.TB.Context(), agent, proofed.Reference, "Every step passed on the call")
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) && refusal.Code == "proofing-incomplete" { // the account's past asks for a level more
		h.further(proofed, agent)
		a, err = h.Desk.AskApproval(h.TB.Context(), agent, proofed.Reference, "Every step passed on the call")
	}
	must(h.TB, err)
	h.AtLeisure(a.ID)
	t, err := h.Store.View().Ticket(h.TB.Context(), a.Ticket)
	must(h.TB, err)
	return t, a
}

// further adds what the next stronger workflow of the desk asks for: a document
// and another person's word.
func (h *House) further(t recovery.Ticket, agent desk.Actor) {
	h.TB.Helper()
	now := h.Clock.Now()
	h.write(func(ctx context.Context, tx *store.Tx) error {
		for i, s := range []recovery.StepID{"document", "voucher"} {
			m := []recovery.Method{recovery.ByVideoDocument, recovery.ByVoucher}[i]
			e := recovery.Evidence{ID: fmt.Sprintf("%d-%s-%s", i+4, s, t.Reference), Ticket: t.ID, Run: t.Run, Step: s, Method: m, Result: recovery.Passed, Group: m.Group(), At: now}
			if m == recovery.ByVideoDocument {
				e.By, e.Record, e.Cue = agent.Person, "HR-0042", recovery.Cues[0]
			}
			if err := tx.AddEvidence(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sign begins a decision, touches the approver's key and files the answer. It
// happens at leisure.
func (h *House) Sign(approver desk.Actor, approval string, decision recovery.Decision) (recovery.Signature, error) {
	h.TB.Helper()
	h.AtLeisure(approval)
	return h.SignNow(approver, approval, decision)
}

// AtLeisure lets five minutes have passed since an approver was drawn for the
// request, and an hour since anybody decided anything.
func (h *House) AtLeisure(approval string) {
	h.TB.Helper()
	h.SQLExec(`UPDATE approvals SET reserved = 0 WHERE id = '` + approval + `'`)
	h.SQLExec(`DELETE FROM approver_pace`)
}

// SignNow is Sign without its leisure.
func (h *House) SignNow(approver desk.Actor, approval string, decision recovery.Decision) (recovery.Signature, error) {
	h.TB.Helper()
	touch, err := h.Desk.BeginApproval(h.TB.Context(), approver, approval, string(decision), "Spoke to the agent")
	if err != nil {
		return recovery.Signature{}, err
	}
	return h.Desk.Approve(h.TB.Context(), approver, desk.Decide{Approval: approval, Decision: decision,
		Answer: desk.Answer{Challenge: touch.ID, Response: h.Touch(approver.Person, touch.Options)}})
}

// Work does every job that is due now, as the worker would with mail hops that
// take everything, and answers how many.
func (h *House) Work() int {
	h.TB.Helper()
	ctx := h.TB.Context()
	for n := 0; ; n++ {
		j, err := h.Desk.ClaimJob(ctx, "test")
		if errors.Is(err, store.ErrNotFound) {
			return n
		}
		must(h.TB, err)
		switch j.Kind {
		case desk.JobMail:
			must(h.TB, h.Desk.MailAccepted(ctx, j))
		case desk.JobExecute:
			must(h.TB, h.Desk.ExecuteReset(ctx, j))
		case desk.JobMailCode:
			must(h.TB, h.Desk.MailCode(ctx, j))
		case desk.JobWarn:
			must(h.TB, h.Desk.WarnLoss(ctx, j))
		case desk.JobClimb:
			must(h.TB, h.Desk.Climb(ctx, j))
		case desk.JobOrder:
			out, failure := h.Desk.Directory.Apply(ctx, directory.Order{ID: j.ID, Account: j.Account, Ticket: j.Ticket, Verb: directory.SuspendFactors})
			must(h.TB, h.Desk.FinishReset(ctx, j, out, failure))
		}
	}
}

// State is the state of a ticket now.
func (h *House) State(ticket string) recovery.State {
	h.TB.Helper()
	t, err := h.Store.View().Ticket(h.TB.Context(), ticket)
	must(h.TB, err)
	return t.State
}

// SQLExec changes rows behind the desk's back.
func (h *House) SQLExec(query string) {
	h.TB.Helper()
	h.SQL(func(tx *sql.Tx) {
		_, err := tx.ExecContext(h.TB.Context(), query)
		must(h.TB, err)
	})
}
