package desk

import (
	"context"
	"errors"
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

// Opening is the answer of "check before you open": what would be opened and
// why, or why not.
type Opening struct {
	In            NewTicket
	Account       recovery.Account
	Source        recovery.Source
	RequesterName string
	Ruling        recovery.Ruling
	Ways          []recovery.Way      // what the row offers at the desk
	Incidents     []recovery.Incident // open ones that list the account
	Policy        string              // version
	Workflow      recovery.Workflow
	Risks         []string
	Usable        int                // mail addresses that may carry a proof
	Struck        []recovery.Channel // what may carry none, with the reason (R16)
	Open          *recovery.Ticket   // the open ticket of the account, if there is one
	Others        []recovery.Ticket  // open tickets of the person's other accounts
	Earlier       []recovery.Ticket  // newest first: failed and abandoned runs too (R13)
	Reports       []recovery.LossReport
	Linked        []Linked          // what went wrong before, and who else it came from
	SameAgent     bool              // this agent worked on the account lately: better another one
	Refusal       *recovery.Refusal // why the ticket cannot be opened
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

// opening decides with the rows of one view what a new ticket would be.
func (d *Desk) opening(ctx context.Context, v store.View, agent string, in NewTicket, now int64) (Opening, error) {
	in.Facts = in.Facts.About(in.Event)
	o := Opening{In: in}
	if err := in.check(now); err != nil {
		return o, err
	}
	var err error
	if o.Account, err = v.Account(ctx, in.Account); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return o, errAccountUnknown
		}
		return o, err
	}
	if o.Source, err = recovery.SourceOf(in.Intake, in.Source); err != nil {
		return o, err
	}
	if o.In.Requester == "" {
		o.In.Requester = o.Account.Person
	}
	requester, err := v.Person(ctx, o.In.Requester)
	if errors.Is(err, store.ErrNotFound) {
		return o, recovery.Refuse("person-unknown", "The directory has no person with this id.", "Leave the field empty when the holder asks.").On("requester")
	}
	if err != nil {
		return o, err
	}
	o.RequesterName = requester.Name
	addresses, err := v.Addresses(ctx, in.Account)
	if err != nil {
		return o, err
	}
	t := recovery.Ticket{Account: in.Account, Event: in.Event, Population: o.Account.Row(), Facts: in.Facts, Source: o.Source}
	around, err := d.around(ctx, v, t, now)
	if err != nil {
		return o, err
	}
	o.Usable = len(recovery.Usable(addresses, around))
	all, err := d.channels(ctx, v, t, now)
	if err != nil {
		return o, err
	}
	o.Struck = slices.DeleteFunc(all, func(ch recovery.Channel) bool { return ch.Struck == "" })
	return d.weigh(ctx, v, o, agent, now)
}

// decide asks the policy in force.
func (d *Desk) decide(ctx context.Context, v store.View, o *Opening, x recovery.Extra, now int64) error {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return err
	}
	c, err := d.caseOf(ctx, v, o.Account, recovery.Ticket{Account: o.Account.ID, Event: o.In.Event, Population: o.Account.Row(), Way: o.In.Way, OpenedBy: "agent", Incident: o.In.Incident}, now)
	if err != nil {
		return err
	}
	c.Extra = x
	o.Ruling, o.Policy = rules.Decide(c), rules.Version
	o.Workflow = o.Ruling.Workflow
	if cell := rules.Cell(o.In.Event, o.Account.Row()); o.Ruling.Refusal != nil && len(cell.Ways) > 0 && cell.Ways[0].Artefact == recovery.LeasedKey {
		o.Ruling.Refusal = recovery.NoLease()
	}
	if o.Ruling.Refusal == nil && o.Ruling.Way.Artefact == recovery.LoanKey {
		o.Ruling.Refusal = recovery.NoLoan()
	}
	for _, w := range rules.Cell(o.In.Event, o.Account.Row()).Ways {
		if w.Place == recovery.AtDesk {
			o.Ways = append(o.Ways, w)
		}
	}
	return nil
}

// weigh adds what earlier tickets and the house have to say.
func (d *Desk) weigh(ctx context.Context, v store.View, o Opening, agent string, now int64) (Opening, error) {
	earlier, err := earlierOf(ctx, v, o.Account.ID, "")
	if err != nil {
		return o, err
	}
	for _, e := range earlier {
		if e.Blocks() {
			o.Open = &e.Ticket
		}
	}
	if o.Others, err = othersOf(ctx, v, o.Account); err != nil {
		return o, err
	}
	o.Earlier = shown(earlier)
	if o.Reports, err = d.standingReports(ctx, v, o.Account.ID, now); err != nil {
		return o, err
	}
	t := recovery.Ticket{Account: o.Account.ID, Event: o.In.Event, Facts: o.In.Facts, Opened: now, OpenedBy: agent, Reason: strings.TrimSpace(o.In.Reason), Source: o.Source}
	if o.Linked, err = d.linkedTo(ctx, v, t, earlier); err != nil {
		return o, err
	}
	if err := d.incident(ctx, v, &o, now); err != nil {
		return o, err
	}
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return o, err
	}
	x, err := extraSince(ctx, v, earlier, t, []string{agent}, rules.Policy)
	if err != nil {
		return o, err
	}
	o.SameAgent, o.Risks = x.SameAgent, x.Risks()
	if err := d.decide(ctx, v, &o, x, now); err != nil {
		return o, err
	}
	first, err := d.beginnings(ctx, v, o, earlier, now)
	if err != nil {
		return o, err
	}
	parts, err := openingParts(ctx, v, o, now-rules.Stricter.Repeat.After(0))
	if err != nil {
		return o, err
	}
	for _, err := range []error{
		recovery.MayWork(agent, parts),
		recovery.MayOpenAgain(earlier, o.In.Event, o.Source, rules.Stricter, d.Settings.InPerson, now),
		first,
		recovery.MayOpen(o.Account, o.In.Facts, o.Usable, rules.Channels.Least, o.Ruling, d.Settings.InPerson),
		d.founded(ctx, v, now),
	} {
		if errors.As(err, &o.Refusal) {
			return o, nil
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// incident finds the incident that an emergency belongs to. With one open for
// the account there is nothing to choose.
func (d *Desk) incident(ctx context.Context, v store.View, o *Opening, now int64) (err error) {
	if o.In.Event != recovery.Emergency {
		o.In.Incident = ""
		return nil
	}
	if o.Incidents, err = incidentsFor(ctx, v, o.Account, now); err != nil {
		return err
	}
	if o.In.Incident == "" && len(o.Incidents) == 1 {
		o.In.Incident = o.Incidents[0].ID
	}
	named := slices.ContainsFunc(o.Incidents, func(i recovery.Incident) bool { return i.ID == o.In.Incident })
	switch {
	case named, len(o.Incidents) == 0 && o.In.Incident == "":
		return nil
	case o.In.Incident == "":
		return recovery.Refuse("incident-missing", "Say which incident this belongs to.", "Choose one of those that are open.").On("incident")
	}
	i, err := v.Incident(ctx, o.In.Incident)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	if err == nil {
		err = i.MayUse(o.Account, now)
	}
	return err
}

// openingParts are the people whom a new ticket keeps out from the beginning.
func openingParts(ctx context.Context, v store.View, o Opening, since int64) (recovery.Parts, error) {
	p := recovery.Parts{Holder: o.Account.Person, Requester: o.In.Requester, Openers: openers(o)}
	return p, takeoverPeople(ctx, v, recovery.Ticket{Account: o.Account.ID, Event: o.In.Event}, &p, since)
}

// openers are the people who keep out of the ticket because the incident is theirs.
func openers(o Opening) []string {
	for _, i := range o.Incidents {
		if i.ID == o.In.Incident {
			return i.Openers
		}
	}
	return nil
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
	return c.record(ctx, recovery.Event{Kind: recovery.TicketOpened, Ticket: t.ID, Account: t.Account, Detail: t.Reason, Data: map[string]string{
		"event": string(t.Event), "tier": string(t.Tier), "level": string(t.Level), "device": string(t.Facts.Device), "lock": string(t.Facts.Lock), "mail": string(t.Facts.Mail), "taken": string(t.Facts.Taken), "since": since(t.Facts.Since),
		"intake": string(t.Intake), "requester": t.Requester, "policy": t.PolicyVersion, "way": t.Way, "artefact": string(t.Artefact), "workflow": t.WorkflowVersion,
		"approvals": strconv.FormatInt(t.ApprovalsNeeded, 10), "incident": t.Incident, "reference": t.Reference}})
}
