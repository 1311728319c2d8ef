package notify

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	sinkKeep     = 2000             // newest messages kept: a long demo stays small
	sinkMaxBytes = 1 << 20          // one message; ours are a few kilobytes
	sinkIdle     = 60 * time.Second // a client that says nothing is let go
)

// Sink is a mail server that keeps what it is given: the holders' mailboxes of
// the demo, and the next hop of the tests. It listens on loopback only.
type Sink struct {
	options  SinkOptions
	server   *smtp.Server
	listener net.Listener
	done     chan struct{}

	mu    sync.Mutex
	next  int // number of the next message, from 1
	mails []Received
}

// SinkOptions are all optional.
type SinkOptions struct {
	Addr     string      // default 127.0.0.1:0
	TLS      *tls.Config // offers STARTTLS
	Implicit bool        // TLS from the first byte, with TLS
	Username string      // asks for this name and Password
	Password string
	// Rcpt is asked before a recipient is taken. It may block, to be a slow
	// server, and may refuse with [Refuse].
	Rcpt func(to string) error
	// Accept is told of each new message after it was kept.
	Accept func(Received)
}

// Refuse is an SMTP answer for [SinkOptions.Rcpt], such as 450 or 550.
func Refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// NewSink starts a sink. The caller closes it.
func NewSink(o SinkOptions) (*Sink, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("notify: sink address: %w", err)
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("notify: the sink listens on loopback only, not on %s", host)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("notify: sink: %w", err)
	}
	if o.Implicit {
		listener = tls.NewListener(listener, o.TLS)
	}
	s := &Sink{options: o, listener: listener, next: 1, done: make(chan struct{})}
	s.server = s.newServer()
	go s.serve()
	return s, nil
}

func (s *Sink) newServer() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &sinkSession{sink: s, signedIn: s.options.Username == ""}, nil
	}))
	server.Domain = "localhost"
	server.MaxMessageBytes = sinkMaxBytes
	server.MaxRecipients = 10
	server.ReadTimeout, server.WriteTimeout = sinkIdle, sinkIdle
	server.ErrorLog = quiet{}
	if !s.options.Implicit {
		server.TLSConfig = s.options.TLS
	}
	return server
}

func (s *Sink) serve() {
	defer close(s.done)
	_ = s.server.Serve(s.listener) // ends with Close
}

// Addr is host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Close ends the server and its connections; the messages stay readable.
func (s *Sink) Close() error {
	_ = s.listener.Close() // the server knows it only once serve has run
	err := s.server.Close()
	<-s.done
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Messages returns what is kept, oldest first.
func (s *Sink) Messages() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

// keep files one copy for one recipient. The same Message-ID to the same address
// is the same message: it is counted, not kept twice.
func (s *Sink) keep(r Received) (Received, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.mails {
		if old := &s.mails[i]; r.MessageID != "" && old.MessageID == r.MessageID && old.To == r.To {
			old.Copies++
			return *old, false
		}
	}
	r.Number, r.Copies = s.next, 1
	s.next++
	s.mails = append(s.mails, r)
	if extra := len(s.mails) - sinkKeep; extra > 0 {
		s.mails = append([]Received(nil), s.mails[extra:]...)
	}
	return r, true
}

type sinkSession struct {
	sink     *Sink
	signedIn bool
	to       []string
}

func (c *sinkSession) AuthMechanisms() []string {
	if c.sink.options.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *sinkSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != c.sink.options.Username || password != c.sink.options.Password {
			return smtp.ErrAuthFailed
		}
		c.signedIn = true
		return nil
	}), nil
}

func (c *sinkSession) Mail(string, *smtp.MailOptions) error {
	if !c.signedIn {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (c *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.sink.options.Rcpt != nil {
		if err := c.sink.options.Rcpt(to); err != nil {
			return err
		}
	}
	c.to = append(c.to, to)
	return nil
}

func (c *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, to := range c.to {
		mail, err := parseReceived(to, raw)
		if err != nil {
			return Refuse(554, "this is not a message")
		}
		kept, fresh := c.sink.keep(mail)
		if fresh && c.sink.options.Accept != nil {
			c.sink.options.Accept(kept)
		}
	}
	return nil
}

func (c *sinkSession) Reset()        { c.to = nil }
func (c *sinkSession) Logout() error { return nil }

// quiet drops the server's complaints about clients that hang up.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
