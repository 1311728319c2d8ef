package recovery

import (
	"fmt"
	"slices"
)

// Stricter is the stricter of two decisions about one ticket, field by field:
// by the version it was opened under and by the one in force (R4). The sentences
// say which version a field comes from.
func Stricter(pinned, current Ruling, pinnedVersion, currentVersion string) Ruling {
	d := pinned
	take := func(field string, now string) {
		d.because("", false, field+": "+now+", by policy "+currentVersion+", which is stricter than "+pinnedVersion+".")
	}
	if current.Refusal != nil && pinned.Refusal == nil {
		d.Refusal = current.Refusal
		take("Offered", "no")
	}
	if current.Way.Proof.Above(d.Way.Proof) {
		d.Way.Proof, d.Way.Workflow, d.Workflow = current.Way.Proof, current.Way.Workflow, current.Workflow
		take("Proofing", string(d.Way.Proof))
	}
	if current.Approvers > d.Approvers {
		d.Approvers = current.Approvers
		take("Approvers", fmt.Sprint(d.Approvers))
	}
	if current.Groups > d.Groups {
		d.Groups = current.Groups
		take("Groups", fmt.Sprint(d.Groups))
	}
	if current.From != "" && d.From == "" {
		d.From = current.From
		take("One approver from", d.From)
	}
	if slices.Index(Quorums, current.Way.Approvals) > slices.Index(Quorums, d.Way.Approvals) {
		d.Way.Approvals = current.Way.Approvals
	}
	d.times(current.Way, take)
	d.merge(current, take)
	return d
}

// times takes over what is longer to wait and shorter to last.
func (d *Ruling) times(c Way, take func(field, now string)) {
	w := &d.Way
	if c.Window.span() > w.Window.span() {
		w.Window = c.Window
		take("Objection window", c.Window.Words())
	}
	if c.ReEnrol.span() < w.ReEnrol.span() { // 0 is in the same session
		w.ReEnrol = c.ReEnrol
		take("New enrolment within", c.ReEnrol.Words())
	}
	if ends(c.Life, w.Life) {
		w.Life = c.Life
		take("Life", c.Life.Words())
	}
	if ends(c.Review.Within, w.Review.Within) {
		w.Review.Within = c.Review.Within
		take("Review within", c.Review.Within.Words())
	}
	if c.AAL != 0 && (w.AAL == 0 || c.AAL < w.AAL) {
		w.AAL = c.AAL
		take("Assurance level at most", fmt.Sprintf("AAL%d", c.AAL))
	}
}

// ends says whether a time runs out before another, where 0 is one that never does.
func ends(d, before Duration) bool {
	return !d.Zero() && (before.Zero() || d.span() < before.span())
}

// merge takes over demands, audiences and review of the current version.
func (d *Ruling) merge(current Ruling, take func(field, now string)) {
	for _, also := range current.Way.Also {
		if !d.Way.Asks(also) {
			d.Way.Also = append(slices.Clone(d.Way.Also), also)
			take("Also", string(also))
		}
	}
	for _, who := range current.Way.Notify {
		if !slices.Contains(d.Way.Notify, who) {
			d.Way.Notify = append(slices.Clone(d.Way.Notify), who)
			take("Told", string(who))
		}
	}
	r, c := &d.Way.Review, current.Way.Review
	if c.Percent > r.Percent {
		r.Percent = c.Percent
		take("Reviewed", fmt.Sprintf("%d %%", c.Percent))
	}
	for _, f := range []struct {
		have  *bool
		other bool
		name  string
	}{{&r.FirstPairs, c.FirstPairs, "Reviewed with every first pair"}, {&r.Risk, c.Risk, "Reviewed with every risk"}, {&d.Way.Hold, current.Way.Hold, "Held for an unknown browser"}} {
		if f.other && !*f.have {
			*f.have = true
			take(f.name, "yes")
		}
	}
}
