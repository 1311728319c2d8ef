package ui

import (
	"fmt"
	"time"

	"github.com/a-h/templ"
)

// Deadline is a moment by which something must have happened.
type Deadline struct {
	Label string // what happens then: "Code expires", "Approval window ends"; "" for the bare time
	At    int64  // microseconds UTC
	Now   int64  // the server's clock, microseconds UTC; the page counts from it, not from its own clock
	Zone  *time.Location
	Speak bool // announce 5 minutes, 1 minute and the end; for the one deadline a page is about
}

// left is the remaining time in words, rounded down to what matters: "9 minutes", "2 days", "over".
func (d Deadline) left() string {
	rest := time.Duration(d.At-d.Now) * time.Microsecond
	switch {
	case rest <= 0:
		return "over"
	case rest < time.Minute:
		return "less than a minute"
	}
	return span(rest)
}

// kind warns in the last 15 minutes and stops at the end.
func (d Deadline) kind() Kind {
	rest := time.Duration(d.At-d.Now) * time.Microsecond
	switch {
	case rest <= 0:
		return Stop
	case rest < 15*time.Minute:
		return Warn
	}
	return Flat
}

func (d Deadline) icon() string {
	if k := d.kind(); k != Flat {
		return k.icon()
	}
	return "clock"
}

// when is the clock time today, the full stamp on another day.
func (d Deadline) when() string {
	if at(d.At, d.Zone).Format(time.DateOnly) == at(d.Now, d.Zone).Format(time.DateOnly) {
		return Clock(d.At, d.Zone)
	}
	return Stamp(d.At, d.Zone)
}

// Ago is a past time in words for lists of staff: "4 minutes ago". Holders and approvals get Time instead.
func Ago(us, now int64) string {
	past := time.Duration(now-us) * time.Microsecond
	if past < time.Minute {
		return "just now"
	}
	return span(past) + " ago"
}

// span words a duration of at least a minute in its largest unit: minutes to 2 h, hours to 2 days, then days.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour")
	}
	return plural(int(d/(24*time.Hour)), "day")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// Machine is a moment as scripts and machines read it.
func Machine(us int64) string { return iso(us) }

// Left is the time until a moment in words.
func Left(us, now int64) string { return Deadline{At: us, Now: now}.left() }

func (d Deadline) announce() templ.Attributes {
	if d.Speak {
		return templ.Attributes{"data-announce": d.Label + " " + d.when() + "."}
	}
	return nil
}
