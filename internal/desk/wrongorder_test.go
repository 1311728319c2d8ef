package desk_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// wrongLeast is how many wrong pairs there are to try with the shipped
// workflows; fewer mean that the generator lost some.
const wrongLeast = 7600

// R13, S2: every shipped workflow × every step × every wrong order × every entry
// path is refused, and nothing changes.
func TestR13_EveryWrongOrderOfEveryWorkflowIsRefused(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	w := &wrongs{T: t, House: h, agent: h.Found()}
	_, flows := recovery.Builtin()
	for _, id := range slices.Sorted(maps.Keys(flows)) {
		for n := 0; n <= len(flows[id].Steps); n++ {
			w.standing(flows[id], n)
		}
	}
	t.Logf("%d wrong pairs tried", w.tried)
	if w.tried < wrongLeast {
		t.Errorf("%d pairs were tried, want %d at least", w.tried, wrongLeast)
	}
	h.Verify()
}

type wrongs struct {
	*testing.T
	*desktest.House
	agent  desk.Actor
	tried  int
	ticket recovery.Ticket
	secret string
	where  string
}

// standing tries everything that is wrong on a ticket whose first n steps are
// passed.
func (w *wrongs) standing(flow recovery.Workflow, n int) {
	w.where = fmt.Sprintf("%s with %d passed", flow.Version, n)
	w.pinned(flow, n)
	open := recovery.Step{}
	if n < len(flow.Steps) {
		open = flow.Steps[n]
	}
	w.outOfOrder(flow, open)
	w.otherMethods(flow, open)
	w.otherBrowser()
	if n < len(flow.Steps) {
		w.refused("the request for approval", func(ctx context.Context) error { return w.ask(ctx, w.ticket.Reference, "They are in a hurry") })
	}
	w.refused("an empty request for approval", func(ctx context.Context) error { return w.ask(ctx, w.ticket.Reference, "") })
	w.afterRelease(flow, n)
	w.afterWithdrawal(flow)
}

func (w *wrongs) ask(ctx context.Context, reference, reason string) error {
	_, err := w.Desk.AskApproval(ctx, w.agent, reference, reason)
	return err
}

// pinned is a claimed ticket that pins a workflow, with the proofs of its first
// steps, each over a channel group of its own.
func (w *wrongs) pinned(flow recovery.Workflow, n int) {
	w.Helper()
	account := fmt.Sprintf("%s-%d", flow.ID, n)
	w.ticket, w.secret = w.Claimed(w.agent, account)
	if recovery.P2.Above(flow.Level) {
		w.SQLExec(`UPDATE tickets SET way = 'pair' WHERE id = '` + w.ticket.ID + `'`)
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		now, err := tx.Ticket(ctx, w.ticket.ID)
		if err != nil {
			return err
		}
		next := now
		next.WorkflowVersion, next.Level = flow.Version, flow.Level
		if recovery.P2.Above(flow.Level) { // the row that goes by less than P2 at the desk
			next.Event = recovery.Emergency
		}
		if err := tx.SaveTicket(ctx, now, next); err != nil {
			return err
		}
		w.ticket = next
		var used []recovery.Group
		for i, s := range flow.Steps[:n] {
			m := s.Methods[slices.IndexFunc(s.Methods, func(m recovery.Method) bool { return !slices.Contains(used, m.Group()) })]
			used = append(used, m.Group())
			if err := tx.AddEvidence(ctx, recovery.Evidence{ID: fmt.Sprintf("%s-%d", next.ID, i), Ticket: next.ID, Run: next.Run, Step: s.ID, Method: m,
				Result: recovery.Passed, Group: m.Group(), Channel: "elsewhere", At: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// outOfOrder tries every step but the open one, by each of its methods, as the
// agent's page would send it, filled in and empty: later ones, and passed ones
// again.
func (w *wrongs) outOfOrder(flow recovery.Workflow, open recovery.Step) {
	for _, s := range flow.Steps {
		if s.ID == open.ID {
			continue
		}
		for _, m := range s.Methods {
			for name, act := range w.agentActs(s.ID, m) {
				w.refused(fmt.Sprintf("%s of %s by %s", name, s.ID, m), act)
			}
		}
	}
}

// otherMethods tries the methods that the open step does not have, on the agent's
// page and on the claimed one.
func (w *wrongs) otherMethods(flow recovery.Workflow, open recovery.Step) {
	for _, m := range recovery.Methods {
		if open.By(m) {
			continue
		}
		for name, act := range w.claimedActs(w.secret, m) {
			w.refused(fmt.Sprintf("%s by %s", name, m), act)
		}
		if open.ID == "" {
			continue
		}
		for name, act := range w.agentActs(open.ID, m) {
			w.refused(fmt.Sprintf("%s of the open step by %s", name, m), act)
		}
	}
	for name, act := range w.agentActs("no-such-step", flow.Steps[0].Methods[0]) {
		w.refused(name+" of a step that does not exist", act)
	}
}

// otherBrowser tries the claimed page's acts from a browser that holds nothing.
func (w *wrongs) otherBrowser() {
	for _, m := range recovery.Methods {
		for name, act := range w.claimedActs("a-secret-of-nobody", m) {
			w.refused(fmt.Sprintf("%s by %s in a second browser", name, m), act)
		}
	}
}

// afterRelease starts the run over: what was proved counts no more, and the old
// browser and the old reference lead nowhere.
func (w *wrongs) afterRelease(flow recovery.Workflow, n int) {
	w.Helper()
	old := w.ticket.Reference
	t, err := w.Desk.ReleaseClaim(w.Context(), w.agent, old, "another browser")
	if err != nil {
		w.Fatalf("%s: release: %v", w.where, err)
	}
	w.ticket = t
	for _, m := range recovery.Methods {
		for name, act := range w.claimedActs(w.secret, m) {
			w.refused(fmt.Sprintf("%s by %s in the released browser", name, m), act)
		}
	}
	w.refused("the request for approval after the release", func(ctx context.Context) error { return w.ask(ctx, t.Reference, "They are in a hurry") })
	w.refused("the request for approval by the old reference", func(ctx context.Context) error { return w.ask(ctx, old, "They are in a hurry") })
	for _, s := range flow.Steps {
		for _, m := range s.Methods {
			for name, act := range w.agentActs(s.ID, m) { // nobody holds it: not even the first step
				w.refused(fmt.Sprintf("%s of %s by %s before a browser claims", name, s.ID, m), act)
			}
		}
	}
}

// afterWithdrawal tries every step of a ticket that has ended.
func (w *wrongs) afterWithdrawal(flow recovery.Workflow) {
	w.Helper()
	ok(w.T, w.Desk.WithdrawTicket(w.Context(), w.agent, w.ticket.Reference, "not needed"))
	for _, s := range flow.Steps {
		for _, m := range s.Methods {
			for name, act := range w.agentActs(s.ID, m) {
				w.refused(fmt.Sprintf("%s of %s by %s after the withdrawal", name, s.ID, m), act)
			}
			for name, act := range w.claimedActs(w.secret, m) {
				w.refused(fmt.Sprintf("%s by %s after the withdrawal", name, m), act)
			}
		}
	}
	w.refused("the request for approval after the withdrawal", func(ctx context.Context) error { return w.ask(ctx, w.ticket.Reference, "They are in a hurry") })
}

// agentActs are what an agent's page can send for a step and method, filled in
// and empty.
func (w *wrongs) agentActs(id recovery.StepID, m recovery.Method) map[string]func(context.Context) error {
	d, ref, account := w.Desk, w.ticket.Reference, w.ticket.Account
	acts := map[string]func(context.Context) error{
		"not possible":          func(ctx context.Context) error { return d.NotPossible(ctx, w.agent, ref, id, m, "cannot") },
		"an empty not possible": func(ctx context.Context) error { return d.NotPossible(ctx, w.agent, ref, id, m, "") },
	}
	switch m {
	case recovery.ByVideo, recovery.ByVideoDocument, recovery.InPersonBadge:
		seen := recovery.Comparison{Record: "HR-1", Outcome: recovery.Match, Badge: true, Site: "Room 12", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
		acts["the comparison"] = func(ctx context.Context) error { return d.Compare(ctx, w.agent, ref, id, m, seen) }
		acts["no match"] = func(ctx context.Context) error {
			return d.Compare(ctx, w.agent, ref, id, m, recovery.Comparison{Record: "HR-1", Outcome: recovery.NoMatch, Note: "another face"})
		}
		acts["an empty comparison"] = func(ctx context.Context) error { return d.Compare(ctx, w.agent, ref, id, m, recovery.Comparison{}) }
	case recovery.ByCallBack:
		acts["the call"] = func(ctx context.Context) error { return d.BeginCall(ctx, w.agent, ref, id, account+"-phone") }
		acts["the words"] = func(ctx context.Context) error { return d.EnterWords(ctx, w.agent, ref, id, "amber birch cedar") }
		acts["no words"] = func(ctx context.Context) error { return d.EnterWords(ctx, w.agent, ref, id, "") }
		acts["no answer"] = func(ctx context.Context) error { return d.CallNotAnswered(ctx, w.agent, ref, id) }
	case recovery.ByVoucher:
		acts["the question"] = func(ctx context.Context) error { return d.AskVoucher(ctx, w.agent, ref, id, "founder-1") }
		acts["an empty question"] = func(ctx context.Context) error { return d.AskVoucher(ctx, w.agent, ref, id, "") }
	case recovery.ByCheck, recovery.ByBiometric:
		acts["the check"] = func(ctx context.Context) error { return d.BeginCheck(ctx, w.agent, ref, id, m) }
	default:
		acts["the code"] = func(ctx context.Context) error { return d.SendCode(ctx, w.agent, ref, id, m, account+"-mail-1") }
		acts["the code to nobody"] = func(ctx context.Context) error { return d.SendCode(ctx, w.agent, ref, id, m, "") }
	}
	return acts
}

// claimedActs are what a claimed page can send for a method, filled in and empty.
func (w *wrongs) claimedActs(secret string, m recovery.Method) map[string]func(context.Context) error {
	d := w.Desk
	switch m {
	case recovery.ByMailCode, recovery.BySMSCode:
		return map[string]func(context.Context) error{
			"digits":    func(ctx context.Context) error { return d.EnterCode(ctx, anyone, secret, "12345678") },
			"no digits": func(ctx context.Context) error { return d.EnterCode(ctx, anyone, secret, "") },
		}
	case recovery.ByPassword:
		return map[string]func(context.Context) error{
			"a password":  func(ctx context.Context) error { return d.EnterPassword(ctx, anyone, secret, desktest.Password) },
			"no password": func(ctx context.Context) error { return d.EnterPassword(ctx, anyone, secret, "") },
		}
	case recovery.ByBackupCode:
		return map[string]func(context.Context) error{
			"a backup code": func(ctx context.Context) error {
				return d.EnterBackupCode(ctx, anyone, secret, "K7QP2-M9X4T-RC8WV-N3HJD-6YBA6")
			},
			"no backup code": func(ctx context.Context) error { return d.EnterBackupCode(ctx, anyone, secret, "") },
		}
	case recovery.ByAuthenticator:
		return map[string]func(context.Context) error{
			"a key": func(ctx context.Context) error {
				return d.ProveKey(ctx, anyone, secret, desk.Answer{Challenge: "none", Response: []byte("{}")})
			},
			"the question for a key": func(ctx context.Context) error { _, err := d.BeginClaimKey(ctx, secret); return err },
		}
	case recovery.ByCallBack:
		return map[string]func(context.Context) error{"the words": func(ctx context.Context) error { _, _, err := d.ShowWords(ctx, anyone, secret); return err }}
	}
	return nil
}

// refused tries an act: it says no, and every row of the ticket is as before.
func (w *wrongs) refused(what string, act func(context.Context) error) {
	w.Helper()
	w.tried++
	before := w.rows()
	err := act(w.Context())
	var refusal *recovery.Refusal
	if !errors.As(err, &refusal) && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		w.Errorf("%s: %s answers %v", w.where, what, err)
	}
	if after := w.rows(); after != before {
		w.Errorf("%s: %s changed\n%s into\n%s", w.where, what, before, after)
	}
}

// rows is everything that a ticket has.
func (w *wrongs) rows() (out string) {
	w.Helper()
	w.SQL(func(tx *sql.Tx) { ok(w.T, tx.QueryRowContext(w.Context(), rowsOf, w.ticket.ID).Scan(&out)) })
	return out
}

var rowsOf = func() string {
	q := `SELECT state || ' ' || workflow_version || ' ' || revision || ' ' || run`
	for _, table := range []string{"evidence", "issued_codes", "cues", "call_backs", "vouchings", "identity_checks", "approvals", "signatures", "notices", "jobs", "tries"} {
		q += ` || ' ` + table + ` ' || (SELECT count(*) FROM ` + table + ` x WHERE x.ticket = t.id)`
	}
	return q + ` FROM tickets t WHERE t.id = $1`
}()
