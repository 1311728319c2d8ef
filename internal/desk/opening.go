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
		o.Ruling.Refusal = recovery.LeasedKey.Unissued()
	}
	if o.Ruling.Refusal == nil {
		o.Ruling.Refusal = o.Ruling.Way.Artefact.Unissued()
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
		o.again(rules, earlier, d.Settings.InPerson, now),
		first,
		cmp.Or(recovery.MayOpen(o.Account, o.Ruling), o.reach(rules, d.Settings.InPerson)),
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

// again refuses an account that has a ticket, was stopped, or is under cooldown, which
// proofing in person never is.
func (o *Opening) again(rules Rules, earlier []recovery.Earlier, desk recovery.InPerson, now int64) error {
	return o.here(rules, recovery.MayOpenAgain(earlier, o.In.Event, o.Source, rules.Stricter, desk, now),
		"An earlier recovery was denied, stopped or failed, and proofing in person alone is never under cooldown", "cooldown", "source-cooldown")
}

// reach refuses an account that no channel reaches, unless its holder is here.
func (o *Opening) reach(rules Rules, desk recovery.InPerson) error {
	return o.here(rules, recovery.MayReach(o.Account, o.In.Facts, o.Usable, rules.Channels.Least, desk),
		"No channel of the account can prove who asks or warn the holder, so the notice is handed over and the manager is told", "device-not-safe", "two-addresses")
}

// here lifts a refusal of one of these codes where the holder is at the desk: the
// ticket goes by the workflow that begins with the person (R60). Whoever only says so
// does not get past it.
func (o *Opening) here(rules Rules, refusal error, why string, codes ...string) error {
	var r *recovery.Refusal
	if o.In.Intake != recovery.OnSite || !errors.As(refusal, &r) || !slices.Contains(codes, r.Code) {
		return refusal
	}
	site, ok := o.Workflow.OnSite(rules.Flows)
	if !ok {
		return refusal
	}
	o.Workflow = site
	o.Ruling.Because = append(o.Ruling.Because, recovery.Reason{Source: "workflows." + site.ID, Public: true, Text: why + ". It is done in person: \"" + site.Name + "\"."})
	return nil
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
