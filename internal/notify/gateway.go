package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"countersign/internal/codes"
)

// gatewayTimeout bounds one delivery to the gateway.
const gatewayTimeout = 20 * time.Second

// Gateway hands text messages to an SMS gateway: one POST of a small JSON
// document, signed with HMAC-SHA-256 (codes.SignCall). Text messages are a
// restricted authenticator (SP 800-63B-4 §3.2.9), so there is none unless it is
// configured and policy says so.
type Gateway struct {
	url    string
	secret []byte
	now    func() int64
	client *http.Client
}

// NewGateway checks the configuration; it does not connect. It refuses a plain
// connection to another machine and a short secret.
func NewGateway(address string, secret []byte, now func() int64) (*Gateway, error) {
	if err := CheckService(address, secret); err != nil {
		return nil, fmt.Errorf("notify: SMS gateway: %w", err)
	}
	client := &http.Client{Timeout: gatewayTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Gateway{url: address, secret: secret, now: now, client: client}, nil
}

// CheckService refuses the address of a service that is no URL, or unencrypted
// to another machine, and a secret shorter than 32 bytes.
func CheckService(address string, secret []byte) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("the address is no URL like https://gateway.example.org/messages")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("the address must start with https://; plain http is for loopback only")
	case len(secret) < codes.CallSecretMin:
		return fmt.Errorf("the secret must have at least %d characters", codes.CallSecretMin)
	}
	return nil
}

// number is E.164, as the directory holds numbers.
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// IsNumber says whether a message goes to a number rather than to a mailbox.
func (m Message) IsNumber() bool { return strings.HasPrefix(m.To, "+") }

// Send implements Sender: any 2xx means that the gateway took the message, 4xx
// but 408 and 429 that it never will.
func (g *Gateway) Send(ctx context.Context, m Message) error {
	if !number.MatchString(m.To) || m.ID == "" || m.Text == "" {
		return &Permanent{errors.New("not a text message to a number")}
	}
	body, err := json.Marshal(map[string]string{"id": m.ID, "to": m.To, "text": m.Text})
	if err != nil {
		return &Permanent{err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		return &Permanent{err}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(codes.CallHeader, codes.SignCall(g.secret, g.now(), body))
	answer, err := g.client.Do(r)
	if err != nil {
		return &Temporary{unaddressed(err)}
	}
	answer.Body.Close()
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests:
		return &Permanent{fmt.Errorf("the gateway answered %d", status)}
	default:
		return &Temporary{fmt.Errorf("the gateway answered %d", status)}
	}
}

// unaddressed keeps the gateway's address, which may hold a key, out of problems
// and logs.
func unaddressed(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Both sends to numbers by one hop and to mailboxes by the other. texts may be
// nil: then no text message is deliverable.
func Both(mails, texts Sender) Sender { return both{mails, texts} }

type both struct{ mails, texts Sender }

func (b both) Send(ctx context.Context, m Message) error {
	switch {
	case !m.IsNumber():
		return b.mails.Send(ctx, m)
	case b.texts == nil:
		return &Permanent{errors.New("there is no SMS gateway")}
	}
	return b.texts.Send(ctx, m)
}

// TextMessage writes an issued code as a text message of at most 160 characters.
// Its last line binds the code to our pages, so that a browser offers it nowhere
// else (origin-bound one-time codes, WICG).
func TextMessage(f Facts) (Message, error) {
	f = f.cleaned()
	if len(f.Code) != 8 || f.Minutes < 1 || f.Host == "" {
		return Message{}, errors.New("notify: compose issued-text: the code, its minutes and the host are needed")
	}
	host := f.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	text := fmt.Sprintf("%s is your recovery code. It works %d minutes. Type it yourself; nobody of ours asks for it.\n\n@%s #%s", f.Code, f.Minutes, host, f.Code)
	return Message{Text: text, When: f.When}, nil
}
