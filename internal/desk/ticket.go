package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// NewTicket is what an agent fills in.
type NewTicket struct {
	Account   string
	Event     recovery.EventID
	Facts     recovery.Facts
	Intake    recovery.Intake
	Source    string // where it came from, as shown to the agent: number, address, "withheld"
	Requester string // person id; "" is the holder
	Reason    string
	Way       string // id of the policy's way; "" is the first at the desk
	Incident  string // an emergency's
}

// earlierMax bounds how many earlier tickets of an account are looked at: more
// than anyone opens in 30 days, so that nothing is pushed out of sight. Pages show
// the newest earlierShown.
const (
	earlierMax   = 100
	earlierShown = 20
)

// CheckTicket says what OpenTicket would do, and changes nothing. Only a form
// that is not filled in, an unknown account or a missing role is an error.
func (d *Desk) CheckTicket(ctx context.Context, actor Actor, in NewTicket) (Opening, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err != nil {
		return Opening{}, err
	}
	if err := unknownTo(ctx, d.view(), staff, in.Account); err != nil {
		return Opening{}, d.report(err)
	}
	v := d.view()
	o, err := d.opening(ctx, v, staff.Person.ID, in, d.now())
	if err != nil {
		return o, d.report(err)
	}
	if o.Others, err = seenTickets(ctx, v, staff, o.Others); err != nil {
		return o, d.report(err)
	}
	o.Linked, err = seenLinks(ctx, v, staff, o.Linked)
	return o, d.report(err)
}

// OpenTicket opens a ticket at the desk: event, population, tier, facts and
// intake are fixed from here on (R6, R8). Refused are everything CheckTicket
// tells and whatever became true meanwhile: a second open ticket, a cooldown.
func (d *Desk) OpenTicket(ctx context.Context, actor Actor, in NewTicket) (recovery.Ticket, error) {
	var t recovery.Ticket
	err := d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Agent)
		if err != nil {
			return err
		}
		c.concern("", in.Account)
		if err := unknownTo(ctx, c.Tx.View, staff, in.Account); err != nil {
			return err
		}
		o, err := d.opening(ctx, c.Tx.View, staff.Person.ID, in, c.Now)
		if err != nil {
			return err
		}
		if o.Refusal != nil {
			return o.Refusal
		}
		if t, err = c.newTicket(o, staff.Person.ID); err != nil {
			return err
		}
		return c.addTicket(ctx, t)
	})
	return t, err
}

var errAccountUnknown = recovery.Refuse("account-unknown", "There is no account with this id.", "Search for the person first.").On("account")

// unknownTo refuses a supplier's agent an account outside the scope in the words
// for one that does not exist.
func unknownTo(ctx context.Context, v store.View, s recovery.Staff, account string) error {
	err := inScope(ctx, v, s, account)
	if missing(err) {
		return errAccountUnknown
	}
	return err
}

// othersOf lists the open tickets of the same person on other accounts: two
// recoveries at once may be one caller (design.md, duplicate guard).
func othersOf(ctx context.Context, v store.View, a recovery.Account) ([]recovery.Ticket, error) {
	all, err := v.OpenOfPerson(ctx, a.Person, earlierMax)
	return slices.DeleteFunc(all, func(t recovery.Ticket) bool { return t.Account == a.ID }), err
}

// Already lists the open tickets of an account's person, the account's own
// among them: "New ticket" shows them before anything is typed.
func (d *Desk) Already(ctx context.Context, actor Actor, a recovery.Account) ([]recovery.Ticket, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err != nil {
		return nil, err
	}
	v := d.view()
	all, err := v.OpenOfPerson(ctx, a.Person, earlierMax)
	if err != nil {
		return nil, d.report(err)
	}
	all, err = seenTickets(ctx, v, staff, all)
	return all, d.report(err)
}

// check refuses a form that is not filled in; the field is named.
func (in NewTicket) check(now int64) error {
	switch {
	case in.Account == "":
		return recovery.Refuse("account-missing", "Choose an account.", "Search by name, mail address or id.").On("account")
	case !slices.Contains(recovery.Events, in.Event):
		return recovery.Refuse("event-missing", "Say what happened.", "").On("event")
	case !slices.Contains(recovery.Intakes, in.Intake):
		return recovery.Refuse("intake-missing", "Say how the request reached you.", "").On("intake")
	case strings.TrimSpace(in.Reason) == "":
		return recovery.Refuse("reason-missing", "Write down what the caller said.", "One sentence is enough.").On("reason")
	}
	if err := in.Facts.Check(in.Event, now); err != nil {
		return err
	}
	return recovery.FitText("reason", in.Reason, recovery.TextMax)
}

func (c *Change) newTicket(o Opening, agent string) (recovery.Ticket, error) {
	ref, err := codes.NewReference(c.desk.Rand)
	return recovery.Ticket{ID: c.desk.newID(), Reference: ref, Account: o.Account.ID, Holder: o.Account.Person, Revision: 1,
		Event: o.In.Event, Population: o.Account.Row(), Tier: o.Ruling.Tier(), Facts: o.In.Facts, Intake: o.In.Intake, Source: o.Source, Requester: o.In.Requester,
		OpenedBy: agent, Reason: strings.TrimSpace(o.In.Reason), PolicyVersion: o.Policy, WorkflowVersion: o.Workflow.Version, Level: o.Ruling.Way.Proof,
		Way: o.Ruling.Way.ID, Artefact: o.Ruling.Way.Artefact, GroupsNeeded: o.Ruling.Groups, GroupFrom: o.Ruling.From, Incident: o.In.Incident,
		State: recovery.Proofing, StateSince: c.Now, Opened: c.Now, Due: c.Rules.Fresh.Proof.After(c.Now), DueWhat: "proofing", Run: 1,
		ApprovalsNeeded: o.Ruling.Approvers}, err
}

// since is a moment as the ledger holds it, "" for none.
func since(at int64) string {
	if at == 0 {
		return ""
	}
	return recovery.UTC(at)
}

// addTicket writes a desk ticket, its agent's part and lease, and tells the holder.
func (c *Change) addTicket(ctx context.Context, t recovery.Ticket) error {
	if err := c.Tx.AddTicket(ctx, t); err != nil {
		return err
	}
	if t.Incident != "" {
		if err := c.Tx.UseIncident(ctx, t.Incident); err != nil {
			return err
		}
	}
	if err := c.Tx.TakePart(ctx, t.ID, t.OpenedBy, PartAgent); err != nil {
		return err
	}
	if t.Event == recovery.SuspectedTakeover { // a code on its way may be in the wrong hands (S9)
		if err := c.Tx.VoidIssuedOf(ctx, t.Account); err != nil {
			return err
		}
	}
	if err := c.Tx.Lease(ctx, t.ID, t.OpenedBy, c.Now+recovery.LeaseLife); err != nil {
		return err
	}
	c.concern(t.ID, t.Account)
	c.at("/tickets/" + t.Reference)
	if err := c.record(ctx, recovery.Event{Kind: recovery.TicketOpened, Ticket: t.ID, Account: t.Account, Detail: t.Reason, Data: map[string]string{
		"event": string(t.Event), "tier": string(t.Tier), "level": string(t.Level), "device": string(t.Facts.Device), "lock": string(t.Facts.Lock), "mail": string(t.Facts.Mail), "taken": string(t.Facts.Taken), "since": since(t.Facts.Since),
		"intake": string(t.Intake), "requester": t.Requester, "policy": t.PolicyVersion, "way": t.Way, "artefact": string(t.Artefact), "workflow": t.WorkflowVersion,
		"approvals": strconv.FormatInt(t.ApprovalsNeeded, 10), "incident": t.Incident, "reference": t.Reference}}); err != nil {
		return err
	}
	if tells, err := c.desk.tells(ctx, c.Tx.View, t, nil, c.Now); err != nil || tells {
		return err
	}
	return c.inHand(ctx, t)
}
