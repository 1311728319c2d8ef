package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// TicketPage is everything the ticket workspace shows. It holds no usable
// secret and no full address.
type TicketPage struct {
	Fresh      recovery.FreshRule // how long proofs and the claimed page count
	Ticket     recovery.Ticket
	Account    recovery.Account
	Workflow   recovery.Workflow
	Step       recovery.Step     // open now, zero when none
	Ways       []Way             // its methods, in the workflow's order
	Otherwise  string            // name of the workflow it goes by when none of them is possible
	N          int               // its number
	Done       bool              // every step is passed
	Request    *recovery.Refusal // why no approval can be asked for although every step is passed
	MayPark    bool
	ParkEnd    int64  // when a parking that begins now ends
	Nobody     string // that nobody can decide now, who could and when; "" when somebody can or nothing is to decide
	Evidence   []recovery.Evidence
	Signals    []recovery.Signal
	Channels   []recovery.Channel
	Cue        string   // drawn for this run, while its step is open
	Choices    []Choice // addresses that a mailed code may go to
	CodeTo     string   // masked address a live code went to
	CodeBy     recovery.Method
	CodeUntil  int64
	Methods    MethodView
	ClaimLive  bool
	ClaimSeen  int64
	Risks      []string
	Notices    []SentNotice
	Letters    []recovery.Letter
	Approvals  []recovery.Approval
	Signatures []recovery.Signature
	Pass       PassView
	Notes      []store.Note
	Draft      store.Draft       // the reader's unfinished note
	Typing     []string          // who else writes a note now
	Lost       LostLease         // who took the ticket over from the reader
	Entries    []store.LedgerRow // newest first
	Earlier    []recovery.Ticket
	Linked     []Linked
	Others     []OtherTier // asked before at another tier
	ReviewWhy  string      // codes of why it is reviewed; recovery.ReviewWords
	Reports    []recovery.LossReport
	Names      map[string]string // of every person mentioned
	MayWork    *recovery.Refusal // why the reader may not work the ticket
	MayReview  *recovery.Refusal // why the reader may not review it
	Roles      []recovery.Role   // of the reader, counting now
}

// SentNotice is a message and what became of it; the address is masked.
type SentNotice struct {
	Kind, To                       string
	Queued, Held, Accepted, Failed int64
}

// entriesMax bounds the timeline; the audit page has everything.
const entriesMax = 100

// TicketPage reads a ticket for staff.
func (d *Desk) TicketPage(ctx context.Context, actor Actor, reference string) (TicketPage, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor)
	if err != nil {
		return TicketPage{}, err
	}
	var p TicketPage
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		t, err := v.TicketByReference(ctx, reference)
		if err != nil {
			return err
		}
		if err := inScope(ctx, v, staff, t.Account); err != nil {
			return err
		}
		p = TicketPage{Ticket: t, Roles: staff.Counting(d.now())}
		for _, fill := range []func(context.Context, store.View, *TicketPage) error{d.fillProofing, d.fillPeople, d.fillRecords, d.fillNotices} {
			if err := fill(ctx, v, &p); err != nil {
				return err
			}
		}
		if err := d.fillMethods(ctx, v, &p, staff.Person.ID); err != nil {
			return err
		}
		if err := d.untrained(ctx, v, &p, staff.Person.ID); err != nil {
			return err
		}
		if p.Pass, err = passView(ctx, v, t, staff, d.now()); err != nil {
			return err
		}
		if err := p.fillDrafts(ctx, v, staff.Person.ID, d.now()); err != nil {
			return err
		}
		if p.Linked, err = seenLinks(ctx, v, staff, p.Linked); err != nil {
			return err
		}
		return d.mayWorkPage(ctx, v, &p, staff)
	})
	return p, d.report(err)
}

// fillProofing reads the workflow and where it stands.
func (d *Desk) fillProofing(ctx context.Context, v store.View, p *TicketPage) error {
	t := p.Ticket
	var err error
	if p.Evidence, err = v.Evidence(ctx, t.ID); err != nil {
		return err
	}
	m, err := d.proofing(ctx, v, t, d.now())
	if err != nil {
		return err
	}
	p.Workflow = m.flow
	p.Step, p.N, p.Done = p.Workflow.Current(t.Run, p.Evidence)
	if p.Signals, err = v.Signals(ctx, t.ID); err != nil {
		return err
	}
	if p.Channels, err = d.channels(ctx, v, t, d.now()); err != nil {
		return err
	}
	if p.ClaimSeen, err = v.ClaimSeen(ctx, t.ID); err != nil {
		return err
	}
	p.Fresh = m.policy.Fresh
	p.ClaimLive = recovery.ClaimLive(t, p.Fresh, p.ClaimSeen, d.now())
	if p.Done || t.State != recovery.Proofing && p.Step.ID != recovery.StepFresh {
		p.Step = recovery.Step{}
	}
	p.Channels = recovery.ForStep(p.Step.ID, p.Channels, p.Evidence)
	if t.State == recovery.Proofing && p.Done {
		_, may := d.mayEnd(ctx, v, t, p.Evidence, d.now())
		may = cmp.Or(recovery.MayRequest(t, m.flow, p.Evidence, m.policy, m.ruling, d.now()), may)
		if may != nil && !errors.As(may, &p.Request) {
			return may
		}
	}
	if err := d.fillParking(ctx, v, p, m); err != nil || p.Step.ID == "" {
		return err
	}
	r, err := d.rules(ctx, v, d.now())
	if err != nil {
		return err
	}
	if p.Step.ID != recovery.StepFresh {
		other, _ := recovery.Otherwise(m.flow, r.Flows, t.Run, p.Evidence, p.Channels)
		p.Otherwise = other.Name
	}
	return d.fillWays(ctx, v, m.policy, p)
}

// fillWays reads by what the open step can be passed, and why not.
func (d *Desk) fillWays(ctx context.Context, v store.View, policy recovery.Policy, p *TicketPage) error {
	for _, o := range recovery.Offers(p.Step, p.Ticket.Run, p.Evidence, p.Channels) {
		if p.Step.ID == recovery.StepFresh && (o.Method == recovery.ByMailCode || o.Method == recovery.BySMSCode) {
			continue // the holder sends it from the claimed page
		}
		w := Way{Method: o.Method, Blocked: o.Blocked}
		if most := policy.Tries(o.Method.Slot()); most > 0 {
			n, err := v.Tries(ctx, p.Ticket.ID, string(o.Method.Slot()))
			if err != nil {
				return err
			}
			w.TriesLeft = max(0, most-n)
		}
		p.Ways = append(p.Ways, w)
	}
	var err error
	p.Cue, err = v.Cue(ctx, p.Ticket.ID, p.Ticket.Run)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// untrained says in advance which ways the reader may not do: for want of training,
// or for having run the ticket whose last proof it is.
func (d *Desk) untrained(ctx context.Context, v store.View, p *TicketPage, reader string) error {
	trained, err := v.Training(ctx, reader)
	if err != nil {
		return err
	}
	ran, err := ranIt(ctx, v, p.Ticket, reader)
	if err != nil {
		return err
	}
	r, err := d.rules(ctx, v, d.now())
	if err != nil {
		return err
	}
	for i, w := range p.Ways {
		var refusal *recovery.Refusal
		may := cmp.Or(recovery.MayTakeLast(p.Step.ID, w.Method, ran), recovery.MayCompare(r.Levels[p.Ticket.Level], w.Method, trained.At, d.now()))
		if w.Blocked == "" && errors.As(may, &refusal) {
			p.Ways[i].Blocked = refusal.Text + " " + refusal.Next
		}
	}
	return nil
}

// fillPeople reads whose ticket it is and the names of all who appear.
func (d *Desk) fillPeople(ctx context.Context, v store.View, p *TicketPage) error {
	t := p.Ticket
	var err error
	if p.Account, err = v.Account(ctx, t.Account); err != nil {
		return err
	}
	parts, err := v.PartsOf(ctx, t.ID)
	if err != nil {
		return err
	}
	p.Names = map[string]string{}
	ids := []string{t.Holder, t.Requester, t.OpenedBy, t.ReviewedBy, t.Lease.Person, p.Account.Manager}
	for _, x := range parts {
		ids = append(ids, x.Person)
	}
	if err := addNames(ctx, v, p.Names, ids...); err != nil {
		return err
	}
	for _, x := range p.Signals {
		if err := addNames(ctx, v, p.Names, x.Person); err != nil {
			return err
		}
	}
	earlier, err := earlierOf(ctx, v, t.Account, t.ID)
	if err != nil {
		return err
	}
	p.Earlier = shown(earlier)
	if p.Reports, err = d.standingReports(ctx, v, t.Account, d.now()); err != nil {
		return err
	}
	before := slices.DeleteFunc(earlier, func(e recovery.Earlier) bool { return e.Ticket.Opened > t.Opened })
	p.Linked, err = d.linkedTo(ctx, v, t, before)
	return err
}

func addNames(ctx context.Context, v store.View, names map[string]string, ids ...string) error {
	for _, id := range ids {
		if _, known := names[id]; known || id == "" {
			continue
		}
		name, err := nameOf(ctx, v, id)
		if err != nil {
			return err
		}
		names[id] = name
	}
	return nil
}

// fillRecords reads what happened: entries, notes, requests, letters, risks.
func (d *Desk) fillRecords(ctx context.Context, v store.View, p *TicketPage) error {
	id := p.Ticket.ID
	x, err := d.extra(ctx, v, p.Ticket, d.now())
	if err != nil {
		return err
	}
	p.Risks = x.Risks()
	if risk := p.Ticket.ParkedRisk(); risk != "" {
		p.Risks = append(p.Risks, risk)
	}
	if p.Others, err = d.otherTiers(ctx, v, p.Ticket); err != nil {
		return err
	}
	why, err := v.ReviewWhy(ctx, []string{id})
	if err != nil {
		return err
	}
	p.ReviewWhy = why[id]
	if p.Entries, err = v.LedgerEntries(ctx, store.LedgerFilter{Ticket: id, Limit: entriesMax}); err != nil {
		return err
	}
	for _, e := range p.Entries {
		if err := addNames(ctx, v, p.Names, personOf(e.Entry.Actor)); err != nil {
			return err
		}
	}
	if p.Notes, err = v.Notes(ctx, id); err != nil {
		return err
	}
	if p.Letters, err = v.Letters(ctx, id); err != nil {
		return err
	}
	for _, l := range p.Letters {
		if err := addNames(ctx, v, p.Names, l.DoneBy); err != nil {
			return err
		}
	}
	if p.Approvals, err = v.ApprovalsOf(ctx, id); err != nil {
		return err
	}
	p.Signatures, err = v.SignaturesOfTicket(ctx, id)
	return err
}

// personOf is the person behind the ledger's name of an actor, "" for none.
func personOf(actor string) string {
	id, ok := strings.CutPrefix(actor, "person:")
	if !ok {
		return ""
	}
	return id
}

// ActorName is the ledger's name of an actor in words, "" for the machine.
func ActorName(actor string, names map[string]string) string {
	switch {
	case personOf(actor) != "":
		return names[personOf(actor)]
	case strings.HasPrefix(actor, "account:"):
		return "The holder"
	}
	return ""
}

// mayWorkPage says in advance what the acts would refuse, so that the page shows
// no form that leads to a no.
func (d *Desk) mayWorkPage(ctx context.Context, v store.View, p *TicketPage, reader recovery.Staff) error {
	parts, err := d.partsOf(ctx, v, p.Ticket, d.now())
	if err != nil {
		return err
	}
	if !slices.Contains(p.Roles, recovery.Agent) {
		p.MayWork = recovery.NeedRole(recovery.Agent)
	} else {
		errors.As(recovery.MayWork(reader.Person.ID, parts), &p.MayWork)
	}
	if !slices.Contains(p.Roles, recovery.Reviewer) {
		p.MayReview = recovery.NeedRole(recovery.Reviewer)
	} else {
		errors.As(recovery.MayReview(reader, parts), &p.MayReview)
	}
	return nil
}
