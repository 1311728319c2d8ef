package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

func theme(name string) templ.Attributes {
	if name == "light" || name == "dark" {
		return templ.Attributes{"data-theme": name}
	}
	return nil
}

func current(is bool) templ.Attributes {
	if is {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

func join(words []string) string { return strings.Join(words, ", ") }

func at(us int64, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return time.UnixMicro(us).In(zone)
}

// iso is the machine form of a time, UTC, to the millisecond, as scripts read it.
func iso(us int64) string { return at(us, nil).Format("2006-01-02T15:04:05.000Z07:00") }

// Stamp is a time in full with its zone: "21 Nov 2026, 14:32 UTC". us is microseconds UTC, a nil zone is UTC.
func Stamp(us int64, zone *time.Location) string { return at(us, zone).Format("2 Jan 2006, 15:04 MST") }

// Day is a date without its time.
func Day(us int64, zone *time.Location) string { return at(us, zone).Format("2 Jan 2006") }

// Clock is the time of day with its zone: "14:32 UTC".
func Clock(us int64, zone *time.Location) string { return at(us, zone).Format("15:04 MST") }

func itoa(n int) string { return strconv.Itoa(n) }

func step(here bool) templ.Attributes {
	if here {
		return templ.Attributes{"aria-current": "step"}
	}
	return nil
}

func auditPath(path string) templ.Attributes {
	if path == "" {
		return nil
	}
	return templ.Attributes{"data-audit": path}
}
