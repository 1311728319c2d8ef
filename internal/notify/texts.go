package notify

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"strings"
	"text/template"
)

// Compose writes the message of a kind. To and ID are the caller's to set. It
// refuses a kind it does not know, a code or link that the kind needs and f
// lacks, an address that is not a web address, and a holder's notice without the
// account or a desk to turn to (SP 800-63B-4 §4.6: every notice says whom to contact).
func Compose(kind Kind, f Facts) (Message, error) {
	t, f, err := prepare(kind, f)
	if err != nil {
		return Message{}, fmt.Errorf("notify: compose %s: %w", kind, err)
	}
	subject, blocks, err := t.blocks(f)
	if err != nil {
		return Message{}, fmt.Errorf("notify: compose %s: %w", kind, err)
	}
	blocks = append(blocks, closing(t, f)...)
	return Message{Subject: subject, Text: plain(blocks), HTML: markup(subject, blocks), When: f.When}, nil
}

// ErrSecret refuses to print what only its owner may see (R22).
var ErrSecret = errors.New("a letter passes through staff hands and may hold no code or link")

// Letter writes the same notice as a page to print and post. It names the desk
// but holds no link, not even the one that stops: staff print it.
func Letter(kind Kind, f Facts) (string, error) {
	f.StopURL, f.StopPage, f.StopCode = "", "", ""
	t, f, err := prepare(kind, f)
	if err == nil && t.secret {
		err = ErrSecret
	}
	if err != nil {
		return "", fmt.Errorf("notify: letter %s: %w", kind, err)
	}
	subject, blocks, err := t.blocks(f)
	if err != nil {
		return "", fmt.Errorf("notify: letter %s: %w", kind, err)
	}
	head := f.Instance + "\n" + clockDay(f.When) + "\n\n\n" + subject + "\n\n"
	return head + plain(append(blocks, closing(t, f)...)), nil
}

func prepare(kind Kind, f Facts) (text, Facts, error) {
	t, known := textOf(kind)
	if !known {
		return text{}, f, errors.New("no such kind")
	}
	f = f.cleaned()
	if t.notice && f.Account == "" {
		return text{}, f, errors.New("the account is needed")
	}
	if t.notice && f.Desk.Phone == "" && f.Desk.Place == "" {
		return text{}, f, errors.New("the desk's place or phone is needed")
	}
	if f.StopURL != "" {
		if err := checkURL("stop link", f.StopURL); err != nil {
			return text{}, f, err
		}
	}
	if f.StopPage != "" {
		if err := checkURL("stop page", f.StopPage); err != nil {
			return text{}, f, err
		}
	}
	if strings.Contains(t.body, ".LinkURL") {
		if err := checkURL("link", f.LinkURL); err != nil {
			return text{}, f, err
		}
	}
	if strings.Contains(t.body, ".CodeGroups") && (f.Code == "" || f.Minutes < 1) {
		return text{}, f, errors.New("the code and its minutes are needed")
	}
	return t, f, nil
}

// block is one paragraph.
type block struct {
	style string // "" words, "*" list with a heading, "=" code, ">" link
	words string
	items []string
}

// blocks fills the templates. A paragraph's style is read from our source, never
// from what a fact put there.
func (t text) blocks(f Facts) (subject string, list []block, err error) {
	if subject, err = fill(t.subject, f); err != nil {
		return "", nil, err
	}
	if f.Holder != "" {
		list = append(list, block{words: f.Holder + ","})
	}
	for _, paragraph := range strings.Split(t.body, "\n\n") {
		b := block{}
		if style, rest, found := strings.Cut(paragraph, " "); found && strings.Contains("*=>", style) {
			b.style, paragraph = style, rest
		}
		if b.words, err = fill(paragraph, f); err != nil {
			return "", nil, err
		}
		if b.style == "*" {
			b.items = f.What
		}
		if b.words != "" && (b.style != "*" || len(b.items) > 0) {
			list = append(list, b)
		}
	}
	return subject, list, nil
}

func fill(source string, f Facts) (string, error) {
	parsed, err := template.New("").Option("missingkey=error").Parse(source)
	if err != nil {
		return "", fmt.Errorf("parse %q: %w", source, err)
	}
	var out strings.Builder
	if err := parsed.Execute(&out, f); err != nil {
		return "", fmt.Errorf("fill %q: %w", source, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// closing says what to do if it was not the reader, and who we are.
func closing(t text, f Facts) []block {
	var list []block
	if t.notice && f.StopURL != "" {
		list = append(list,
			block{words: cmp.Or(t.stop, "If this was not you, open this page and press the button on it. You need not sign in:")},
			block{style: ">", words: f.StopURL})
		if f.StopPage != "" && f.StopCode != "" {
			list = append(list, block{words: "Or type the stop code " + f.StopCode + " on this page:"}, block{style: ">", words: f.StopPage})
		}
	}
	if t.notice {
		list = append(list, block{words: deskWords(f)})
		if !t.secret {
			list = append(list, block{words: "This message holds no link that signs you in. We never ask for a code or a password by mail or by phone."})
		}
	}
	if f.Instance != "" {
		list = append(list, block{words: "Countersign, for " + f.Instance})
	}
	return list
}

func deskWords(f Facts) string {
	var ways []string
	if f.Desk.Phone != "" {
		ways = append(ways, "call "+f.Desk.Phone)
	}
	if f.Desk.Place != "" {
		come := "come to " + f.Desk.Place
		if f.Desk.Hours != "" {
			come += " (" + f.Desk.Hours + ")"
		}
		ways = append(ways, come)
	}
	start := "If this was not you, or to speak to a person, "
	if f.StopURL != "" {
		start = "To speak to a person, "
	}
	return start + strings.Join(ways, " or ") + "."
}

func plain(blocks []block) string {
	parts := make([]string, 0, len(blocks))
	for _, b := range blocks {
		switch b.style {
		case "*":
			parts = append(parts, b.words+"\n- "+strings.Join(b.items, "\n- "))
		case "=", ">":
			parts = append(parts, "    "+b.words)
		default:
			parts = append(parts, b.words)
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// markup is the same text for readers of HTML: no style, no picture, nothing
// that is fetched.
func markup(subject string, blocks []block) string {
	var out strings.Builder
	out.WriteString("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
		html.EscapeString(subject) + "</title></head><body>\n")
	for _, b := range blocks {
		words := html.EscapeString(b.words)
		switch b.style {
		case "*":
			out.WriteString("<p>" + words + "</p>\n<ul>\n")
			for _, item := range b.items {
				out.WriteString("<li>" + html.EscapeString(item) + "</li>\n")
			}
			out.WriteString("</ul>\n")
		case "=":
			out.WriteString("<p><strong>" + words + "</strong></p>\n")
		case ">":
			out.WriteString("<p><a href=\"" + words + "\">" + words + "</a></p>\n")
		default:
			out.WriteString("<p>" + words + "</p>\n")
		}
	}
	out.WriteString("</body></html>\n")
	return out.String()
}
