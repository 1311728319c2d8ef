package notify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

func TestSend(t *testing.T) {
	cert, roots := certificate(t)
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	client := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	for name, c := range map[string]struct {
		sink     SinkOptions
		security Security
	}{
		"plain on loopback":              {SinkOptions{}, Plain},
		"STARTTLS":                       {SinkOptions{TLS: server}, StartTLS},
		"TLS from the first byte":        {SinkOptions{TLS: server, Implicit: true}, ImplicitTLS},
		"STARTTLS with a password":       {SinkOptions{TLS: server, Username: "desk", Password: "secret"}, StartTLS},
		"TLS from the start, a password": {SinkOptions{TLS: server, Implicit: true, Username: "desk", Password: "secret"}, ImplicitTLS},
	} {
		t.Run("delivers text and HTML over "+name, func(t *testing.T) {
			sink := newSink(t, c.sink)
			sender := newSender(t, SMTPConfig{Addr: sink.Addr(), Security: c.security, TLS: client,
				Username: c.sink.Username, Password: c.sink.Password})
			want := message(t)
			if err := sender.Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got := sink.Messages()
			if len(got) != 1 {
				t.Fatalf("%d messages", len(got))
			}
			m := got[0]
			if m.To != want.To || m.Subject != want.Subject || m.Text != want.Text || m.HTML != want.HTML ||
				m.When != want.When || m.MessageID != want.ID+"@desk.example.test" {
				t.Errorf("got %+v\nwant %+v", m, want)
			}
		})
	}
	t.Run("refuses a server that offers no STARTTLS, and may try again", func(t *testing.T) {
		sink := newSink(t, SinkOptions{})
		sender := newSender(t, SMTPConfig{Addr: sink.Addr(), Security: StartTLS, TLS: client})
		wantTemporary(t, sender.Send(t.Context(), message(t)))
		if len(sink.Messages()) != 0 {
			t.Error("delivered in the clear")
		}
	})
	t.Run("refuses a certificate it does not trust, and may try again", func(t *testing.T) {
		for _, implicit := range []bool{false, true} {
			sink := newSink(t, SinkOptions{TLS: server, Implicit: implicit})
			security := StartTLS
			if implicit {
				security = ImplicitTLS
			}
			wantTemporary(t, newSender(t, SMTPConfig{Addr: sink.Addr(), Security: security}).Send(t.Context(), message(t)))
		}
	})
	t.Run("a wrong password may be tried again: it is ours to repair", func(t *testing.T) {
		sink := newSink(t, SinkOptions{TLS: server, Username: "desk", Password: "secret"})
		sender := newSender(t, SMTPConfig{Addr: sink.Addr(), Security: StartTLS, TLS: client, Username: "desk", Password: "wrong"})
		wantTemporary(t, sender.Send(t.Context(), message(t)))
	})
}

func TestNewSMTP(t *testing.T) {
	for name, c := range map[string]SMTPConfig{
		"a plain connection to another machine":  {Addr: "mail.example.test:25", From: "desk@desk.example.test", Security: Plain},
		"a password over a plain connection":     {Addr: "127.0.0.1:25", From: "desk@desk.example.test", Security: Plain, Username: "x"},
		"no security at all":                     {Addr: "127.0.0.1:25", From: "desk@desk.example.test"},
		"a from address with a second header":    {Addr: "127.0.0.1:25", From: "desk@desk.example.test\r\nBcc: x@example.test", Security: Plain},
		"an address without a port":              {Addr: "127.0.0.1", From: "desk@desk.example.test", Security: Plain},
		"a from address that is not one address": {Addr: "127.0.0.1:25", From: "desk", Security: Plain},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if _, err := NewSMTP(c); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestR26_AFailedDeliverySaysWhetherToTryAgain(t *testing.T) {
	send := func(t *testing.T, ctx context.Context, o SinkOptions, m Message) (*Sink, error) {
		sink := newSink(t, o)
		return sink, newSender(t, SMTPConfig{Addr: sink.Addr(), Security: Plain}).Send(ctx, m)
	}
	t.Run("a 4xx answer is temporary", func(t *testing.T) {
		_, err := send(t, t.Context(), SinkOptions{Rcpt: func(string) error { return Refuse(450, "later") }}, message(t))
		wantTemporary(t, err)
	})
	t.Run("a 5xx answer is permanent", func(t *testing.T) {
		_, err := send(t, t.Context(), SinkOptions{Rcpt: func(string) error { return Refuse(550, "no such mailbox") }}, message(t))
		if !IsPermanent(err) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("no server is temporary", func(t *testing.T) {
		sink := newSink(t, SinkOptions{})
		sender := newSender(t, SMTPConfig{Addr: sink.Addr(), Security: Plain})
		_ = sink.Close()
		wantTemporary(t, sender.Send(t.Context(), message(t)))
	})
	t.Run("a server that stops answering is let go when the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		_, err := send(t, ctx, SinkOptions{Rcpt: func(string) error { cancel(); <-release; return nil }}, message(t))
		close(release) // before the sink closes: it waits for its sessions
		wantTemporary(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the same job sent twice is one message", func(t *testing.T) {
		accepted := 0
		sink := newSink(t, SinkOptions{Accept: func(Received) { accepted++ }})
		sender := newSender(t, SMTPConfig{Addr: sink.Addr(), Security: Plain})
		for range 2 {
			if err := sender.Send(t.Context(), message(t)); err != nil {
				t.Fatal(err)
			}
		}
		got := sink.Messages()
		if len(got) != 1 || got[0].Copies != 2 || accepted != 1 {
			t.Errorf("%d messages, %d accepted", len(got), accepted)
		}
	})
	for name, spoil := range map[string]func(*Message){
		"a subject with a second header":   func(m *Message) { m.Subject = "a\r\nBcc: x@example.test" },
		"a recipient with a second header": func(m *Message) { m.To = "a@example.test\r\nBcc: x@example.test" },
		"two recipients in one":            func(m *Message) { m.To = "a@example.test, b@example.test" },
		"a recipient with a name":          func(m *Message) { m.To = "A <a@example.test>" },
		"an id that ends the header":       func(m *Message) { m.ID = "a>\r\nX: y" },
		"no id":                            func(m *Message) { m.ID = "" },
	} {
		t.Run("refuses "+name+" for good", func(t *testing.T) {
			m := message(t)
			spoil(&m)
			sink, err := send(t, t.Context(), SinkOptions{}, m)
			if !IsPermanent(err) || len(sink.Messages()) != 0 {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestSink(t *testing.T) {
	t.Run("listens on loopback only", func(t *testing.T) {
		if _, err := NewSink(SinkOptions{Addr: "0.0.0.0:0"}); err == nil {
			t.Fatal("listens everywhere")
		}
	})
	t.Run("keeps the newest 2,000 messages", func(t *testing.T) {
		sink := newSink(t, SinkOptions{})
		for i := range sinkKeep + 5 {
			sink.keep(Received{To: "a@example.test", MessageID: fmt.Sprint(i)})
		}
		got := sink.Messages()
		if len(got) != sinkKeep || got[0].Number != 6 || got[sinkKeep-1].Number != sinkKeep+5 {
			t.Errorf("%d messages from %d to %d", len(got), got[0].Number, got[len(got)-1].Number)
		}
	})
}

func message(t *testing.T) Message {
	t.Helper()
	m, err := Compose(Executed, facts())
	if err != nil {
		t.Fatal(err)
	}
	m.To, m.ID = "robin@example.test", "job-0192"
	m.Subject += " Ärger" // a subject beyond ASCII survives the journey
	return m
}

func newSink(t *testing.T, o SinkOptions) *Sink {
	t.Helper()
	sink, err := NewSink(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

func newSender(t *testing.T, c SMTPConfig) *SMTP {
	t.Helper()
	c.From = "Desk <desk@desk.example.test>"
	sender, err := NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func wantTemporary(t *testing.T, err error) {
	t.Helper()
	var temporary *Temporary
	if !errors.As(err, &temporary) || IsPermanent(err) || !strings.HasPrefix(err.Error(), "not delivered yet: ") {
		t.Errorf("got %v, want a temporary error", err)
	}
}

// certificate is a fresh self-signed one for 127.0.0.1.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
