package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// subject is a ticket with all that its holder and its callers know of it: the
// machine hands secrets to everybody.
type subject struct {
	account, ticket, reference string
	claim, attempt, recovery   string // secrets of browsers
	mailed                     string // that a code was asked for with
	digits                     string // of the newest issued code
	stops, stopCodes           []string
	backup                     []string // codes of the account's sets, spent ones too
	pending                    string   // a set that nobody confirmed yet
	session                    string   // of the holder at /me
	words, invitation          string   // of a call-back; to vouch
	binding                    string   // code for a new device
	continuation               string   // code of a parked ticket
}

// People of the house. Everybody but the stranger has a security key; the
// colleague's own account is one of the accounts.
var (
	agents         = []string{"agent", "colleague"}
	approvers      = []string{"approver-1", "approver-2", "approver-3", "approver-4"}
	administrators = []string{"founder-1", "founder-2"}
)

const (
	reviewer = "reviewer"
	auditor  = "auditor"
)

// cheap is a directory without argon2.
type cheap struct{ directory.Directory }

func (cheap) CheckPassword(_ context.Context, _, password string) error {
	if password != desktest.Password {
		return directory.ErrPassword
	}
	return nil
}

func (cheap) HashPassword(context.Context, string) (string, error) { return "hash", nil }

// furniture builds the house that every walk begins in: a ticket in each state.
type furniture struct {
	*testing.T
	*desktest.House
	all   []*subject
	agent desk.Actor
}

// newMould furnishes the house once. The files live in memory where there is a
// file system for that.
func newMould(t *testing.T) (*desktest.Mould, []*subject) {
	t.Helper()
	dir := t.TempDir()
	if shm, err := os.MkdirTemp("/dev/shm", "countersign-machine-"); err == nil {
		t.Cleanup(func() { os.RemoveAll(shm) })
		dir = shm
	}
	var all []*subject
	m := desktest.NewMould(t, dir, func(h *desktest.House) {
		f := &furniture{T: t, House: h}
		f.people()
		for _, build := range []func(){f.longAgo, f.atRest, f.reviews, f.ofToday, f.others} {
			build()
		}
		f.stops()
		watchTables(h)
		all = f.all
	})
	return m, all
}

func (f *furniture) people() {
	f.Desk.Directory = cheap{f.Desk.Directory}
	f.Desk.Settings.IdentityURL, f.Desk.Keys.Identity = "https://check.example/start", bytes.Repeat([]byte("k"), codes.CallSecretMin)
	f.agent = f.Found()
	f.Staff("colleague", recovery.Agent)
	for i, id := range approvers {
		f.Staff(id, recovery.Approver)
		f.Group(id, []string{"operations", recovery.SecurityGroup}[i%2])
	}
	f.Staff(reviewer, recovery.Reviewer)
	f.Staff(auditor, recovery.Auditor)
	f.Person("newcomer", "")
	for _, id := range agents {
		f.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetTraining(ctx, recovery.Training{Person: id, At: tx.Now() - recovery.Day, By: administrators[0]})
		})
	}
}

func (f *furniture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// account is a new account with a passkey, a code set and a signed-in holder.
func (f *furniture) account(id string, mutate ...func(*recovery.Account)) *subject {
	f.Helper()
	f.Account(id, mutate...)
	f.Passkey(id)
	f.Write(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Person(ctx, must(tx.Account(ctx, id)).Person)
		if err != nil {
			return err
		}
		if p.ID != manager {
			p.Manager = manager
		}
		return tx.SavePerson(ctx, p)
	})
	s := &subject{account: id}
	for _, c := range f.Codes(id) {
		s.backup = append(s.backup, c.String())
	}
	f.all = append(f.all, s)
	return s
}

// signedIn gives a subject a session of its holder.
func (f *furniture) signedIn(s *subject) {
	s.session = "session-" + s.account
	a := must(f.Store.View().Account(f.Context(), s.account))
	f.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddSession(ctx, store.Session{ID: s.session, TokenHash: s.session, Kind: desk.HolderSession, Person: a.Person, Account: a.ID,
			Factor: a.ID + "-passkey", Began: tx.Now(), Proved: tx.Now(), Ends: tx.Now() + recovery.HolderSessionLife})
	})
}

// opened opens a ticket at the desk.
func (f *furniture) opened(id string, mutate ...func(*recovery.Account)) *subject {
	f.Helper()
	s := f.account(id, mutate...)
	in := desktest.DeviceLoss(id)
	in.Facts.Mail = recovery.Elsewhere
	t, err := f.Desk.OpenTicket(f.Context(), f.agent, in)
	if err != nil {
		f.Fatalf("open a ticket for %s: %v", id, err)
	}
	s.ticket, s.reference = t.ID, t.Reference
	return s
}

// claimed is opened, in the holder's browser, with every step passed up to n.
func (f *furniture) claimed(id string, steps int, mutate ...func(*recovery.Account)) *subject {
	f.Helper()
	s := f.opened(id, mutate...)
	var err error
	s.claim, err = f.Desk.ClaimTicket(f.Context(), desktest.Guest, s.reference)
	f.ok(err)
	f.prove(s, steps)
	return s
}

// prove writes the first steps of the ticket's workflow as passed: not every
// method has a machine's way to pass it.
func (f *furniture) prove(s *subject, steps int) {
	f.Helper()
	t := f.now(s)
	flow := workflowOf(f.Desk, t)
	if steps < 0 {
		steps = len(flow.Steps)
	}
	for i, step := range flow.Steps[:steps] {
		m := step.Methods[0]
		e := recovery.Evidence{ID: fmt.Sprintf("proof-%s-%d", t.ID, i), Ticket: t.ID, Run: t.Run, Step: step.ID, Method: m, Result: recovery.Passed,
			Group: m.Group(), Channel: s.account + "-" + string(m)}
		if !m.Observed() {
			e.By = f.agent.Person
		}
		if m == recovery.ByMailCode {
			e.Channel = s.account + "-mail-1"
		}
		f.Write(func(ctx context.Context, tx *store.Tx) error {
			e.At = tx.Now()
			return tx.AddEvidence(ctx, e)
		})
	}
}

// asked waits for an approval.
func (f *furniture) asked(id string, mutate ...func(*recovery.Account)) (*subject, recovery.Approval) {
	f.Helper()
	s := f.claimed(id, -1, mutate...)
	a, err := f.Desk.AskApproval(f.Context(), f.agent, s.reference, "Every step passed on the call")
	if err != nil {
		f.Fatalf("ask about %s: %v", id, err)
	}
	f.AtLeisure(a.ID)
	return s, a
}

// approved is signed by as many approvers as it takes.
func (f *furniture) approved(id string, mutate ...func(*recovery.Account)) *subject {
	f.Helper()
	s, a := f.asked(id, mutate...)
	var err error
	for _, who := range approvers {
		if _, err = f.Sign(desk.Actor{Kind: desk.StaffAct, Person: who}, a.ID, recovery.Approve); err != nil {
			break
		}
		if f.now(s).State == recovery.Approved {
			return s
		}
	}
	f.Fatalf("%s is %s: %v", id, f.now(s).State, err)
	return nil
}

// executing is ordered, and the directory has not answered.
func (f *furniture) executing(id string) *subject {
	f.Helper()
	s := f.approved(id)
	f.mails()
	f.Clock.Add(recovery.ObjectionWindow)
	f.ok(f.Desk.ExecuteReset(f.Context(), f.leased(desk.JobExecute, s.ticket)))
	return s
}

// collecting is executed; the holder has not come.
func (f *furniture) collecting(id string) *subject {
	f.Helper()
	s := f.executing(id)
	f.ok(f.Desk.FinishReset(f.Context(), f.leased(desk.JobOrder, s.ticket), directory.Outcome{Local: true}, nil))
	return s
}

// enrolling is collecting with its recovery session open.
func (f *furniture) enrolling(id string) *subject {
	f.Helper()
	s := f.collecting(id)
	f.ok(f.Desk.SendFreshCode(f.Context(), desktest.Guest, s.claim, id+"-mail-2"))
	var err error
	s.recovery, err = f.Desk.EnterFreshCode(f.Context(), desktest.Guest, s.claim, f.Code(s.ticket))
	f.ok(err)
	return s
}

// recovered has a new passkey.
func (f *furniture) recovered(id string) *subject {
	f.Helper()
	s := f.enrolling(id)
	session := must(f.Desk.Session(f.Context(), desk.RecoverySession, s.recovery))
	_, err := f.Desk.Enrol(f.Context(), session, desktest.Guest.IP, "New passkey", f.NewPasskey(session))
	f.ok(err)
	return s
}
