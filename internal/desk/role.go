package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// newRole is the body of a role's proposal.
type newRole struct {
	Person string        `json:"person"`
	Role   recovery.Role `json:"role"`
}

// ProposeRole files a further role for somebody who is staff (R28): another
// administrator's key puts it in force, and it counts 72 hours later. Refused:
// who is not staff, has no confirmed key, or holds the role.
func (d *Desk) ProposeRole(ctx context.Context, actor Actor, person string, role recovery.Role) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		staff, err := c.staffPerson(ctx, person)
		if err != nil {
			return err
		}
		body, err := json.Marshal(newRole{person, role})
		if err != nil {
			return err
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeRole, Object: person, Title: fmt.Sprintf("Role %s for %s", role, person), Body: string(body),
			Lines: roleLines(staff, role, c.Rules.House.NewKey)})
		return err
	})
	return p, err
}

// staffPerson reads somebody's standing and refuses who never had one.
func (c *Change) staffPerson(ctx context.Context, id string) (recovery.Staff, error) {
	s, err := c.Tx.Staff(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = recovery.Refuse("not-staff", "The person \""+id+"\" is not staff.", "Invite the person; the invitation names the roles.").On("person")
	}
	return s, err
}

// roleLines is the person's standing as a diff.
func roleLines(s recovery.Staff, role recovery.Role, after recovery.Duration) []string {
	lines := []string{"  " + s.Person.ID + " " + recovery.Quote(s.Person.Name)}
	for _, r := range s.Held() {
		lines = append(lines, "  role "+string(r))
	}
	return append(lines, "+ role "+string(role)+", counts "+after.Words()+" after the last signature")
}

func readRole(p recovery.Proposal) (newRole, error) {
	var b newRole
	if err := json.Unmarshal([]byte(p.Body), &b); err != nil {
		return b, fmt.Errorf("read the proposal of a role: %w", err)
	}
	return b, nil
}

func roleAbout(p recovery.Proposal) ([]string, error) {
	b, err := readRole(p)
	return []string{b.Person}, err
}

func checkRole(ctx context.Context, c *Change, p recovery.Proposal) error {
	b, err := readRole(p)
	if err == nil {
		_, err = c.mayGive(ctx, b)
	}
	return err
}

// mayGive reads whom the role is for and refuses what cannot be given.
func (c *Change) mayGive(ctx context.Context, b newRole) (recovery.Staff, error) {
	if err := recovery.MayInvite([]recovery.Role{b.Role}, ""); err != nil {
		return recovery.Staff{}, err
	}
	s, err := c.staffPerson(ctx, b.Person)
	if err != nil {
		return s, err
	}
	keys, err := c.Tx.Keys(ctx, b.Person)
	if err != nil {
		return s, err
	}
	return s, recovery.MayGive(s, keys, b.Role)
}

// applyRole grants the role; it counts after the quarantine.
func applyRole(ctx context.Context, c *Change, p recovery.Proposal) error {
	b, err := readRole(p)
	if err != nil {
		return err
	}
	before, err := c.mayGive(ctx, b)
	if err != nil {
		return err
	}
	from := c.Rules.House.NewKey.After(c.Now)
	if err := c.Tx.GrantRole(ctx, b.Person, recovery.Grant{Role: b.Role, Granted: c.Now, By: p.FiledBy, Counts: from}); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.StaffRoleAdded, Object: b.Person, Until: from, What: []string{"The role " + string(b.Role)},
		Data: map[string]string{"person": b.Person, "role": string(b.Role), "proposal": p.ID, "from": fmt.Sprint(from),
			"before": join(before.Held()), "after": join(append(before.Held(), b.Role))}})
}
