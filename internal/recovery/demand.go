package recovery

// Demand is something a row asks for beyond its level.
type Demand string

// Demands.
const (
	NeedSponsor      Demand = "sponsor"            // the account's sponsor or owner vouches
	NeedContract     Demand = "contract-active"    // the contract has not ended
	NeedStrongKey    Demand = "phishing-resistant" // P0 by a phishing-resistant factor
	NeedSecondKey    Demand = "second-key"         // a second hardware key beside the level
	NeedIncident     Demand = "incident"           // an open incident lists the account's group
	NeedWindow       Demand = "travel-window"      // a registered travel window is open
	NeedOwner        Demand = "owner"              // the owner agrees with an own factor
	NeedHired        Demand = "near-start-date"    // HR start date within 14 days
	NeedConsistency  Demand = "same-person"        // consistency with the account confirmed (§4.2.1.4)
	NeedOnSite       Demand = "on-site-preferred"  // said to the agent, not enforced
	NeedNoNewDevice  Demand = "no-new-device"      // only while the holder has no new device
	NeedDistrust     Demand = "distrust-since"     // everything since the stated time is distrusted
	NeedOldRetired   Demand = "retire-old"         // the old factor is retired after success or 7 days
	NeedBarredPair   Demand = "no-same-pair"       // agent and approver not together again before the review
	NeedOutsideAudit Demand = "review-outside"     // the reviewer had no part in the incident
	NeedInventory    Demand = "from-inventory"     // the new key comes from the company's inventory
	NeedBothOwners   Demand = "both-owners"        // the old and the new owner agree, each with an own factor
	NeedOwnerManager Demand = "owner-manager"      // the owner's manager is proofed in the owner's place
	NeedVendor       Demand = "vendor-contact"     // the vendor's contact agrees as well
	NeedNamedPerson  Demand = "named-person"       // checked out to one named person, rotated at check-in
	NeedAgedFallback Demand = "fallback-seven-days"
	NeedSecondFirst  Demand = "second-key-first"
	NeedFirstEnrol   Demand = "before-privileged-access"
	NeedFromReturn   Demand = "from-return" // the time for enrolment runs from the end of the trip
	NeedOnce         Demand = "once"        // one session, never renewed
	NeedProofLater   Demand = "p3-within-24h"
	NeedAllDead      Demand = "all-old-dead"
	NeedRotation     Demand = "rotate"
	NeedNamedAccount Demand = "named-accounts"
	NeedOneScope     Demand = "one-environment"
)

// Demands lists them.
var Demands = []Demand{NeedSponsor, NeedContract, NeedStrongKey, NeedSecondKey, NeedIncident, NeedWindow, NeedOwner, NeedHired, NeedConsistency,
	NeedOnSite, NeedNoNewDevice, NeedDistrust, NeedOldRetired, NeedBarredPair, NeedOutsideAudit, NeedInventory, NeedBothOwners, NeedOwnerManager,
	NeedVendor, NeedNamedPerson, NeedAgedFallback, NeedSecondFirst, NeedFirstEnrol, NeedFromReturn, NeedOnce, NeedProofLater, NeedAllDead,
	NeedRotation, NeedNamedAccount, NeedOneScope}

// demandWords are the sentences of demands. The account holder may read those
// that are public: what is asked of the holder, who takes part, how long it lasts.
var demandWords = map[Demand]struct {
	Text   string
	Public bool
}{
	NeedSponsor:      {"The account's sponsor vouches for the holder.", true},
	NeedContract:     {"The contract must not have ended, and nothing that is given lives longer than it.", true},
	NeedStrongKey:    {"The working sign-in method is phishing-resistant.", true},
	NeedSecondKey:    {"A second security key of the holder is asserted as well.", true},
	NeedIncident:     {"An open incident lists the account's group.", true},
	NeedWindow:       {"A travel window that the holder registered beforehand is open.", true},
	NeedOwner:        {"The owner agrees with an own sign-in method.", true},
	NeedHired:        {"The start date in the directory is close.", true},
	NeedConsistency:  {"The person is shown to be the one the account was made for (SP 800-63B-4 §4.2.1.4).", true},
	NeedOnSite:       {"On site is preferred.", true},
	NeedNoNewDevice:  {"It is for the time in which the holder has no new device.", true},
	NeedDistrust:     {"Everything that was changed since the stated time is distrusted, and the contacts of before come back.", true},
	NeedOldRetired:   {"The old sign-in method is retired when the new one works, after 7 days at the latest.", true},
	NeedBarredPair:   {"The same agent and approver do not do it again before its review.", false},
	NeedOutsideAudit: {"Somebody outside of the incident reviews it.", true},
	NeedInventory:    {"The new key comes from the company's inventory.", true},
	NeedBothOwners:   {"Both owners agree, the old and the new one, each with an own sign-in method.", true},
	NeedOwnerManager: {"The owner's manager is proofed in the owner's place.", true},
	NeedVendor:       {"The vendor's contact agrees as well, with an own sign-in method.", true},
	NeedNamedPerson:  {"It is checked out to one named person, and rotated when it comes back.", true},
	NeedAgedFallback: {"The delivery key and the declared fallback are at least 7 days old.", false},
	NeedSecondFirst:  {"A second security key is the way that is meant; this is for the time in which it cannot be had.", true},
	NeedFirstEnrol:   {"Nothing privileged can be used before the new enrolment.", true},
	NeedFromReturn:   {"The time for the new enrolment runs from the return.", true},
	NeedOnce:         {"It is good for one session and is not renewed; a further one is a new request.", true},
	NeedProofLater:   {"Proofing of level P3 follows within 24 hours.", true},
	NeedAllDead:      {"Every earlier code, pass and sign-in method of the account stops working.", true},
	NeedRotation:     {"The credential is rotated.", true},
	NeedNamedAccount: {"A shared account is turned into accounts of named people (OWASP NHI10).", true},
	NeedOneScope:     {"It is good in one environment only.", true},
}

// unmet refuses a way whose conditions do not hold. public says that the holder
// may read why: threat mode and incidents are not for callers (R3).
func unmet(w Way, c Case) (refusal *Refusal, public bool) {
	r := func(code, text, next string) *Refusal { return Refuse(code, text, or(next, c.InPerson.Words())) }
	switch {
	case w.Asks(NeedIncident) && !c.Incident:
		return r("incident-none", "No open incident lists this account's group.", "Two administrators open the incident first, or the ticket goes by another event."), false
	case w.Asks(NeedWindow) && !c.Trip:
		return r("travel-not-registered", "The holder registered no travel window that is open now.", "Open the ticket as device-loss."), true
	case w.Asks(NeedContract) && c.Ended:
		return r("contract-ended", "The contract of this account has ended.", "The sponsor renews it in the directory first."), true
	case c.Event == FirstEnrolment && c.HadFactor:
		return Refuse("had-factor", "This account has, or once had, a way to sign in, so a first enrolment would be a recovery by another name.",
			"Open the ticket by what happened: device-loss, factor-reset, suspected-takeover or another."), true
	case w.Asks(NeedHired) && !c.Hired:
		return farFromStart(c.FirstDay), true
	case w.Asks(NeedInventory) && !c.Inventory:
		return r("not-from-inventory", "The new key does not come from the company's inventory.", "An approver decides about a key of another origin."), true
	case w.Asks(NeedOwnerManager) && !c.OwnerGone:
		return r("owner-there", "The owner can be asked, so the manager does not answer in the owner's place.", "The owner asserts a working sign-in method on the account page."), true
	case c.Threat && w.Tier() == Pass && w.Place == AtDesk:
		return r("threat-mode", "Raised-threat mode is on: no Pass is issued.", "Choose a way that ends in a new sign-in method."), false
	case c.Threat && w.Place == OnPages && c.Phishable:
		return r("threat-mode-pages", "The recovery pages are closed for accounts without a second security key for the time being.", "Call your help desk. "+c.InPerson.Words()), true
	case w.Place == AtDesk && c.Enrolled.Above(w.Proof) && c.Enrolled == P4:
		return r("enrolled-higher", "This account was enrolled with a biometric comparison on site, and the same is asked now.", c.InPerson.Words()), true
	}
	return nil, true
}
