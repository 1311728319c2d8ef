// Package notify writes the messages that Countersign sends and hands them to
// the next hop.
//
// It has two halves that know nothing of each other:
//
//   - Texts. [Compose] turns a [Kind] and its [Facts] into a [Message] in plain
//     text with a simple HTML alternative; [Letter] turns the same facts into a
//     page to print and post. Both are pure.
//   - Delivery. A [Sender] takes one Message to one address. [SMTP] speaks to a
//     real server; [Sink] is the server of the demo and of the tests.
//
// What is promised, and where from:
//
//   - A notice says what happened, when, and what to do if it was not the
//     reader, with a way to reach a person (SP 800-63B-4 §4.6, R24). It holds no
//     link that signs anyone in, and its subject holds no secret.
//   - It never names an agent or an approver: a role at most.
//   - A job that is tried again sends the same message: [Message.ID] is its
//     Message-ID, so servers and readers can drop the repeat (R26).
//   - An error says whether a repeat can help: [Temporary] or [Permanent]. A
//     message counts as delivered when the next hop took it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
)

// Message is one mail to one address.
type Message struct {
	To      string // bare address, as in the directory
	Subject string
	Text    string
	HTML    string // optional alternative to Text
	ID      string // local part of the Message-ID, the same for each try of one job
	When    int64  // Date header, unix microseconds UTC
}

// Sender hands one message to the next hop. A nil error means that the hop took
// responsibility for it; any other error is a [*Temporary] or a [*Permanent].
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Temporary says that the same message may get through later.
type Temporary struct{ Err error }

func (e *Temporary) Error() string { return "not delivered yet: " + e.Err.Error() }
func (e *Temporary) Unwrap() error { return e.Err }

// Permanent says that this message will never reach this address: the server
// refused it for good, or it cannot be sent as it is.
type Permanent struct{ Err error }

func (e *Permanent) Error() string { return "not deliverable: " + e.Err.Error() }
func (e *Permanent) Unwrap() error { return e.Err }

// IsPermanent reports whether a repeat is pointless.
func IsPermanent(err error) bool {
	var p *Permanent
	return errors.As(err, &p)
}

// check refuses what could become a second header or a second recipient. The
// mail library encodes most of it away; we would rather not depend on that.
func (m Message) check() error {
	for _, field := range []struct{ name, value string }{{"to", m.To}, {"subject", m.Subject}, {"id", m.ID}} {
		if field.value == "" {
			return fmt.Errorf("%s is empty", field.name)
		}
		if strings.ContainsFunc(field.value, unicode.IsControl) {
			return fmt.Errorf("%s holds a control character", field.name)
		}
	}
	address, err := mail.ParseAddress(m.To)
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if address.Address != m.To {
		return errors.New("to is not a bare address")
	}
	if strings.ContainsAny(m.ID, "<>@ \"\\") {
		return errors.New("id holds a character that a Message-ID may not")
	}
	return nil
}
