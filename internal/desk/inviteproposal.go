package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// newInvite is the body of an invitation's proposal.
type newInvite struct {
	Person string          `json:"person"`
	Roles  []recovery.Role `json:"roles"`
	Group  string          `json:"group"`
}

func (b newInvite) invite() StaffInvite {
	return StaffInvite{Person: b.Person, Roles: b.Roles, Group: b.Group}
}

// ProposeInvite files an invitation, for the command line of a founded house:
// the keys of two administrators send it (R57).
func (d *Desk) ProposeInvite(ctx context.Context, actor Actor, in StaffInvite) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayFile(ctx, proposalKind{files: administrators}); err != nil {
			return err
		}
		if err := c.mayBeInvited(ctx, in); err != nil {
			return err
		}
		who, err := c.Tx.Person(ctx, in.Person)
		if err != nil {
			return err
		}
		body, err := json.Marshal(newInvite{in.Person, in.Roles, in.Group})
		if err != nil {
			return err
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeInvite, Object: in.Person, Title: "Invitation for " + in.Person, Body: string(body), Lines: inviteLines(who, in, c.Rules.House.NewKey)})
		return err
	})
	return p, err
}

func inviteLines(who recovery.Person, in StaffInvite, after recovery.Duration) []string {
	lines := []string{"  " + who.ID + " " + recovery.Quote(who.Name) + ", link mailed to " + recovery.Quote(who.Email)}
	for _, r := range strings.Fields(join(in.Roles)) {
		lines = append(lines, "+ role "+r+", counts "+after.Words()+" after the key is confirmed")
	}
	if in.Group != "" {
		lines = append(lines, "+ group "+in.Group)
	}
	return lines
}

func readInvite(p recovery.Proposal) (newInvite, error) {
	var b newInvite
	if err := json.Unmarshal([]byte(p.Body), &b); err != nil {
		return b, fmt.Errorf("read the proposal of an invitation: %w", err)
	}
	return b, nil
}

func inviteAbout(p recovery.Proposal) ([]string, error) {
	b, err := readInvite(p)
	return []string{b.Person}, err
}

func checkInvite(ctx context.Context, c *Change, p recovery.Proposal) error {
	b, err := readInvite(p)
	if err != nil {
		return err
	}
	return c.mayBeInvited(ctx, b.invite())
}

// applyInvite mails the link that two people signed for; the filer counts as the
// inviter, so a third confirms the key.
func applyInvite(ctx context.Context, c *Change, p recovery.Proposal) error {
	b, err := readInvite(p)
	if err != nil {
		return err
	}
	if err := c.mayBeInvited(ctx, b.invite()); err != nil {
		return err
	}
	token, err := codes.NewToken(c.desk.Rand)
	if err != nil {
		return err
	}
	_, err = c.invite(ctx, store.Invite{Person: b.Person, Roles: b.Roles, Groups: groupsOf(b.invite()), MadeBy: p.FiledBy}, token, false)
	return err
}
