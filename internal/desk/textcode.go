package desk

import (
	"context"
	"net/url"
	"slices"

	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// number is the number of the directory that a code goes to by text message.
// Refused: a house without a gateway (sms-off), a number that may carry no proof
// (address-not-usable).
func (c *Change) number(ctx context.Context, t recovery.Ticket, address string) (recovery.Address, error) {
	if !c.desk.Settings.Texts {
		return recovery.Address{}, recovery.Refuse("sms-off", "This house has no SMS gateway.", "Choose another of the ways that are offered.").On("method")
	}
	a, struck, err := c.numberOf(ctx, t, address)
	if err == nil && (a.Kind != recovery.Phone || struck != "") {
		err = recovery.Refuse("address-not-usable", "This number may carry no proof in this ticket.", "Choose one of the numbers that are offered.").On("address")
	}
	return a, err
}

// textCode queues the one text message that holds the digits; it is given up when
// the code ends.
func (c *Change) textCode(ctx context.Context, code recovery.IssuedCode, a recovery.Address, digits string) error {
	n := store.NoticeRow{ID: c.desk.newID(), Ticket: code.Ticket, Account: code.Account, Kind: string(recovery.NoticeIssuedText), Address: a.ID, SentTo: a.Value, Queued: c.Now}
	if err := c.Tx.AddNotice(ctx, n); err != nil {
		return err
	}
	u, err := url.Parse(c.desk.Settings.PublicURL)
	if err != nil {
		return err
	}
	id := c.desk.newID()
	f := notify.Facts{Code: digits, Minutes: minutes(code), Host: u.Hostname(), When: c.Now, Until: code.Ends}
	sealed, err := c.desk.seal(letter{Kind: notify.IssuedText, To: a.Value, Facts: f}, id)
	if err != nil {
		return err
	}
	return c.queue(ctx, store.Job{ID: id, Kind: JobMail, Object: n.ID, Ticket: n.Ticket, Account: n.Account, Sealed: sealed, Ends: code.Ends})
}

// minutes is how long a code works from when it was made.
func minutes(code recovery.IssuedCode) int { return int((code.Ends - code.Made) / recovery.Minute) }

// compose writes the message of a letter: a mail, or a text message.
func compose(l letter) (notify.Message, error) {
	if l.Kind == notify.IssuedText {
		return notify.TextMessage(l.Facts)
	}
	return notify.Compose(l.Kind, l.Facts)
}

// numbers lists the numbers that may carry a method, masked.
func numbers(all []recovery.Channel, m recovery.Method) []Choice {
	var out []Choice
	for _, ch := range recovery.Reachable(m, all) {
		out = append(out, Choice{ID: ch.ID, Masked: ch.Name})
	}
	return slices.Clip(out)
}
