package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// MethodView is what the workspace needs for methods that an agent begins and
// somebody else completes. It holds no words, no link and no code.
type MethodView struct {
	Numbers    []Choice // that may be rung, masked
	Texts      []Choice // that a text message may go to, masked
	Call       *CallView
	Unanswered int64
	Candidates []PossibleVoucher
	Asked      []recovery.Vouching // in this run, oldest first
	CheckOn    bool                // the house has an identity check
	Check      *recovery.IdentityCheck
	Assistants []recovery.Assistant
	Now        int64
}

// fillMethods reads what the methods of the open step need.
func (d *Desk) fillMethods(ctx context.Context, v store.View, p *TicketPage, reader string) error {
	var err error
	m := &p.Methods
	m.Now = d.now()
	if m.Assistants, err = v.Assistants(ctx, p.Ticket.ID); err != nil || p.Step.ID == "" {
		return err
	}
	for method, fill := range map[recovery.Method]func() error{
		recovery.ByCallBack: func() error { return d.fillCall(ctx, v, p, reader) },
		recovery.BySMSCode:  func() error { m.Texts = numbers(p.Channels, recovery.BySMSCode); return nil },
		recovery.ByVoucher:  func() error { return d.fillVouchers(ctx, v, p) },
		recovery.ByCheck:    func() error { return d.fillCheck(ctx, v, p) },
	} {
		if !p.Step.By(method) && !(method == recovery.ByCheck && p.Step.By(recovery.ByBiometric)) {
			continue
		}
		if err := fill(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) fillCall(ctx context.Context, v store.View, p *TicketPage, reader string) (err error) {
	p.Methods.Numbers = numbers(p.Channels, recovery.ByCallBack)
	p.Methods.Call, p.Methods.Unanswered, err = d.callView(ctx, v, p.Ticket, reader)
	return err
}

func (d *Desk) fillVouchers(ctx context.Context, v store.View, p *TicketPage) (err error) {
	if p.Methods.Candidates, _, err = d.vouchers(ctx, v, p.Ticket, d.now()); err != nil {
		return err
	}
	all, err := v.Vouchings(ctx, p.Ticket.ID)
	for _, k := range all {
		if k.Run != p.Ticket.Run {
			continue
		}
		p.Methods.Asked = append(p.Methods.Asked, k)
		if err := addNames(ctx, v, p.Names, k.Person); err != nil {
			return err
		}
	}
	return err
}

func (d *Desk) fillCheck(ctx context.Context, v store.View, p *TicketPage) (err error) {
	p.Methods.CheckOn = d.identityOn()
	p.Methods.Check, err = waitingCheck(ctx, v, p.Ticket, d.now())
	return err
}

// claimExtras fills in what the claimed page offers for such methods: the words
// of a call that is on, the link of a check that waits.
func (d *Desk) claimExtras(ctx context.Context, v store.View, p *ClaimPage, m recovery.Method) error {
	switch m {
	case recovery.ByCallBack:
		calls, err := v.Calls(ctx, p.Ticket.ID)
		for _, call := range calls {
			if call.Live(p.Ticket.Run, d.now()) {
				p.CallUntil = call.Ends
			}
		}
		return err
	case recovery.ByCheck:
		k, err := waitingCheck(ctx, v, p.Ticket, d.now())
		if k != nil && k.Method == m {
			p.CheckLink, p.CheckUntil = d.checkLink(p.Ticket, *k), k.Ends
		}
		return err
	}
	return nil
}

// Way is a method of the open step as the reader of the page may use it.
type Way struct {
	Method    recovery.Method
	Blocked   string // why not, in words
	TriesLeft int64  // wrong entries until the run fails; 0 where tries are not counted
}
