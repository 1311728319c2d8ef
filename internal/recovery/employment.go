package recovery

import (
	"fmt"
	"time"
)

// HiredNear is how far from the first day of work an account is enrolled for the
// first time (policy-defaults, "first-enrolment"). Ours.
const HiredNear = 14 * Day

// DayOf reads a date like 2026-11-30 as 00:00 UTC of that day; 0 for anything else.
func DayOf(text string) int64 {
	when, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0
	}
	return when.UnixMicro()
}

// DayText writes a day as DayOf reads it, "" for none.
func DayText(day int64) string {
	if day == 0 {
		return ""
	}
	return time.UnixMicro(day).UTC().Format(time.DateOnly)
}

func dayProblem(column, text string) string {
	if text == "" || DayOf(text) > 0 {
		return ""
	}
	return fmt.Sprintf("%s %s is not a date like 2026-11-30", column, Quote(text))
}

// ContractOver says whether the last day of work has passed (UTC).
func (a Account) ContractOver(now int64) bool { return a.EndsOn != 0 && now >= a.EndsOn+Day }

// Starting says whether the first day of work is near, or not known to the directory.
func (a Account) Starting(now int64) bool {
	return a.StartsOn == 0 || now >= a.StartsOn-HiredNear && now < a.StartsOn+HiredNear+Day
}

// AnsweredBy is who vouches for a contractor or agrees for a service account: the
// sponsor, or the manager where the directory names none.
func (a Account) AnsweredBy() string {
	if a.Sponsor != "" {
		return a.Sponsor
	}
	return a.Manager
}
