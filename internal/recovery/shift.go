package recovery

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Shift is when an approver is there to decide (R15, R60): every week on some
// days, or once on a date.
type Shift struct {
	ID, Person, Site string
	Zone             string // IANA name; the hours are those of its clocks
	Days             []int  // ISO weekdays, 1 is Monday; nil with a Date
	Date             string // 2006-01-02; "" with Days
	Begins, Ends     int64  // minutes of the day; Ends at or before Begins is on the next day
	Made             int64
	MadeBy           string
	Ended            int64
	Location         *time.Location // of Zone; whoever reads the row fills it in
}

// Span is a stretch of time, the end not included.
type Span struct{ From, To int64 }

// MayAddShift refuses a shift that never begins or that nobody could read.
func MayAddShift(s Shift) error {
	switch {
	case s.Location == nil:
		return Refuse("zone-unknown", "There is no time zone "+Quote(s.Zone)+".", "Use a name like Europe/Berlin or UTC.").On("zone")
	case (len(s.Days) == 0) == (s.Date == ""):
		return Refuse("days-missing", "Choose weekdays or give one date.", "A weekly shift has days; a single one has a date.").On("date")
	case slices.ContainsFunc(s.Days, func(d int) bool { return d < 1 || d > 7 }):
		return Refuse("days-missing", "A weekday is a number from 1, Monday, to 7, Sunday.", "").On("date")
	case s.Begins < 0 || s.Begins >= 24*60 || s.Ends < 0 || s.Ends >= 24*60:
		return Refuse("hours-missing", "Give begin and end as hours and minutes, like 08:00.", "The same begin and end is a whole day.").On("begins")
	}
	if s.Date != "" {
		if _, err := time.Parse(time.DateOnly, s.Date); err != nil {
			return Refuse("days-missing", "Write the date like 2026-11-30.", "").On("date")
		}
	}
	return FitText("site", s.Site, NameMax)
}

// Spans lists when the shift is on between two moments, in order.
func (s Shift) Spans(from, to int64) []Span {
	if s.Location == nil {
		return nil
	}
	var out []Span
	first, last := time.UnixMicro(from).In(s.Location).AddDate(0, 0, -1), time.UnixMicro(to).In(s.Location)
	for day := first; !day.After(last.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		if !s.on(day) {
			continue
		}
		p := s.spanOf(day)
		if p.From < to && p.To > from {
			out = append(out, p)
		}
	}
	return out
}

func (s Shift) on(day time.Time) bool {
	if s.Date != "" {
		return day.Format(time.DateOnly) == s.Date
	}
	return slices.Contains(s.Days, (int(day.Weekday())+6)%7+1)
}

func (s Shift) spanOf(day time.Time) Span {
	at := func(plus int, minutes int64) int64 {
		return time.Date(day.Year(), day.Month(), day.Day()+plus, 0, int(minutes), 0, 0, s.Location).UnixMicro()
	}
	if s.Ends <= s.Begins {
		return Span{at(0, s.Begins), at(1, s.Ends)}
	}
	return Span{at(0, s.Begins), at(0, s.Ends)}
}

// Words is the shift as pages write it.
func (s Shift) Words() string {
	when := s.Date
	if when == "" {
		names := []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
		var days []string
		for _, d := range s.Days {
			days = append(days, names[d-1])
		}
		when = strings.Join(days, ", ")
		if len(days) == 7 {
			when = "every day"
		}
	}
	hours := minutesWords(s.Begins) + " to " + minutesWords(s.Ends)
	if s.Begins == s.Ends {
		hours = "the whole day from " + minutesWords(s.Begins)
	}
	return when + ", " + hours + " " + s.Zone
}

func minutesWords(m int64) string {
	return time.UnixMicro(m * Minute).UTC().Format("15:04")
}

// Duty is whether and when one person is there: the shifts and what the person
// switched on.
type Duty struct {
	Shifts []Shift
	Until  int64 // "I am on shift", said by the person; 0 or past for not
}

// On says whether the person is on shift now.
func (d Duty) On(now int64) bool {
	return now < d.Until || slices.ContainsFunc(d.Shifts, func(s Shift) bool { return len(s.Spans(now, now+1)) > 0 })
}

// nextLooks is how far ahead the next shift is looked for.
const nextLooks = 14 * Day

// Next is when the person's next shift begins, 0 when none does in two weeks.
func (d Duty) Next(now int64) int64 {
	next := int64(0)
	for _, s := range d.Shifts {
		for _, p := range s.Spans(now, now+nextLooks) {
			if p.From > now && (next == 0 || p.From < next) {
				next = p.From
			}
		}
	}
	return next
}

// Site is where the shift takes place that is on, or comes next; "" for none.
func (d Duty) Site(now int64) string {
	next, site := int64(0), ""
	for _, s := range d.Shifts {
		for _, p := range s.Spans(now, now+nextLooks) {
			if next == 0 || p.From < next {
				next, site = p.From, s.Site
			}
		}
	}
	return site
}

// MustBeOn refuses a decision by an approver who is not on shift and says when
// the next shift begins (R15, R60).
func MustBeOn(d Duty, now int64) error {
	if d.On(now) {
		return nil
	}
	next := "Switch on \"I am on shift\" on the Rota page, or wait for an approver who is."
	if at := d.Next(now); at != 0 {
		next = "Your next shift begins at " + UTC(at) + ". " + next
	}
	return Refuse("off-shift", "You are not on shift, so you do not decide now.", next)
}

// MayDecideFirst refuses everybody but the drawn approver while the request is
// reserved (R15).
func MayDecideFirst(a Approval, person string, now int64) error {
	if a.Drawn == "" || a.Drawn == person || now >= a.Reserved {
		return nil
	}
	return Refuse("reserved", "Another approver was drawn for this request and may decide alone until "+UTC(a.Reserved)+".",
		"After that it is open to every eligible approver on shift.")
}

// MaySwitchOn refuses more hours on shift than a person can keep awake.
func (r HouseRule) MaySwitchOn(hours int64) error {
	if hours < 1 || hours > r.ShiftHours() {
		return Refuse("hours-many", "You can say for at most "+r.ShiftAtMost.Words()+" that you are on shift.", "An administrator adds a shift for what is regular.").On("hours")
	}
	return nil
}

// ShiftHours is for how many whole hours somebody may say to be on shift.
func (r HouseRule) ShiftHours() int64 { return r.ShiftAtMost.span() / Hour }

// Gaps lists the stretches between from and to that no span covers.
func Gaps(spans []Span, from, to int64) []Span {
	sorted := slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out []Span
	for _, s := range sorted {
		if s.From > from {
			out = append(out, Span{from, min(s.From, to)})
		}
		if from = max(from, s.To); from >= to {
			return out
		}
	}
	if from < to {
		out = append(out, Span{from, to})
	}
	return out
}
