package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// factFounded is the fact that the founding roster is signed: its value is the
// proposal's id.
const factFounded = "founded"

// Founded says whether everybody on the founding roster has signed it. The
// demo's house is born founded.
func (d *Desk) Founded(ctx context.Context) (bool, error) { return d.isFounded(ctx, d.view()) }

func (d *Desk) isFounded(ctx context.Context, v store.View) (bool, error) {
	if d.Settings.Demo {
		return true, nil
	}
	id, err := fact(ctx, v, factFounded)
	return id != "", err
}

// founded refuses real tickets in a house that nobody signed for (R57).
func (d *Desk) founded(ctx context.Context, v store.View, now int64) error {
	f, err := d.founding(ctx, v, now)
	if err != nil {
		return err
	}
	return recovery.MayRun(f.Founded, f.Missing)
}

// Founding is where the founding of the house stands.
type Founding struct {
	Founded bool
	People  []recovery.RosterPerson // whose roles count
	Missing []string                // what the roster lacks, in words
	Roster  *recovery.Proposal      // that waits for signatures
	Signed  []string                // persons who signed it
}

// founding reads it; of a founded house only that it is.
func (d *Desk) founding(ctx context.Context, v store.View, now int64) (Founding, error) {
	var f Founding
	var err error
	if f.Founded, err = d.isFounded(ctx, v); err != nil || f.Founded {
		return f, err
	}
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return f, err
	}
	if f.People, err = founders(ctx, v, now); err != nil {
		return f, err
	}
	f.Missing = rules.House.Missing(f.People)
	open, err := v.ProposalsAbout(ctx, recovery.ProposeRoster, factFounded)
	if err != nil || len(open) == 0 {
		return f, err
	}
	f.Roster = &open[0]
	signed, err := v.ProposalSignatures(ctx, f.Roster.ID)
	for _, g := range signed {
		f.Signed = append(f.Signed, g.Person)
	}
	return f, err
}

// founders lists everybody whose role counts, with the keys that vouch for them.
func founders(ctx context.Context, v store.View, now int64) ([]recovery.RosterPerson, error) {
	ids, err := v.StaffIDs(ctx)
	if err != nil {
		return nil, err
	}
	var out []recovery.RosterPerson
	for _, id := range ids {
		s, err := v.Staff(ctx, id)
		if err != nil {
			return nil, err
		}
		keys, err := v.Keys(ctx, id)
		if err != nil {
			return nil, err
		}
		p := recovery.RosterPerson{Person: s.Person, Roles: s.Counting(now)}
		for _, k := range keys {
			if k.Live() && k.Counted != 0 {
				p.Keys = append(p.Keys, k.Digest)
			}
		}
		if len(p.Roles) > 0 && len(p.Keys) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// ProposeRoster files the founding roster: everybody whose role counts now signs
// it with the own key, and the house is founded by the last of them (R57). By an
// administrator, or on the machine. Refused: while somebody is missing, twice at
// a time, and once the house is founded.
func (d *Desk) ProposeRoster(ctx context.Context, actor Actor) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		all, err := founders(ctx, c.Tx.View, c.Now)
		if err != nil {
			return err
		}
		base, err := c.baseline(ctx)
		if err != nil {
			return err
		}
		body, err := json.Marshal(roll{bodyOf(all), base})
		if err != nil {
			return err
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeRoster, Object: factFounded, Title: fmt.Sprintf("Founding roster of %d people", len(all)),
			Body: string(body), Lines: append(rosterLines(all), base.lines()...)})
		return err
	})
	return p, err
}

// signer is one person of the roster's body.
type signer struct {
	Person string          `json:"person"`
	Roles  []recovery.Role `json:"roles"`
	Keys   []string        `json:"keys"`
}

func bodyOf(all []recovery.RosterPerson) []signer {
	out := make([]signer, len(all))
	for i, p := range all {
		out[i] = signer{p.Person.ID, p.Roles, p.Keys}
	}
	return out
}

func rosterLines(all []recovery.RosterPerson) []string {
	var lines []string
	for _, p := range all {
		lines = append(lines, "+ "+p.Person.ID+" "+recovery.Quote(p.Person.Name)+": "+strings.ReplaceAll(join(p.Roles), " ", ", "))
		for _, k := range p.Keys {
			lines = append(lines, "+ key of "+p.Person.ID+": "+k)
		}
	}
	return lines
}

// roll is the body of the roster's proposal.
type roll struct {
	People   []signer `json:"people"`
	Baseline baseline `json:"baseline"`
}

func readRoll(p recovery.Proposal) (roll, error) {
	var r roll
	if err := json.Unmarshal([]byte(p.Body), &r); err != nil {
		return r, fmt.Errorf("read the founding roster: %w", err)
	}
	return r, nil
}

func rosterAbout(p recovery.Proposal) ([]string, error) {
	r, err := readRoll(p)
	out := make([]string, len(r.People))
	for i, s := range r.People {
		out[i] = s.Person
	}
	return out, err
}

// checkRoster refuses a second roster beside one that waits, and one that lacks
// somebody.
func checkRoster(ctx context.Context, c *Change, p recovery.Proposal) error {
	f, err := c.desk.founding(ctx, c.Tx.View, c.Now)
	switch {
	case err != nil:
		return err
	case f.Roster != nil && f.Roster.ID != p.ID && c.Now < f.Roster.Ends:
		return recovery.Refuse("roster-waits", "A founding roster waits for signatures already.", "Its filer can withdraw it under Proposals; then a new one is filed.")
	}
	return recovery.MaySignRoster(f.Founded, f.Missing)
}

// applyRoster founds the house, when everybody named still is what they signed:
// same roles, same keys. Who came since is no part of it.
func applyRoster(ctx context.Context, c *Change, p recovery.Proposal) error {
	if err := checkRoster(ctx, c, p); err != nil {
		return err
	}
	named, err := readRoll(p)
	if err != nil {
		return err
	}
	now, err := founders(ctx, c.Tx.View, c.Now)
	if err != nil {
		return err
	}
	var who []string
	for _, s := range named.People {
		if !slices.ContainsFunc(bodyOf(now), s.covered) {
			return recovery.Refuse("roster-changed", "The roles or keys of "+s.Person+" changed since the roster was filed.", "File the roster again.")
		}
		who = append(who, s.Person)
	}
	if err := c.signBaseline(ctx, named.Baseline, p.ID); err != nil {
		return err
	}
	if err := c.Tx.SetMeta(ctx, factFounded, p.ID); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.HouseFounded, Object: p.ID, What: who,
		Data: map[string]string{"proposal": p.ID, "people": fmt.Sprint(len(named.People)), "digest": p.Digest()}})
}

// covered says whether a person as the rows are now still has all of it.
func (s signer) covered(now signer) bool {
	return s.Person == now.Person && all(s.Roles, now.Roles) && all(s.Keys, now.Keys)
}

func all[T comparable](want, have []T) bool {
	return !slices.ContainsFunc(want, func(v T) bool { return !slices.Contains(have, v) })
}

// isFounding says whether the first two administrators still confirm each other:
// fewer than two count, and no roster was ever signed. A founded house that lost
// its administrators breaks the glass instead.
func (d *Desk) isFounding(ctx context.Context, v store.View, now int64) (bool, error) {
	admins, err := v.CountingStaff(ctx, recovery.Administrator, now)
	if err != nil || len(admins) >= recovery.AdministratorsMin {
		return false, err
	}
	signed, err := fact(ctx, v, factFounded)
	return signed == "", err
}
