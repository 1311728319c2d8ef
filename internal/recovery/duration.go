package recovery

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as policy files write it: microseconds for
// seconds, minutes, hours and days (`30s`, `10m`, `24h`, `30d`), business days
// for `5bd`. Business days have no fixed length; see After.
type Duration struct {
	Micros int64 // length in microseconds; 0 when business days are meant
	Days   int64 // business days
}

// For makes a Duration of a number of microseconds.
func For(micros int64) Duration { return Duration{Micros: micros} }

// units are the letters of a length, longest first, so that writing finds the
// largest that fits.
var units = []struct {
	letter string
	micros int64
}{{"d", Day}, {"h", Hour}, {"m", Minute}, {"s", Second}}

// longest is the longest Duration of a file: ten years. Ours.
const longest = 3653 * Day

// ParseDuration reads `10m`, `24h`, `30d`, `5bd` and `0`. The error says what is
// wrong in words for the author of a file.
func ParseDuration(text string) (Duration, error) {
	if text == "0" {
		return Duration{}, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 || strings.HasPrefix(digits, "+") {
		return Duration{}, fmt.Errorf("%q is no length of time; write it like 10m, 24h, 30d or 5bd", text)
	}
	unit := text[len(digits):]
	if unit == "bd" && n <= longest/Day {
		return Duration{Days: n}, nil
	}
	for _, u := range units {
		if u.letter == unit && n <= longest/u.micros {
			return Duration{Micros: n * u.micros}, nil
		}
	}
	if unit == "s" || unit == "m" || unit == "h" || unit == "d" || unit == "bd" {
		return Duration{}, fmt.Errorf("%s is longer than ten years", text)
	}
	return Duration{}, fmt.Errorf("%q has no unit we know; write s, m, h, d or bd (business days)", text)
}

// String writes the Duration as ParseDuration reads it: up to 72 hours in hours,
// as everybody says it.
func (d Duration) String() string {
	if d.Days != 0 {
		return fmt.Sprintf("%dbd", d.Days)
	}
	for _, u := range units {
		if u.letter == "d" && d.Micros <= 72*Hour {
			continue
		}
		if d.Micros != 0 && d.Micros%u.micros == 0 {
			return strconv.FormatInt(d.Micros/u.micros, 10) + u.letter
		}
	}
	return "0"
}

var unitNames = map[string]string{"s": "second", "m": "minute", "h": "hour", "d": "day", "bd": "business day"}

// Words writes the Duration for a sentence: "10 minutes", "5 business days".
func (d Duration) Words() string {
	text := d.String()
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	name := unitNames[text[len(digits):]]
	switch {
	case name == "":
		return "no time"
	case digits == "1":
		return "1 " + name
	}
	return digits + " " + name + "s"
}

// Zero says whether the Duration is no time at all.
func (d Duration) Zero() bool { return d == Duration{} }

// After is the moment that lies the Duration after at (both microseconds UTC).
// Business days are Monday to Friday in UTC until sites have calendars; the time
// of day stays.
func (d Duration) After(at int64) int64 {
	if d.Days == 0 {
		return at + d.Micros
	}
	t := time.UnixMicro(at).UTC()
	for left := d.Days; left > 0; {
		t = t.AddDate(0, 0, 1)
		if w := t.Weekday(); w != time.Saturday && w != time.Sunday {
			left--
		}
	}
	return t.UnixMicro()
}

// span compares durations: a business day counts as the least it can be.
func (d Duration) span() int64 { return d.Micros + d.Days*Day }
