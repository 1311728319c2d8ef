package desk

import (
	"context"
	"errors"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// fillNotices reads who was told, and where a code may go: all masked.
func (d *Desk) fillNotices(ctx context.Context, v store.View, p *TicketPage) error {
	t := p.Ticket
	addresses, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return err
	}
	notices, err := v.NoticesOf(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.Address == "" {
			continue // to staff
		}
		p.Notices = append(p.Notices, SentNotice{Kind: n.Kind, To: maskSent(n.SentTo),
			Queued: n.Queued, Held: n.Held, Accepted: n.Accepted, Failed: n.Failed})
	}
	if !p.Step.By(recovery.ByMailCode) && !p.Step.By(recovery.BySMSCode) {
		return nil
	}
	around, err := d.around(ctx, v, t, d.now())
	if err != nil {
		return err
	}
	p.Choices = choices(recovery.Carriers(addresses, around, p.Step.ID, p.Evidence))
	for i, w := range p.Ways {
		if w.Method == recovery.ByMailCode && w.Blocked == "" && len(p.Choices) == 0 {
			p.Ways[i].Blocked = "Every mail address was used in this ticket, or is needed for the last proof."
		}
	}
	return d.fillCode(ctx, v, p, addresses)
}

// fillCode reads the code of the open step that waits to be typed.
func (d *Desk) fillCode(ctx context.Context, v store.View, p *TicketPage, addresses []recovery.Address) error {
	for _, m := range p.Step.Methods {
		code, err := v.IssuedCode(ctx, p.Ticket.ID, m.Slot())
		if errors.Is(err, store.ErrNotFound) || err == nil && (!code.Live(d.now()) || code.Run != p.Ticket.Run) {
			continue
		}
		if err != nil {
			return err
		}
		for _, a := range addresses {
			if a.ID == code.Address {
				p.CodeTo, p.CodeBy, p.CodeUntil = recovery.Mask(a), m, code.Ends
			}
		}
	}
	return nil
}

// maskSent masks where a message went.
func maskSent(to string) string {
	kind := recovery.Mail
	if strings.HasPrefix(to, "+") {
		kind = recovery.Phone
	}
	return recovery.Mask(recovery.Address{Kind: kind, Value: to})
}
