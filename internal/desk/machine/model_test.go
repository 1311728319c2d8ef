package machine

import (
	"countersign/internal/desk/desktest"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"

	"countersign/internal/desk"
)

// The model: what must hold after each step, told from the rows alone. The
// numbers are those of reliability.md §3.

// own are tables whose rows an answer of any kind may change: the ledger, what
// it owes to people, and the counters of the throttles.
var own = []string{"ledger_entries", "notices", "counters"}

// check asks the model about one step.
func (s *step) check(err error) {
	s.mayFail(err)
	all := marks(s.House)
	refused := err != nil
	wrote, recorded := false, false
	for _, m := range all {
		if m.table == "ledger_entries" {
			recorded = true
			continue
		}
		wrote = true
		s.forbidden(m)
		if refused && !slices.Contains(own, m.table) && !slices.Contains(s.act.leaves, m.table) && s.act.name != "the worker" {
			s.Errorf("I7: it was refused (%v) and left %s %s %s", err, m.op, m.table, m.id)
		}
	}
	if wrote && !recorded {
		s.Errorf("I4: it changed %v and recorded nothing", all)
	}
	if !refused && s.act.may != nil && !slices.Contains(s.act.may, s.role) {
		s.Errorf("%s: the %s was not refused", s.act.name, s.role)
	}
	s.movements(all)
}

// mayFail lets only those answers through that people get: a refusal, a lost
// race, an id that names nothing.
func (s *step) mayFail(err error) {
	var refusal *recovery.Refusal
	var failure *desk.Failure
	switch {
	case err == nil, errors.As(err, &refusal), errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		return
	case errors.As(err, &failure):
		s.Errorf("it failed inside: %v", failure.Err)
	default:
		s.Errorf("it failed: %v", err)
	}
}

// forbidden is about writes that no act may make, or only those that say so.
func (s *step) forbidden(m mark) {
	switch m.op {
	case spentAgain:
		s.Errorf("I1: %s %s is spent twice (%s %s)", m.table, m.id, m.was, m.now)
	case revived:
		if !s.mayRevive(m) {
			s.Errorf("what was over lives again: %s %s %s", m.table, m.id, m.was)
		}
	case laxer:
		s.Errorf("ticket %s asks for less than before", m.id)
	case later:
		if !slices.Contains(s.act.after, m.was) {
			s.Errorf("I9: %s of %s %s moved to later", m.was, m.table, m.id)
		}
	case "update", "delete":
		if m.table == "signatures" || m.table == "proposal_signatures" || m.table == "ledger_entries" {
			s.Errorf("%s: %s", m.table, m.op)
		}
	}
}

// mayRevive: the holder lifts a report, and a proved holder's own suspension of
// a code set or passkey ends with it; nothing else comes back.
func (s *step) mayRevive(m mark) bool {
	return s.act.name == "Lift" && (m.table == "factors" || m.table == "loss_reports" || m.table == "code_sets")
}

// movements follows tickets from state to state.
func (s *step) movements(all []mark) {
	for _, m := range all {
		if m.table == "tickets" && m.op == moved {
			s.movement(m)
		}
		if m.table == "tickets" && m.op == completed {
			s.done(m.id)
		}
		if m.table == "ticket_people" {
			s.partedFrom(m)
		}
	}
}

func (s *step) movement(m mark) {
	from, to := recovery.State(m.was), recovery.State(m.now)
	if known := s.trail[m.id]; known != from {
		s.Errorf("ticket %s was %q for the model and %q in the rows", m.id, known, from)
	}
	s.trail[m.id] = to
	s.seen.moves[[2]recovery.State{from, to}]++
	if from == "" {
		if to != recovery.Proofing {
			s.Errorf("I3: ticket %s began as %s", m.id, to)
		}
		return
	}
	if recovery.MayMove(from, to) != nil {
		s.Errorf("ticket %s went from %s to %s", m.id, from, to)
	}
	t := must(s.Store.View().Ticket(s.Context(), m.id))
	switch to {
	case recovery.WaitingApproval:
		s.proved(t, true)
	case recovery.Approved, recovery.Executing:
		s.proved(t, false)
		s.signed(t)
	case recovery.Collecting:
		s.proved(t, t.Self())
		if from == recovery.Executing && t.TakesAway() {
			s.dead(t, "a reset was executed")
		} else if from != recovery.Executing && !t.Self() {
			s.Errorf("I3: ticket %s waits for its holder and was never executed", t.ID)
		}
	case recovery.InReview:
		if t.Completed == 0 && t.Executed == 0 {
			s.Errorf("I3: ticket %s is reviewed and nothing was done in it", t.ID)
		}
	}
}

// proved: every step of the pinned workflow was passed in this run, in order, by
// a method of its own, by somebody else than the holder (I3).
func (s *step) proved(t recovery.Ticket, fresh bool) {
	flow := workflowOf(s.Desk, t)
	all := must(s.Store.View().Evidence(s.Context(), t.ID))
	at := int64(0)
	s.returned(t, all)
	for _, step := range flow.Steps {
		i := slices.IndexFunc(all, func(e recovery.Evidence) bool {
			return e.Run == t.Run && e.Void == 0 && e.Result == recovery.Passed && e.Step == step.ID
		})
		switch {
		case i < 0 && step.ID == recovery.StepFresh: // the rows are asked, see below
			continue
		case i < 0:
			s.Errorf("I3: ticket %s is %s without step %s of %s", t.ID, t.State, step.ID, t.WorkflowVersion)
			continue
		case !step.By(all[i].Method):
			s.Errorf("I3: step %s of ticket %s was passed by %s", step.ID, t.ID, all[i].Method)
		case all[i].At < at:
			s.Errorf("I3: step %s of ticket %s was passed before the one before it", step.ID, t.ID)
		case all[i].By != "" && all[i].By == t.Holder:
			s.Errorf("I12: the holder of ticket %s proofed himself", t.ID)
		case fresh && all[i].At >= t.Returned && s.Clock.Now()-all[i].At > desktest.ProofFresh:
			s.Errorf("I3: step %s of ticket %s is old", step.ID, t.ID)
		}
		at = all[i].At
	}
}

// returned: a ticket that was parked has a proof from since then, over a channel
// of its own.
func (s *step) returned(t recovery.Ticket, all []recovery.Evidence) {
	if t.Returns == 0 {
		return
	}
	id := recovery.StepID(fmt.Sprintf("return-%d", t.Returns))
	i := slices.IndexFunc(all, func(e recovery.Evidence) bool { return e.Run == t.Run && e.Step == id && e.Result == recovery.Passed })
	if i < 0 || all[i].At < t.Returned {
		s.Errorf("I3: ticket %s is %s without a fresh proof after it was parked", t.ID, t.State)
		return
	}
	if slices.ContainsFunc(all[:i], func(e recovery.Evidence) bool { return e.Channel == all[i].Channel && e.Result == recovery.Passed }) {
		s.Errorf("I3: the fresh proof of ticket %s came over %s, which was used before", t.ID, all[i].Channel)
	}
}

var (
	revisionLine = regexp.MustCompile(`(?m)^revision: (\d+)$`)
	ticketLine   = regexp.MustCompile(`(?m)^ticket: \S+ (\S+)$`)
	decisionLine = regexp.MustCompile(`(?m)^decision: (\S+)$`)
	notAfterLine = regexp.MustCompile(`(?m)^not-after: (.+)$`)
)

// signed: enough valid signatures of other people, over this revision of this
// ticket, not older than their limit, of as many groups as it takes (I2, I12).
func (s *step) signed(t recovery.Ticket) {
	v := s.Store.View()
	all := must(v.ApprovalsOf(s.Context(), t.ID))
	i := slices.IndexFunc(all, func(a recovery.Approval) bool { return a.State == recovery.ApprovalGiven && a.Revision == t.Revision })
	if i < 0 {
		s.Errorf("I2: ticket %s is %s without a given request for revision %d", t.ID, t.State, t.Revision)
		return
	}
	parts := must(v.PartsOf(s.Context(), t.ID))
	people, groups := map[string]bool{}, map[string]bool{}
	for _, g := range must(v.Signatures(s.Context(), all[i].ID)) {
		people[g.Person] = true
		if why := s.spoils(t, g, parts); why != "" {
			s.Errorf("I2: ticket %s is %s by a signature of %s %s", t.ID, t.State, g.Person, why)
		}
		for _, group := range must(v.Staff(s.Context(), g.Person)).Groups {
			groups[group] = true
		}
	}
	need := max(1, t.ApprovalsNeeded)
	if t.Pressured != 0 || t.Population == recovery.Privileged {
		need = max(need, 2)
	}
	if int64(len(people)) < need {
		s.Errorf("I2: ticket %s is %s by %d of %d people", t.ID, t.State, len(people), need)
	}
	if t.GroupsNeeded > 1 && (int64(len(groups)) < t.GroupsNeeded || !groups[recovery.SecurityGroup]) {
		s.Errorf("I2: ticket %s is %s by the groups %v", t.ID, t.State, groups)
	}
}

// spoils says what is wrong with a signature, "" for nothing.
func (s *step) spoils(t recovery.Ticket, g recovery.Signature, parts []store.Part) string {
	until, ok := recovery.ParseUTC(line(notAfterLine, g.Statement))
	switch {
	case g.Decision != recovery.Approve || line(decisionLine, g.Statement) != string(recovery.Approve):
		return "that denies"
	case line(ticketLine, g.Statement) != t.ID || line(revisionLine, g.Statement) != strconv.FormatInt(t.Revision, 10):
		return "over something else: " + line(ticketLine, g.Statement) + " " + line(revisionLine, g.Statement)
	case !ok || s.Clock.Now() >= until:
		return "that is over"
	case g.Person == t.Holder || g.Person == t.Requester:
		return "who is holder or requester"
	}
	for _, p := range parts {
		if p.Person == g.Person && p.Part != desk.PartApprover && p.Part != desk.PartReviewer {
			return "who is also " + p.Part
		}
	}
	if t.State != recovery.Executing {
		return "" // whose standing ended since then is found out before anything is done
	}
	if staff := must(s.Store.View().Staff(s.Context(), g.Person)); recovery.MayAct(staff, s.Clock.Now(), recovery.Approver) != nil {
		return "who is no approver"
	}
	if k := must(s.Store.View().Key(s.Context(), g.Key)); !k.Live() || k.Person != g.Person {
		return "with a key that is not in use"
	}
	return ""
}

func line(r *regexp.Regexp, text string) string {
	if found := r.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// done is right after a recovery was completed (I10).
func (s *step) done(ticket string) {
	t := must(s.Store.View().Ticket(s.Context(), ticket))
	if t.Artefact == recovery.PassSession && query(s.House, `SELECT id FROM factors WHERE ticket = $1`, t.ID) == nil {
		return // its strength came back by another ticket, which has rules of its own
	}
	s.dead(t, "a recovery was completed")
	if t.Binds() {
		return // the passkey of before lives until the new one signs in
	}
	for _, f := range must(s.Store.View().Factors(s.Context(), t.Account)) {
		if f.Kind == recovery.Passkey && f.Live() && f.Ticket != t.ID {
			s.Errorf("I10: %s and the passkey %s of before still lives", "a recovery was completed", f.ID)
		}
	}
}

// dead: no code and no session of before lives.
func (s *step) dead(t recovery.Ticket, since string) {
	for what, q := range map[string]string{
		"a session":  `SELECT id FROM sessions WHERE account = $1 AND ended = 0`,
		"a code set": `SELECT id FROM code_sets WHERE account = $1 AND retired = 0`,
	} {
		if left := query(s.House, q, t.Account); len(left) > 0 {
			s.Errorf("I10: %s on %s, and %s of before lives: %v", since, t.Account, what, left)
		}
	}
}

// partedFrom: nobody has two parts that one person may not have (I12).
func (s *step) partedFrom(mark) {
	bad := query(s.House, `SELECT p.ticket || ' ' || p.person || ' ' || p.part FROM ticket_people p JOIN tickets t ON t.id = p.ticket
		WHERE p.person = t.holder OR EXISTS (SELECT 1 FROM ticket_people q WHERE q.ticket = p.ticket AND q.person = p.person AND q.part <> p.part)`)
	if len(bad) > 0 {
		s.Errorf("I12: %v", bad)
	}
}

// sweep looks at all rows: what is granted has an end (I15).
func (w *walk) sweep() {
	for what, q := range map[string]string{
		"a session without an end":                `SELECT id FROM sessions WHERE ended = 0 AND ends <= began`,
		"a code without an end":                   `SELECT id FROM issued_codes WHERE ends <= made`,
		"a request without an end":                `SELECT id FROM approvals WHERE state = 'waiting' AND ends <= asked`,
		"a proposal without an end":               `SELECT id FROM proposals WHERE ends <= filed`,
		"a ticket that waits without an end":      `SELECT id FROM tickets WHERE due = 0 AND state IN ('draft', 'proofing', 'held', 'waiting-approval', 'approved', 'executing', 'collecting', 'review') AND reviewed = 0`,
		"two open tickets of an account":          `SELECT account FROM tickets WHERE state IN ('draft', 'proofing', 'held', 'waiting-approval', 'approved', 'executing', 'collecting') AND due_what <> 're-enrol' GROUP BY account HAVING COUNT(*) > 1`,
		"a session of a parked account":           fmt.Sprintf(`SELECT s.id FROM sessions s JOIN tickets t ON t.account = s.account WHERE s.ended = 0 AND s.ends > %[1]d AND t.state = 'held' AND t.due_what = 'parked' AND t.due > %[1]d`, w.Clock.Now()),
		"two code sets of an account that live":   `SELECT account FROM code_sets WHERE retired = 0 AND confirmed > 0 GROUP BY account HAVING COUNT(*) > 1`,
		"a request that waits without its ticket": `SELECT a.id FROM approvals a JOIN tickets t ON t.id = a.ticket WHERE a.state = 'waiting' AND t.state <> 'waiting-approval'`,
		"a recovery session without the last proof": `SELECT s.id FROM sessions s JOIN tickets t ON t.id = s.ticket WHERE s.kind = 'recovery' AND s.ended = 0 AND t.executed > 0 AND NOT EXISTS (
			SELECT 1 FROM evidence e WHERE e.ticket = t.id AND e.run = t.run AND e.step = 'fresh-code' AND e.result = 'passed' AND e.void = 0)`,
		"a recovery session without its ticket": `SELECT s.id FROM sessions s JOIN tickets t ON t.id = s.ticket WHERE s.kind = 'recovery' AND s.ended = 0 AND t.state <> 'collecting'`,
	} {
		if found := query(w.House, q); len(found) > 0 {
			w.Errorf("I15: %s: %v", what, found)
		}
	}
}

// endless lets a month go by: whatever was granted has ended by itself (I15).
func (w *walk) endless() {
	s := &step{walk: w, s: w.all[0], act: act{name: "a month"}}
	for range 3 {
		w.Clock.Add(11 * recovery.Day)
		for range 40 {
			if err := s.work(); err != nil {
				break
			}
		}
		s.mayFail(w.Desk.Sweep(w.Context()))
	}
	for what, q := range map[string]string{
		"tickets":   `SELECT id || ' ' || state FROM tickets WHERE state IN ('draft', 'proofing', 'held', 'waiting-approval', 'approved', 'executing', 'collecting')`,
		"sessions":  fmt.Sprintf(`SELECT id FROM sessions WHERE ended = 0 AND ends > %d`, w.Clock.Now()),
		"requests":  `SELECT id FROM approvals WHERE state = 'waiting'`,
		"codes":     fmt.Sprintf(`SELECT id FROM issued_codes WHERE void = 0 AND spent = 0 AND ends > %d`, w.Clock.Now()),
		"proposals": `SELECT id FROM proposals WHERE state IN ('waiting', 'signed')`,
	} {
		if left := query(w.House, q); len(left) > 0 {
			w.Errorf("I15: a month later there are %s: %v", what, left)
		}
	}
}

// verifies asks the whole ledger (I5).
func (w *walk) verifies() {
	err := w.Store.Snapshot(w.Context(), func(v store.View) error {
		r, err := ledger.Verify(store.LedgerSource{Ctx: w.Context(), View: v}, nil)
		if err == nil && !r.OK() {
			err = fmt.Errorf("the ledger does not verify: %+v", r)
		}
		return err
	})
	if err != nil {
		w.Errorf("I5: %v", err)
	}
}
