package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Security says how the connection to the mail server is protected.
type Security string

const (
	StartTLS    Security = "starttls" // upgrade, and refuse a server that cannot
	ImplicitTLS Security = "tls"      // TLS from the first byte
	Plain       Security = "none"     // loopback only
)

// sendTimeout bounds one delivery from dialling to the last answer. RFC 5321
// §4.5.3.2 lets a server think for minutes; a job's lease does not.
const sendTimeout = 45 * time.Second

// SMTPConfig names the mail server and who we are to it.
type SMTPConfig struct {
	Addr     string // host:port
	From     string // address, or "Name <address>"
	Security Security
	Username string // empty: no authentication
	Password string
	TLS      *tls.Config   // nil: the system's roots and the host's name
	Timeout  time.Duration // 0: 45 s
}

// SMTP delivers through one mail server, one connection a message.
type SMTP struct {
	client *mail.Client
	from   string
	domain string // of From: the right side of our Message-IDs
}

// NewSMTP checks the configuration; it does not connect. It refuses a plain
// connection to another machine, and a password over one.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	host, portText, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("notify: mail server address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("notify: mail server port: %w", err)
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("notify: from address: %w", err)
	}
	options, err := c.options(host, port)
	if err != nil {
		return nil, err
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("notify: mail client: %w", err)
	}
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	return &SMTP{client: client, from: from.String(), domain: domain}, nil
}

func (c SMTPConfig) options(host string, port int) ([]mail.Option, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = sendTimeout
	}
	security := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		security = c.TLS
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(timeout), mail.WithTLSConfig(security), mail.WithHELO("localhost"),
	}
	switch c.Security {
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithDialContextFunc(dial))
	case ImplicitTLS:
		options = append(options, mail.WithSSL(), mail.WithDialContextFunc(dialTLS(security)))
	case Plain:
		if !isLoopback(host) {
			return nil, fmt.Errorf("notify: security %q is for loopback only, not for %s", Plain, host)
		}
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(dial))
	default:
		return nil, fmt.Errorf("notify: mail security %q: want starttls, tls or none", c.Security)
	}
	if c.Username == "" {
		return options, nil
	}
	if c.Security == Plain {
		return nil, errors.New("notify: a mail password needs starttls or tls")
	}
	// Named, because the library's own choice does not see that dialTLS's connection is encrypted.
	return append(options,
		mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin),
		mail.WithUsername(c.Username), mail.WithPassword(c.Password)), nil
}

// isLoopback does not ask a resolver: a name other than localhost may point
// anywhere tomorrow.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// dial ties the connection's life to ctx: the library looks at ctx only while it
// connects, and a server that stops answering later would hold the job.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	caller, ok := ctx.Value(callerKey{}).(context.Context)
	if !ok {
		return conn, nil
	}
	return &tiedConn{Conn: conn, release: context.AfterFunc(caller, func() { _ = conn.Close() })}, nil
}

func dialTLS(config *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secure, nil
	}
}

// callerKey carries Send's own context to dial: the one that the library passes
// ends when the connection stands.
type callerKey struct{}

type tiedConn struct {
	net.Conn
	release func() bool
}

func (c *tiedConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// Send delivers m. Only a 5xx answer to this message, or a message that cannot
// be written, is permanent: a wrong password or certificate is ours to repair,
// and the notice must wait for it (R26).
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return &Permanent{fmt.Errorf("message %q: %w", m.ID, err)}
	}
	letter, err := s.write(m)
	if err != nil {
		return &Permanent{fmt.Errorf("message %s: %w", m.ID, err)}
	}
	err = s.client.DialAndSendWithContext(context.WithValue(ctx, callerKey{}, ctx), letter)
	if err == nil || letter.IsDelivered() {
		return nil // an error after the server took the message is not a reason to send it twice
	}
	var answer *mail.SendError
	if errors.As(err, &answer) && answer.ErrorCode() >= 500 && answer.ErrorCode() <= 599 {
		return &Permanent{fmt.Errorf("message %s: %w", m.ID, err)}
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return &Temporary{fmt.Errorf("message %s: %w", m.ID, err)}
}

func (s *SMTP) write(m Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.From(s.from); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := letter.To(m.To); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	letter.Subject(m.Subject)
	letter.SetMessageIDWithValue(m.ID + "@" + s.domain)
	letter.SetDateWithValue(time.UnixMicro(m.When).UTC())
	// RFC 3834: no out-of-office answer to a notice.
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		letter.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}
