package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Deviation is the record of a value, or of a group of values, that departs from
// the standard that the shipped policy follows or asks for less than it does,
// inside its ceiling: somebody answers for it, until a day (SP 800-63-4 §3.4.2).
// The last four are what enabling a restricted authenticator asks
// (SP 800-63B-4 §3.2.9): what else is offered, what holders are told, the plan to
// leave it, and where the risk was judged.
type Deviation struct {
	Owner       string `policy:"owner"`
	Rationale   string `policy:"rationale"`
	Until       Date   `policy:"until"`
	Alternative string `policy:"alternative" optional:"yes"`
	Told        string `policy:"told" optional:"yes"`
	Plan        string `policy:"plan" optional:"yes"`
	Risk        string `policy:"risk" optional:"yes"`
}

// Date is a day like 2026-12-31.
type Date string

// Ends is the first moment after the day, microseconds UTC; ok is false when the
// Date is none.
func (d Date) Ends() (at int64, ok bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t.AddDate(0, 0, 1).UnixMicro(), err == nil
}

// smsGateway is the path of the one restricted authenticator.
const smsGateway = "issued-codes.sms-gateway"

// deviations refuses records that say too little or speak of nothing, and values
// that ask for less than the shipped policy without one.
func (r *fileReader) deviations(p Policy) {
	shipped, _ := readPolicy(StandardFile)
	for _, path := range slices.Sorted(maps.Keys(p.Deviations)) {
		r.deviation(p, shipped, path)
	}
	for _, d := range Deviations(shipped, p) {
		if !r.sound(d.Path) || p.excused(shipped, d.Path) {
			continue
		}
		r.at(d.Path, "%s is %s, the shipped policy has %s: that asks for less, so `deviations` needs an entry %s with owner, rationale and until",
			d.Path, or(d.After, "gone"), or(d.Before, "nothing"), d.Path)
	}
}

// excused says whether a record of the file's own covers a path: one that the
// shipped policy has in the same words speaks for the shipped value only.
func (p Policy) excused(shipped Policy, path string) bool {
	for above, d := range p.Deviations {
		if under(path, above) && d != shipped.Deviations[above] {
			return true
		}
	}
	return false
}

func (r *fileReader) deviation(p, shipped Policy, path string) {
	here, d := join("deviations", path), p.Deviations[path]
	if !r.sound(here) {
		return
	}
	if _, ok := d.Until.Ends(); !ok {
		r.at(here+".until", "%s.until is the last day, like 2026-12-31", here)
	}
	if d.Owner == "" || d.Rationale == "" {
		r.at(here, "%s needs an owner and a rationale", here)
	}
	if !slices.ContainsFunc(append(p.Fields(), shipped.Fields()...), func(f Field) bool { return under(f.Path, path) }) {
		r.at(here, "%s: the policy has no value %s", here, path)
	}
	if depth := strings.Count(path, ".") + 1; depth < 2 || strings.HasPrefix(path, "rows.") && depth < 4 {
		r.at(here, "%s speaks for too much; name one value, one level, one quorum or one way", here)
	}
	if path == smsGateway && (d.Alternative == "" || d.Told == "" || d.Plan == "" || d.Risk == "") {
		r.at(here, "%s: a code by SMS is a restricted authenticator, so the entry says as well the alternative, what holders are told, "+
			"the plan to leave it and where the risk was judged (SP 800-63B-4 §3.2.9)", here)
	}
}

// Ended lists the deviations that have run out at a moment: a file with one is
// refused where it would come into force, a policy in force is shown with it.
func (p Policy) Ended(now int64) []Fault {
	var out []Fault
	for _, path := range slices.Sorted(maps.Keys(p.Deviations)) {
		d := p.Deviations[path]
		if at, ok := d.Until.Ends(); ok && at <= now {
			here := join("deviations", path)
			out = append(out, Fault{lineOf(p.lines, here+".until"), fmt.Sprintf("%s ended on %s; decide anew, and write who answers for it", here, d.Until)})
		}
	}
	return out
}

// Deviations lists where a policy asks for less than the shipped one. Which
// workflow a way goes by is no such place: every workflow reaches its level.
func Deviations(shipped, set Policy) []Difference {
	return slices.DeleteFunc(Differences(shipped, set), func(d Difference) bool {
		return !d.Loosens || strings.HasSuffix(d.Path, ".workflow") || under(d.Path, "deviations")
	})
}
