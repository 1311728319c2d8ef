package notify

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Facts are what a text may say. All are optional except those that a kind
// needs; times are unix microseconds UTC, 0 for none.
type Facts struct {
	Holder     string // name of the account's holder, or of the staff member written to
	Account    string // id of the account
	Reference  string // of the ticket
	Event      string // event id, such as device-loss
	Population string // population id
	Tier       string // Pass, Replacement or Reset
	When       int64  // when it happened
	Until      int64  // when what it is about ends or falls due
	StopURL    string // the page with the "this was not me" button
	StopPage   string // where StopCode is typed instead
	StopCode   string // K7QP2-M9X4T
	LinkURL    string // an invitation's link
	Code       string // an issued code, 8 digits
	Minutes    int    // how long Code works
	Host       string // of our pages: text messages bind their code to it
	Desk       Desk
	Instance   string   // who writes: the installation's name
	What       []string // what changed, is due, or raised the alarm; one line each
	Actor      string   // a role, never a name
}

// Desk is where a person can go who cannot use a link.
type Desk struct{ Place, Hours, Phone string }

// maxFact bounds one line of other people's text in a message, in runes.
const maxFact = 200

// clean makes one visible line of s. A name may hold a line break or characters
// that reorder the line around them; in a mail they could forge our words.
func clean(s string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	line := []rune(strings.Join(strings.Fields(visible), " "))
	if len(line) > maxFact {
		line = append(line[:maxFact-1], '…')
	}
	return string(line)
}

func (f Facts) cleaned() Facts {
	for _, s := range []*string{&f.Holder, &f.Account, &f.Reference, &f.Event, &f.Population, &f.Tier, &f.Code,
		&f.Desk.Place, &f.Desk.Hours, &f.Desk.Phone, &f.Instance, &f.Actor} {
		*s = clean(*s)
	}
	lines := make([]string, 0, len(f.What))
	for _, line := range f.What {
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	f.What = lines
	return f
}

// The methods below are what the texts call.

// At is the clock time of When, for a subject.
func (f Facts) At() string { return clock(f.When) }

// AtDay is the clock time and day of When.
func (f Facts) AtDay() string { return clockDay(f.When) }

// UntilDay is the clock time and day of Until, or nothing.
func (f Facts) UntilDay() string {
	if f.Until == 0 {
		return ""
	}
	return clockDay(f.Until)
}

// EventWords is the event in the holder's words.
func (f Facts) EventWords() string {
	if words, ok := eventWords[f.Event]; ok {
		return words
	}
	return f.Event
}

// TierWords says what the ticket's tier would do.
func (f Facts) TierWords() string {
	switch f.Tier {
	case "Pass":
		return "a Pass, a way in that ends by itself"
	case "Replacement":
		return "a Replacement: a new sign-in method in place of the lost one"
	case "Reset":
		return "a Reset: your sign-in methods are removed and you set up a new one"
	}
	return f.Tier
}

// CodeGroups is the issued code in two groups, to be read across a room.
func (f Facts) CodeGroups() string {
	if len(f.Code) != 8 {
		return f.Code
	}
	return f.Code[:4] + " " + f.Code[4:]
}

var eventWords = map[string]string{
	"device-loss":              "a lost or stolen device",
	"device-replacement":       "a new device",
	"factor-reset":             "a sign-in method that no longer works",
	"account-rebind":           "a change of the person record the account belongs to",
	"travel":                   "travel",
	"emergency":                "an emergency",
	"suspected-takeover":       "a suspicion that someone else got in",
	"first-enrolment":          "the first set-up of the account",
	"service-account-fallback": "a service account that cannot sign in",
}

func clock(micros int64) string { return time.UnixMicro(micros).UTC().Format("15:04 UTC") }

func clockDay(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("15:04 UTC on 2 January 2006")
}

func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return fmt.Errorf("%s is not a web address", name)
	}
	return nil
}
