package notify

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// Received is one message as the sink took it, for one recipient.
type Received struct {
	Number    int // from 1, in order of arrival
	To        string
	From      string
	Subject   string
	MessageID string // without angle brackets
	When      int64  // its Date header, unix microseconds UTC; 0 without one
	Text      string
	HTML      string
	Raw       []byte
	Copies    int // how often it came
}

func parseReceived(to string, raw []byte) (Received, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Received{}, fmt.Errorf("read message: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return Received{}, fmt.Errorf("subject: %w", err)
	}
	r := Received{
		To: to, From: message.Header.Get("From"), Subject: subject, Raw: raw,
		MessageID: strings.Trim(message.Header.Get("Message-Id"), "<> "),
	}
	if date, err := message.Header.Date(); err == nil {
		r.When = date.UnixMicro()
	}
	if err := r.addPart(textproto.MIMEHeader(message.Header), message.Body); err != nil {
		return Received{}, err
	}
	return r, nil
}

// addPart takes the text and HTML leaves of a message apart, at any depth.
func (r *Received) addPart(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		return r.addParts(multipart.NewReader(body, params["boundary"]))
	}
	content, err := io.ReadAll(decodeTransfer(header.Get("Content-Transfer-Encoding"), body))
	if err != nil {
		return fmt.Errorf("part %s: %w", kind, err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/html":
		r.HTML = text
	case "text/plain":
		r.Text = text
	}
	return nil
}

func (r *Received) addParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("next part: %w", err)
		}
		if err := r.addPart(part.Header, part); err != nil {
			return err
		}
	}
}

func decodeTransfer(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	}
	return body
}
