package recovery

import "slices"

// SecurityGroup is the group that A2 asks for (policy-defaults, "Approvals").
const SecurityGroup = "security"

// Parts are the people of a ticket, for the separation of duties (R23). All are
// persons of the directory: a second login of somebody is the same person.
type Parts struct {
	Holder, Requester string
	Agents            []string
	Vouchers          []string
	Approvers         []string
	Reviewers         []string
	Deniers           []string // who denied earlier requests for this account
	Openers           []string // who opened the incident of an emergency ticket
	Stopped           []string // who worked on, or vouched in, what the holder stopped, when this ticket undoes it
	Paired            []string // approvers who met its agents in an emergency not reviewed yet
	Behind            []string // approvers whose last emergency's review is overdue
	Inside            []string // who worked in other tickets of its incident
	InVain            []string // who signed for this account in what was then denied, failed or stopped
	Young             []string // approvers whose own account was recovered lately
	Signers           Signers
	// Supplier says that somebody of an outsourced group worked on the ticket:
	// the client's own people approve it.
	Supplier bool
}

// Signers are what a request for approval asks of its signers.
type Signers struct {
	Signatures int64               // as many, second readers included
	Groups     int64               // of so many different groups, one of them security; below 2 asks nothing
	Signed     map[string][]string // the groups of who signed, by person
	From       string              // a group that is among theirs, "" for any
}

// MayApprove refuses everyone who has a part in the ticket already, who reports
// to its agent, holder or requester, who denied the account before or signed for it
// in vain, or whose group cannot complete the quorum: compared by person, never by login (R15, R23).
func MayApprove(s Staff, p Parts) error {
	if err := mayJudge(s, p, "approve"); err != nil {
		return err
	}
	switch id := s.Person.ID; {
	case slices.Contains(p.Approvers, id):
		return Refuse("signed-before", "You have signed this request already.", "A second approver signs beside you.")
	case slices.Contains(p.Reviewers, id):
		return Refuse("own-review", "You reviewed this ticket, so you cannot approve it.", "Another approver decides.")
	case slices.Contains(p.Deniers, id):
		return Refuse("denied-before", "You denied a request for this account, so other approvers decide the next.", "Another approver decides.")
	case slices.Contains(p.InVain, id):
		return Refuse("signed-in-vain", "You signed for this account in a recovery that was then stopped or failed, so other approvers decide the next.", "Another approver decides.")
	case slices.Contains(p.Young, id):
		return Refuse("young-approver", "Your own account was recovered lately, so you do not approve yet.", "Another approver decides.")
	case slices.Contains(p.Openers, id):
		return Refuse("incident-opener", "You opened the incident of this ticket, so you cannot approve it.", "Another approver decides.")
	case slices.Contains(p.Paired, id):
		return Refuse("pair-barred", "You approved an emergency with an agent of this ticket, and its review is not done.", "Another approver decides, or another agent takes the ticket.")
	case slices.Contains(p.Behind, id):
		return Refuse("review-overdue", "The review of an emergency that you approved is overdue.", "Another approver decides. A reviewer finishes that review first.")
	case p.Supplier && (s.Outsourced || len(s.Groups) == 0):
		return Refuse("group-client", "A supplier's desk worked on this ticket, so somebody of a group of the house approves it.",
			"An approver of another group decides.")
	}
	return p.Signers.admits(s)
}

// MayReview refuses everyone who has another part in the ticket, or reports to
// its agent, holder or requester: the reviewer is yet another person (R23).
func MayReview(s Staff, p Parts) error {
	if slices.Contains(p.Approvers, s.Person.ID) {
		return Refuse("own-approval", "You approved this recovery, so another reviewer looks at it.", "Another reviewer decides.")
	}
	if slices.Contains(p.Openers, s.Person.ID) || slices.Contains(p.Inside, s.Person.ID) {
		return Refuse("inside-incident", "You took part in the incident of this ticket, so somebody outside of it reviews it.", "Another reviewer decides.")
	}
	return mayJudge(s, p, "review")
}

// mayJudge is what approver and reviewer share.
func mayJudge(s Staff, p Parts, act string) error {
	next := map[string]string{"approve": "Another approver decides.", "review": "Another reviewer decides."}[act]
	switch id := s.Person.ID; {
	case id == p.Holder:
		return Refuse("own-account", "You cannot "+act+" your own account.", next)
	case id == p.Requester:
		return Refuse("own-request", "You asked for this recovery, so you cannot "+act+" it.", next)
	case slices.Contains(p.Agents, id):
		return Refuse("own-ticket", "You cannot "+act+" this: you worked on the ticket.", next)
	case slices.Contains(p.Vouchers, id):
		return Refuse("own-voucher", "You cannot "+act+" this: you vouched for the holder.", next)
	case slices.Contains(p.Stopped, id):
		return Refuse("worked-stopped", "You had a part in the recovery that the holder stopped, so you cannot "+act+" this one.", next)
	case s.reportsTo(p):
		return Refuse("reports-to", "You report to somebody who has a part in this ticket.", "Somebody of another team decides.")
	}
	return nil
}

// reportsTo says whether agent, holder or requester stands above the person, at
// any depth that the directory was asked about.
func (s Staff) reportsTo(p Parts) bool {
	return slices.ContainsFunc(s.Above, func(id string) bool {
		return id != s.Person.ID && (id == p.Holder || id == p.Requester || slices.Contains(p.Agents, id))
	})
}

// MayWork refuses to let somebody with another part in the ticket work it (R23).
// That the agent reports to the holder is no bar: approver and reviewer must not.
func MayWork(person string, p Parts) error {
	next := "Another agent takes this ticket."
	switch {
	case person == p.Holder:
		return Refuse("own-account", "You cannot work on a recovery of your own account.", next)
	case person == p.Requester:
		return Refuse("own-request", "You asked for this recovery, so you cannot work on it.", next)
	case slices.Contains(p.Openers, person):
		return Refuse("incident-opener", "You opened the incident of this ticket, so you cannot work on it.", next)
	case slices.Contains(p.Approvers, person):
		return Refuse("own-approval", "You signed a request on this ticket, so you cannot work on it.", next)
	case slices.Contains(p.Vouchers, person):
		return Refuse("own-voucher", "You vouched for the holder, so you cannot work on this ticket.", next)
	case slices.Contains(p.Reviewers, person):
		return Refuse("own-review", "You reviewed this ticket, so you cannot work on it.", next)
	case slices.Contains(p.Stopped, person):
		return Refuse("worked-stopped", "You worked on the recovery that the holder stopped, so you cannot work on this one.", next)
	}
	return nil
}

// MayVouch refuses the word of somebody with another part in the ticket (R23).
func MayVouch(person string, p Parts) error {
	next := "Somebody else who knows the holder vouches."
	switch {
	case person == p.Holder:
		return Refuse("own-account", "You cannot vouch for yourself.", next)
	case person == p.Requester:
		return Refuse("own-request", "You asked for this recovery, so you cannot vouch for its holder.", next)
	case slices.Contains(p.Agents, person):
		return Refuse("own-ticket", "You worked on this ticket, so you cannot vouch for its holder.", next)
	case slices.Contains(p.Approvers, person):
		return Refuse("own-approval", "You signed a request on this ticket, so you cannot vouch for its holder.", next)
	case slices.Contains(p.Reviewers, person):
		return Refuse("own-review", "You reviewed this ticket, so you cannot vouch for its holder.", next)
	case slices.Contains(p.Stopped, person):
		return Refuse("worked-stopped", "You had a part in the recovery that the holder stopped, so you cannot vouch in this one.", next)
	}
	return nil
}

// admits refuses a signature after which the others that are still needed could
// not complete the groups (A2): the second of two from one group.
func (q Signers) admits(s Staff) error {
	if q.Groups < 2 && q.From == "" {
		return nil
	}
	if q.Groups > 1 && len(s.Groups) == 0 {
		return Refuse("group-none", "This request needs approvals of "+TwoGroups+", and you belong to no group.", q.next())
	}
	all := [][]string{s.Groups}
	for person, groups := range q.Signed {
		if person != s.Person.ID {
			all = append(all, groups)
		}
	}
	left := max(0, q.Signatures-int64(len(all)))
	switch {
	case q.missing(all) <= left:
		return nil
	case q.Groups > 1 && groupsMissing(all) > left:
		return Refuse("same-group", "This request needs approvals of "+TwoGroups+", and yours would leave one of them out.", q.next())
	}
	return Refuse("group-missing", "One of this request's approvals is the group "+q.From+"'s, and yours would leave it out.", "An approver of the group "+q.From+" decides.")
}

// missing is how many further signers the groups need at least.
func (q Signers) missing(all [][]string) int64 {
	n := int64(0)
	if q.Groups > 1 {
		n = groupsMissing(all)
	}
	if q.From == "" || slices.ContainsFunc(all, func(g []string) bool { return slices.Contains(g, q.From) }) {
		return n
	}
	if n > 0 && groupsMissing(append(slices.Clone(all), []string{q.From})) < n {
		return n // that group's signer is one of them
	}
	return n + 1
}

// next names the group whose signature is missing.
func (q Signers) next() string {
	for _, groups := range q.Signed {
		if slices.Contains(groups, SecurityGroup) {
			return "An approver of another group than security decides."
		}
	}
	return "An approver of the group security decides."
}

// Complete says whether the groups of those who signed suffice.
func (q Signers) Complete() bool {
	all := make([][]string, 0, len(q.Signed))
	for _, groups := range q.Signed {
		all = append(all, groups)
	}
	return q.missing(all) == 0
}

// groupsMissing is how many further signers two different groups, one of them
// security, need at least. One person stands for one group.
func groupsMissing(all [][]string) int64 {
	missing := int64(2)
	for i, a := range all {
		for j, b := range all {
			if i != j && slices.Contains(a, SecurityGroup) && otherGroup(b) {
				return 0
			}
		}
		if len(a) > 0 {
			missing = 1
		}
	}
	return missing
}

func otherGroup(groups []string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return g != SecurityGroup })
}
