package recovery

import "fmt"

// AccountChange is what a file or a form would do to one account.
type AccountChange struct {
	Before, After Account // Before is zero for a new account
	Contacts      bool    // an address comes or goes, or another mailbox is the first
	Known         bool    // new: the directory knew its person before
	Shown         bool    // it comes into sight of a supplier's desk
	Listed        bool    // it comes into the scope of an open incident, for which two keys named whom it is about
	Again         bool    // a contract that is over runs again
	Starts        bool    // another first day of work, near or ahead: it opens the first enrolment
}

// guarded says whether what the directory says about the account can open more
// than the account: privileged ones, and those of staff.
func (a Account) guarded() bool { return a.IsStaff || a.Row() == Privileged }

// strictness orders populations by what the policy asks of them.
var strictness = map[Population]int{Standard: 1, Contractor: 2, Privileged: 3}

// Lowers says whether a change of population asks for less proof.
func Lowers(before, after Population) bool { return strictness[after] < strictness[before] }

// New says whether the account is not in the directory yet.
func (c AccountChange) New() bool { return c.Before.ID == "" }

// Why lists why one administrator alone does not make the change (R27), nil when
// one may. Managers and sponsors vouch and answer for the account, so to change
// them links persons.
func (c AccountChange) Why() []string {
	var out []string
	add := func(is bool, why string) {
		if is {
			out = append(out, why)
		}
	}
	if c.New() {
		add(c.Known || c.After.Population == Service, "links the account to a person the directory knows")
		return out
	}
	add(Lowers(c.Before.Population, c.After.Population), fmt.Sprintf("lowers the population from %s to %s", c.Before.Population, c.After.Population))
	add(c.Contacts && c.Before.guarded(), "touches contacts of a privileged or staff account")
	add(c.Before.Person != c.After.Person, "links the account to another person")
	add(c.Before.Manager != c.After.Manager && c.Before.Population != Service, "changes the manager")
	add(c.Before.Sponsor != c.After.Sponsor, "changes the sponsor")
	add(c.Shown, "moves the account into sight of a supplier's desk")
	add(c.Listed, "moves the account into an open incident")
	add(c.Again, "brings back a contract that has ended")
	add(c.Starts, "moves the first day of work, which opens the first enrolment")
	add(c.Before.Ended == 0 && c.After.Ended != 0 && c.Before.guarded(), "ends a privileged or staff account")
	add(c.Before.Ended != 0 && c.After.Ended == 0, "brings back an account that has ended")
	return out
}

// TooMany says why a change of many accounts is not one administrator's, "" when
// it is few. before are those that the same person touched alone within a day.
func TooMany(accounts, before, most int64) string {
	switch {
	case accounts == 0 || accounts+before <= most:
		return ""
	case before > 0:
		return fmt.Sprintf("touches %d accounts after %d within a day, more than %d", accounts, before, most)
	}
	return fmt.Sprintf("touches %d accounts, more than %d", accounts, most)
}
