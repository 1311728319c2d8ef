package desk

import (
	"context"

	"countersign/internal/recovery"
)

// proposalKind is what the mechanism needs to know about one kind of change.
type proposalKind struct {
	files []recovery.Role // who may file it, behind a fresh touch
	signs []recovery.Role // whose keys count
	group string          // whoever files and signs belongs to it, "" for any
	// about names the persons the change is about: they do not sign it. nil for none.
	about func(recovery.Proposal) ([]string, error)
	// named turns that round: just those persons sign, all of them.
	named bool
	// check refuses what could not be put in force now; apply does it.
	check, apply func(context.Context, *Change, recovery.Proposal) error
}

// administrators file and sign most changes.
var administrators = []recovery.Role{recovery.Administrator}

// proposalKindOf is the one table of kinds. Each row's functions live in the
// file of what they change.
func proposalKindOf(k recovery.ProposalKind) (proposalKind, error) {
	switch k {
	case recovery.ProposeRole:
		return proposalKind{files: administrators, signs: administrators, about: roleAbout, check: checkRole, apply: applyRole}, nil
	case recovery.ProposeInvite:
		return proposalKind{files: administrators, signs: administrators, about: inviteAbout, check: checkInvite, apply: applyInvite}, nil
	case recovery.ProposeSheets:
		return proposalKind{files: administrators, signs: administrators, check: checkSheets, apply: applySheets}, nil
	case recovery.ProposeRoster:
		return proposalKind{files: administrators, signs: recovery.Roles, about: rosterAbout, named: true, check: checkRoster, apply: applyRoster}, nil
	case recovery.ProposePolicy, recovery.ProposeWorkflow:
		return proposalKind{files: administrators, signs: policySigners, check: checkPolicy, apply: applyPolicy}, nil
	case recovery.ProposeIncident:
		return proposalKind{files: administrators, signs: administrators, check: checkIncident, apply: applyIncident}, nil
	case recovery.ProposeThreat:
		return proposalKind{files: recovery.Roles, signs: recovery.Roles, group: recovery.SecurityGroup, check: checkThreat, apply: applyThreat}, nil
	case recovery.ProposeSupplier:
		return proposalKind{files: administrators, signs: administrators, check: checkSupplier, apply: applySupplier}, nil
	case recovery.ProposeAccounts:
		return proposalKind{files: administrators, signs: administrators, about: importAbout, check: checkImport, apply: applyImport}, nil
	}
	return proposalKind{}, recovery.Refuse("proposal-unknown", "There is no kind of proposal \""+string(k)+"\".", "")
}

func (k proposalKind) subjects(p recovery.Proposal) ([]string, error) {
	if k.about == nil {
		return nil, nil
	}
	return k.about(p)
}

// needed is how many signatures a proposal takes: of everybody it names; else of
// one further person, or of two where the command line filed.
func (k proposalKind) needed(p recovery.Proposal) (int64, error) {
	if k.named {
		all, err := k.about(p)
		return int64(len(all)), err
	}
	if p.FiledBy == "" {
		return recovery.FiledByMachine, nil
	}
	return 1, nil
}

// member refuses people outside of the group that a kind is for.
func (k proposalKind) member(s recovery.Staff) error {
	if k.group == "" || s.In(k.group) {
		return nil
	}
	return recovery.Refuse("not-in-group", "Only people of the group "+k.group+" do this.", "An administrator sees on the Staff page who is in it.")
}
