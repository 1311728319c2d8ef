package machine

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
)

// apart are the exported methods of the desk that are no acts of this walk.
var apart = map[string][]string{
	"reads; GET changes nothing": {
		"AccountForTicket", "AccountPage", "AccountsPage", "Already", "ApprovalPage", "AttemptPage", "AuditPage", "BindingPage", "BoundDevice", "BrokenGlass", "ChangedSince", "CheckTicket",
		"ClaimedTicket", "ClosedProposals", "Colleagues", "DecidedApprovals", "EditPage", "EnrolPage", "Entry", "FindAccounts", "Founded", "GroupsPage", "HoldPage",
		"House", "ImportPage", "IncidentsFor", "IncidentsPage", "Invitation", "LetterSheet", "Mail", "MailOver", "MePage", "NextJob", "OpenProposals", "Origin", "PeekSession", "PersonPage", "PlanEdit", "PlanImport", "PolicyDraft",
		"PolicyPage", "PolicyText", "ProposalPage", "ProposalReceipt", "PublicPolicy", "PublicWays", "QueuePage", "Receipt", "ReviewsPage", "RotaPage", "Ruling", "Session",
		"SessionLives", "SimulatePolicy", "StaffPage", "StopPage", "ThreatOn", "ThreatPage", "TicketPage", "TripsPage", "ViewsPage", "VouchPage", "WaitPage", "WaitingApprovals", "Welcome", "Whoami",
	},
	"the server itself": {"ClockMoved", "Seeded", "StartServer", "StopServer", "VoidInvites"},
	"the people, keys and shifts of the house: what they mean for a ticket is in the walk as EndRole, DisableStaff and ReportKey": {
		"AddFurtherKey", "AddShift", "AddStaffKey", "BeginConfirmKey", "BeginFurtherKey", "BeginStaffKey", "ConfirmKey", "EndShift", "GoOnShift", "InviteStaff",
		"OutsourceGroup", "SetTraining", "SweepCoverage", "TakeInHouse",
	},
	"founding and break-glass, which end before tickets begin":   {"BeginSeeGlass", "MakeSheets", "OpenGlass", "ProposeRoster", "ProposeSheets", "SeeGlass"},
	"the demo's set-up and the import, which no ticket is about": {"BeginHolderPasskey", "EnrolHolder", "ImportAccounts", "InviteHolder"},
	"the reverse check, which says who rings and grants nothing": {"CheckCall", "EnterMatch"},
	"drafts and views, which grant nothing": {
		"DropPolicyDraft", "EditPolicyDraft", "RemoveView", "RenameView", "SavePolicyDraft", "SaveView", "StartPolicyDraft",
	},
}

// A new act of the desk is in the walk, or there is a reason why not.
func TestEveryActIsInTheTable(t *testing.T) {
	var known []string
	for _, a := range table {
		known = append(known, a.name)
	}
	for _, names := range apart {
		known = append(known, names...)
	}
	d := reflect.TypeFor[*desk.Desk]()
	var methods []string
	for i := range d.NumMethod() {
		methods = append(methods, d.Method(i).Name)
	}
	for _, name := range methods {
		if !slices.Contains(known, name) {
			t.Errorf("%s is neither in the table of acts nor apart from it: add a line to acts_*_test.go", name)
		}
	}
	for _, name := range known {
		if strings.ToLower(name) != name && !slices.Contains(methods, name) {
			t.Errorf("%s is no act of the desk", name)
		}
	}
	slices.Sort(known)
	if len(slices.Compact(slices.Clone(known))) != len(known) {
		t.Error("an act stands in the table or apart twice")
	}
}
