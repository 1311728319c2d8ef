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

// Starting says whether the first day of work is known and near: from 14 days
// before it to 14 days after it (UTC). For whoever was there before the house was
// founded it is the founding: nobody could have enrolled or vouched earlier.
func (a Account) Starting(now int64) bool {
	founding := a.Baseline != 0 && now < a.Baseline+HiredNear
	return founding || a.StartsOn != 0 && now >= a.StartsOn-HiredNear && now < a.StartsOn+HiredNear+Day
}

// StartsYet says whether a first day of work could still open the first
// enrolment: it is near or lies ahead.
func (a Account) StartsYet(now int64) bool {
	return a.StartsOn != 0 && now < a.StartsOn+HiredNear+Day
}

// farFromStart refuses a first enrolment far from the first day of work, with
// the days and the way that is left.
func farFromStart(day int64) *Refusal {
	other := "a person who has worked here for longer, or returns, is proofed by account-rebind."
	if day == 0 {
		return Refuse("start-date", "The directory names no first day of work for this account.",
			"HR enters it (column start_date of the accounts file, signed by a second administrator); "+other)
	}
	return Refuse("start-date", "The first day of work in the directory is "+DayText(day)+"; a first enrolment is possible from "+DayText(day-HiredNear)+" to "+DayText(day+HiredNear)+".",
		"Open the ticket within that time. If the day is wrong, HR corrects it and a second administrator signs; "+other)
}

// MayRecover refuses every event but the two that can begin with nothing, to an
// account that never had a way to sign in: what never was is not recovered, and
// no other row asks for the first day of work.
func MayRecover(event EventID, hadFactor bool) error {
	if hadFactor || event == FirstEnrolment || event == AccountRebind {
		return nil
	}
	return Refuse("never-enrolled", "This account never had a way to sign in, so there is nothing to recover.",
		"Open the ticket as first-enrolment; further than 14 days from the first day of work, as account-rebind.")
}

// AnsweredBy is who vouches for a contractor or agrees for a service account: the
// sponsor, or the manager where the directory names none.
func (a Account) AnsweredBy() string {
	if a.Sponsor != "" {
		return a.Sponsor
	}
	return a.Manager
}
