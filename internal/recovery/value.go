package recovery

import "slices"

// FieldValue is one thing that the directory says about an account. Addresses
// are rows of their own.
type FieldValue struct{ Field, Text string }

// Fields of an account that are evidence (R27), named like the file's columns.
const (
	FieldPopulation = "population"
	FieldManager    = "manager_id"
	FieldSponsor    = "sponsor_id"
	FieldHolder     = "holder" // the person link
)

// Values lists what the directory says about the account.
func (a Account) Values() []FieldValue {
	return []FieldValue{{"name", a.Name}, {FieldPopulation, string(a.Population)}, {"department", a.Department}, {FieldManager, a.Manager},
		{FieldSponsor, a.Sponsor}, {FieldHolder, a.Person}, {"contract_end", DayText(a.EndsOn)}, {"start_date", DayText(a.StartsOn)},
		{"photo_record", a.Photo}, {"group", a.Group}}
}

// FieldWords name the fields on pages and in messages.
var FieldWords = map[string]string{"name": "Name", FieldPopulation: "Population", "department": "Department", FieldManager: "Manager", FieldSponsor: "Sponsor",
	FieldHolder: "Holder or owner", "contract_end": "End of contract", "start_date": "First day", "photo_record": "Photo record", "group": "Group",
	"addresses": "Addresses", "email": "First mail address", "ended": "Account"}

// Told says whether people hear of a change of the field: whatever recovery or
// the account's standing rests on. Addresses have a message of their own.
func Told(field string) bool {
	switch field {
	case "name", "department", "contract_end", "start_date", "addresses":
		return false
	}
	return true
}

// ValueRun is a value and how long it has been on record. Its age counts from
// Since: the moment it came on record and stayed. FirstSeen is when it was seen
// for the first time ever, and is never moved (R27).
type ValueRun struct {
	Account, Field, Text string
	FirstSeen, Since     int64
	Baseline             int64 // signed with the founding roster: counts as unchanged since
	Ended                int64
}

// Run finds the row of a value. One that was never changed has none: it stands
// since the account was first seen.
func (a Account) Run(have []ValueRun, v FieldValue) ValueRun {
	n := slices.IndexFunc(have, func(r ValueRun) bool { return r.Account == a.ID && r.Field == v.Field && r.Text == v.Text })
	if n >= 0 {
		return have[n]
	}
	return ValueRun{Account: a.ID, Field: v.Field, Text: v.Text, FirstSeen: a.Created, Since: a.Created, Baseline: a.Baseline}
}

// Young says whether a value has not stood long enough to carry a decision:
// every first sight and every change waits, a baseline does not.
func (r ValueRun) Young(age Duration, now int64) bool {
	return r.Baseline == 0 && now < age.After(r.Since)
}

// Turn is what a change of a value writes: the old one ends, the new one begins.
// A value that returns begins anew, whatever its first sight was.
func (a Account) Turn(have []ValueRun, before, after FieldValue, now int64) []ValueRun {
	old := a.Run(have, before)
	old.Ended = now
	next := ValueRun{Account: a.ID, Field: after.Field, Text: after.Text, FirstSeen: now, Since: now}
	if n := slices.IndexFunc(have, func(r ValueRun) bool { return r.Field == after.Field && r.Text == after.Text }); n >= 0 {
		next.FirstSeen = have[n].FirstSeen
	}
	return []ValueRun{old, next}
}

// Back is what the return of an ended account writes: each value goes on with
// the age it had. The time in between counts for none, so that nobody gains age
// by ending an account and bringing it back (R27).
func (a Account) Back(have []ValueRun, now int64) []ValueRun {
	var out []ValueRun
	for _, v := range a.Values() {
		r := a.Run(have, v)
		r.Since += now - a.Ended
		out = append(out, r)
	}
	return out
}
