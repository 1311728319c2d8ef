package recovery

import "slices"

// Level is a proofing level, P0 to P4 (policy-defaults, "Levels").
type Level string

// Proofing levels.
const (
	P0 Level = "P0"
	P1 Level = "P1"
	P2 Level = "P2"
	P3 Level = "P3"
	P4 Level = "P4"
)

// Levels lists the proofing levels from the lowest up.
var Levels = []Level{P0, P1, P2, P3, P4}

// Above says whether a level asks for more than another.
func (l Level) Above(other Level) bool {
	return slices.Index(Levels, l) > slices.Index(Levels, other)
}

// Quorum is how many approvers decide, and from how many groups.
type Quorum string

// Quorums: nobody, one approver, two of different groups with one from security.
const (
	A0 Quorum = "A0"
	A1 Quorum = "A1"
	A2 Quorum = "A2"
)

// Quorums lists the quorums from the weakest up.
var Quorums = []Quorum{A0, A1, A2}

// Artefact is what lets the holder in while the primary factor is gone. The ids
// are those of policy-defaults, "Artefacts and tiers".
type Artefact string

// Artefacts.
const (
	BackupCode  Artefact = "BC"    // from the holder's saved set
	SentCode    Artefact = "IC"    // sent once over a registered channel
	FactorGone  Artefact = "FR"    // factor reset, then a recovery session
	PassSession Artefact = "PASS"  // temporary bypass in the claimed browser
	Binding     Artefact = "BIND"  // binds a new device beside a working one
	LeasedKey   Artefact = "LEASE" // service-account fallback
	LoanKey     Artefact = "LOAN"  // a key on loan
)

// Artefacts lists them all.
var Artefacts = []Artefact{BackupCode, SentCode, FactorGone, PassSession, Binding, LeasedKey, LoanKey}

// TierOf is the tier that an artefact belongs to (R6).
func TierOf(a Artefact) Tier {
	switch a {
	case PassSession, LeasedKey, LoanKey:
		return Pass
	case FactorGone:
		return Reset
	}
	return Replacement
}

// Place is where a recovery is done.
type Place string

// Places: at the desk with an agent, on the public pages, at /me with a working factor.
const (
	AtDesk  Place = "desk"
	OnPages Place = "self"
	AtMe    Place = "me"
)

// Places lists them.
var Places = []Place{AtDesk, OnPages, AtMe}

// Audience is who is told of a recovery: N2 is every address on record, at
// least two channel kinds where they exist (SP 800-63B-4 §4.6).
type Audience string

// Audiences of notices.
const (
	TellHolder    Audience = "N2"
	TellOld       Audience = "old-addresses"
	TellManager   Audience = "manager"
	TellSecurity  Audience = "security"
	TellSponsor   Audience = "sponsor"
	TellOwner     Audience = "owner"
	TellTeam      Audience = "team"
	TellApprovers Audience = "approvers"
	TellHR        Audience = "hr"
)

// Audiences lists them.
var Audiences = []Audience{TellHolder, TellOld, TellManager, TellSecurity, TellSponsor, TellOwner, TellTeam, TellApprovers, TellHR}

// ReviewRule says which recoveries are looked at afterwards, and by when.
type ReviewRule struct {
	Percent    int64    `policy:"percent" strict:"more"`
	FirstPairs bool     `policy:"first-pairs" strict:"yes"`
	Risk       bool     `policy:"any-risk" strict:"yes"`
	Within     Duration `policy:"within" strict:"less" ceiling:"review"`
}

// Way is one way through a cell of the table: what it takes and what it gives.
// A cell with several artefacts has several ways; opening a ticket picks one.
type Way struct {
	ID        string     `policy:"-"`
	Place     Place      `policy:"place"`
	Proof     Level      `policy:"proof" strict:"more"`
	Also      []Demand   `policy:"also" strict:"more" optional:"yes"`
	Approvals Quorum     `policy:"approvals" strict:"more"`
	Artefact  Artefact   `policy:"artefact"`
	Life      Duration   `policy:"life" strict:"less" optional:"yes"`
	ReEnrol   Duration   `policy:"re-enrol" strict:"less"` // 0: in session
	Window    Duration   `policy:"window" strict:"more"`
	Notify    []Audience `policy:"notify" strict:"more"`
	Review    ReviewRule `policy:"review"`
	Workflow  string     `policy:"workflow" optional:"yes"` // id without version
	Hold      bool       `policy:"unknown-browser-hold" strict:"yes" optional:"yes"`
	AAL       int64      `policy:"aal-at-most" strict:"less" optional:"yes"` // 0: no bound; a Pass never yields more than 2
}

// Tier is fixed by the artefact (R6).
func (w Way) Tier() Tier { return TierOf(w.Artefact) }

// Asks says whether the way makes a demand.
func (w Way) Asks(d Demand) bool { return slices.Contains(w.Also, d) }

// Cell is what an event asks of a population: its ways in the order they are
// offered, or, when there is none, where to go instead.
type Cell struct {
	Ways    []Way
	Instead string
}

// Way finds the way of an id ("" for the first) at a place ("" for any): nobody
// gets at the desk what the policy gives on the recovery page.
func (c Cell) Way(id string, at Place) (Way, bool) {
	for _, w := range c.Ways {
		if (id == "" || w.ID == id) && (at == "" || w.Place == at) {
			return w, true
		}
	}
	return Way{}, false
}

// WayTo is the id of the way of the public pages that gives an artefact. Where there
// is none it is an id that no way has, so that Decide refuses with where to go.
func (c Cell) WayTo(a Artefact) string {
	for _, w := range c.Ways {
		if w.Place == OnPages && w.Artefact == a {
			return w.ID
		}
	}
	return string(a)
}

// Policy is a whole, versioned policy. Every field is a value of its file, with
// the source that the file names for it (Source).
type Policy struct {
	Version string `policy:"policy"`
	Name    string `policy:"name"`
	Preset  string `policy:"preset"`
	Base    string `policy:"base" optional:"yes"` // the shipped policy that the file changes; "" for a whole file

	Levels      map[Level]LevelRule             `policy:"levels"`
	Quorums     map[Quorum]QuorumRule           `policy:"approvals"`
	Request     RequestRule                     `policy:"requests"`
	Fresh       FreshRule                       `policy:"freshness"`
	Issued      IssuedRule                      `policy:"issued-codes"`
	Codes       CodeRule                        `policy:"code-sets"`
	Channels    ChannelRule                     `policy:"channels"`
	Notices     NoticeRule                      `policy:"notices"`
	After       AfterRule                       `policy:"after-completion"`
	Populations map[Population]PopulationRule   `policy:"populations"`
	Stricter    StricterRule                    `policy:"stricter"`
	Threat      ThreatRule                      `policy:"raised-threat"`
	Incidents   IncidentRule                    `policy:"incidents"`
	Trips       TripRule                        `policy:"travel"`
	Vouching    VouchRule                       `policy:"vouching"`
	Throttles   ThrottleRule                    `policy:"throttles"`
	House       HouseRule                       `policy:"house"`
	Rows        map[EventID]map[Population]Cell `policy:"rows"`
	Deviations  map[string]Deviation            `policy:"deviations" optional:"yes"` // by the path of what they loosen

	excuses []string          // paths of Deviations in order
	sources map[string]string // by path
	lines   map[string]int    // of the file it was read from, by path
}

// LevelRule is what a proofing level demands: one of its ways, each a list of
// methods, classes of methods, or a lower level, all from different groups.
type LevelRule struct {
	AnyOf    []string `policy:"any-of" strict:"less"` // "code + password"
	Observed int64    `policy:"server-observed" strict:"more"`
	Trained  bool     `policy:"trained-agent" strict:"yes" optional:"yes"` // documents are compared by an agent trained within a year
}

// QuorumRule is who decides.
type QuorumRule struct {
	Approvers int64    `policy:"approvers" strict:"more"`
	Groups    int64    `policy:"groups" strict:"more"`          // different groups among them
	From      string   `policy:"one-from" strict:"named"`       // a group that must be among them
	Extra     Duration `policy:"window-at-least" strict:"more"` // small house: the second pair of eyes is time
}

// RequestRule bounds a request for approval.
type RequestRule struct {
	Wait          Duration `policy:"wait" strict:"less" ceiling:"approval-wait"`
	WaitEmergency Duration `policy:"wait-emergency" strict:"less" ceiling:"approval-wait"`
	Execute       Duration `policy:"execute-within" strict:"less"`
	Resign        Duration `policy:"directory-down" strict:"less" ceiling:"approval-wait"`
	Reserved      Duration `policy:"reserved" strict:"less"` // for the drawn approver
	HourlyMost    int64    `policy:"decisions-an-hour" strict:"less"`
	Hasty         Duration `policy:"hasty-under" strict:"more"`
	HastyMost     int64    `policy:"hasty-most" strict:"less"`
}

// FreshRule bounds what a proof and a claimed page are good for.
type FreshRule struct {
	Proof      Duration `policy:"proof" strict:"less"`
	Claim      Duration `policy:"claimed-page-idle" strict:"less"`
	Collecting Duration `policy:"collecting" strict:"less" ceiling:"collecting"`
	LongWindow Duration `policy:"holder-returns-when-window-over" strict:"less"`
	Return     Duration `policy:"holder-returns-within" strict:"less"`
	Parked     Duration `policy:"parked" strict:"less"`
	NoticeWait Duration `policy:"notice-wait" strict:"less"`
	Attempt    Duration `policy:"self-service-attempt" strict:"less"`
}

// IssuedRule bounds codes that are sent once.
type IssuedRule struct {
	Mail    Duration `policy:"mail" strict:"less" ceiling:"issued-mail"`
	SMS     Duration `policy:"sms" strict:"less" ceiling:"issued-sms"`
	Tries   int64    `policy:"tries" strict:"less" ceiling:"issued-tries"`
	Hourly  int64    `policy:"messages-an-hour" strict:"less"`
	Gateway bool     `policy:"sms-gateway" strict:"no"`
}

// CodeRule is about sets of backup codes.
type CodeRule struct {
	Count   int64    `policy:"codes" strict:"less" ceiling:"codes"`
	Show    Duration `policy:"confirm-within" strict:"less"`
	Recheck bool     `policy:"custody-half-way" strict:"yes"`
}

// ChannelRule is R16's independence.
type ChannelRule struct {
	Age       Duration `policy:"changed-strikes-for" strict:"more"`
	OldNotice Duration `policy:"old-address-told-for" strict:"more"`
	Least     int64    `policy:"independent-addresses" strict:"more"`
}

// NoticeRule is about messages to the holder.
type NoticeRule struct {
	UnprovedDaily int64 `policy:"unproved-openings-a-day" strict:"less"`
}

// AfterRule is what follows completion.
type AfterRule struct {
	Stop        Duration `policy:"stop" strict:"more"`
	UnknownHold Duration `policy:"unknown-browser-hold" strict:"more"`
}

// PopulationRule is what a population has for all events.
type PopulationRule struct {
	Session      Duration `policy:"recovery-session" strict:"less" ceiling:"session"`
	ContactBlock Duration `policy:"contact-block" strict:"more"`
	CodeSet      Duration `policy:"code-set" strict:"less"` // 0: none
	PrintOnly    bool     `policy:"print-only" strict:"yes"`
	SecondOnly   bool     `policy:"codes-second-proof-only" strict:"yes"`
	NewFactor    string   `policy:"new-factor" strict:"named"`
}

// StricterRule is what an account's and a caller's past adds.
type StricterRule struct {
	Repeat         Duration `policy:"second-reset-within" strict:"more"`
	SameAgent      Duration `policy:"same-agent-within" strict:"more"`
	CooldownFirst  Duration `policy:"cooldown" strict:"more"`
	CooldownSecond Duration `policy:"cooldown-after-two" strict:"more"`
	YoungAccount   Duration `policy:"young-account" strict:"more"`
	YoungApprover  Duration `policy:"young-approver" strict:"more"`
}

// ThreatRule is raised-threat mode (R25).
type ThreatRule struct {
	Alone Duration `policy:"by-one" strict:"less"`
	Two   Duration `policy:"by-two" strict:"less"`
}

// IncidentRule bounds incidents.
type IncidentRule struct {
	Life    Duration `policy:"life" strict:"less"`
	Tickets int64    `policy:"tickets" strict:"less"`
}

// TripRule bounds travel windows.
type TripRule struct {
	Starts Duration `policy:"starts-after" strict:"more"`
	Life   Duration `policy:"life" strict:"less" ceiling:"travel"`
}

// VouchRule bounds vouching.
type VouchRule struct {
	Most   int64    `policy:"most" strict:"less"`
	Within Duration `policy:"within" strict:"more"`
	Own    Duration `policy:"not-after-own-recovery" strict:"more"`
	Life   Duration `policy:"invitation" strict:"less"`
	// From is whom the directory may name; the sponsor's word is asked of the
	// sponsor whatever stands here.
	From []Relation `policy:"from" strict:"less"`
}

// ThrottleRule is R39. Delays grow from the third failure.
type ThrottleRule struct {
	Free        int64    `policy:"free-failures" strict:"less"`
	LongestWait Duration `policy:"longest-delay" strict:"more"`
	Daily       int64    `policy:"account-a-day" strict:"less"`
	Told        int64    `policy:"holder-told-at" strict:"less"`
	Passwords   int64    `policy:"passwords-in-an-attempt" strict:"less" ceiling:"password-tries"`
	Consecutive int64    `policy:"consecutive" strict:"less" ceiling:"consecutive"`
}

// HouseRule is about the people of the desk.
type HouseRule struct {
	NewKey         Duration `policy:"new-key-decides-after" strict:"more"`
	Loosening      Duration `policy:"loosening-waits" strict:"more"`
	SecondKeyAt    int64    `policy:"import-second-key-over" strict:"less"` // accounts in one file, and of one person in a day
	ShiftAtMost    Duration `policy:"shift-at-most" strict:"less"`
	PeopleAtLeast  int64    `policy:"founding-people" strict:"more"`
	KeysAtLeast    int64    `policy:"founding-keys" strict:"more"`
	Administrators int64    `policy:"founding-administrators" strict:"more"`
	Approvers      int64    `policy:"founding-approvers" strict:"more"`
	KeysEach       int64    `policy:"founding-keys-each" strict:"more"` // of an approver
	Reviewers      int64    `policy:"founding-reviewers" strict:"more"`
}

// Cell is the row of an event for a population.
func (p Policy) Cell(event EventID, row Population) Cell { return p.Rows[event][row] }

// Source names where a value comes from: the nearest `source` at or above its
// path in the file; "ours" marks our own judgement.
func (p Policy) Source(path string) string {
	for {
		if s := p.sources[path]; s != "" {
			return s
		}
		i := lastDot(path)
		if i < 0 {
			return p.sources[""]
		}
		path = path[:i]
	}
}

func lastDot(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return i
		}
	}
	return -1
}
