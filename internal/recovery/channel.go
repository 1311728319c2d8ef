package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// Circumstances are what decides whether a channel may carry a proof: what
// happened, to whom, and how long a value must have been known.
type Circumstances struct {
	Event       EventID
	Population  Population
	Facts       Facts
	Source      Source   // where the request came from, "" unknown
	AccountMail []string // domains whose mailboxes the account itself opens (R16)
	Age         int64    // a value changed since strikes for as long; microseconds
	Named       []string // ids of the addresses that work on a registered journey; nil where none is under way
	// Known is when the account came on record. At a first enrolment what came with
	// it was never changed: there is nothing older that a thief could have replaced.
	Known int64
	Told  int64 // what was replaced is told for as long; microseconds
	// Executed is when the ticket was executed, 0 before: what a takeover put back
	// then may carry its last code.
	Executed int64
	Now      int64
}

// Circumstances of a ticket under a policy.
func (t Ticket) Circumstances(p Policy, accountMail []string, now int64) Circumstances {
	return Circumstances{Event: t.Event, Population: t.Population, Facts: t.Facts, Source: t.Source, AccountMail: accountMail, Age: p.Channels.Age.span(), Told: p.Channels.OldNotice.span(), Executed: t.Executed, Now: now}
}

// AtRest are the circumstances of an account that nothing happened to.
func AtRest(p Policy, accountMail []string, now int64) Circumstances {
	return Circumstances{AccountMail: accountMail, Age: p.Channels.Age.span(), Now: now}
}

// Struck says why an address may carry no proof, or "" (R16).
func (a Address) Struck(c Circumstances) string {
	why := ""
	if a.Kind == Phone {
		why = c.number()
	} else {
		why = c.mailbox(a.Value)
	}
	switch {
	case a.Ended != 0:
		return "no longer on record"
	case c.Named != nil && !slices.Contains(c.Named, a.ID):
		return "the holder did not name it for this journey"
	case a.restored(c):
		return why
	case c.doubted(a.FirstSeen):
		return "first seen after the time that is in doubt"
	case a.Baseline == 0 && c.Now-a.FirstSeen < c.Age && !c.original(a.FirstSeen):
		return changedAgo(c.Now - a.FirstSeen)
	}
	return why
}

// doubted says whether what appeared then is distrusted: it came after the time
// from which on somebody else may have had the account.
func (c Circumstances) doubted(since int64) bool { return c.Facts.Since != 0 && since >= c.Facts.Since }

// original says whether a value came on record together with an account that is
// enrolled for the first time.
func (c Circumstances) original(since int64) bool {
	return c.Event == FirstEnrolment && since <= c.Known
}

func changedAgo(age int64) string {
	switch days := age / Day; days {
	case 0:
		return "changed today"
	case 1:
		return "changed 1 day ago"
	default:
		return fmt.Sprintf("changed %d days ago", days)
	}
}

func (c Circumstances) number() string {
	switch {
	case c.Facts.Device != "":
		return "the device that is gone may hold this number"
	case c.Facts.Taken == NumberTaken:
		return "somebody else may have this number"
	}
	return ""
}

func (c Circumstances) mailbox(value string) string {
	switch {
	case opensWithAccount(value, c.AccountMail):
		return "the account itself opens this mailbox"
	case c.Facts.Taken == MailboxTaken:
		return "somebody else may read this mailbox"
	case c.Source == Source(string(ByMail)+":"+strings.ToLower(AccountName(value))):
		return "the request came from this mailbox"
	case c.Facts.Device == "" || c.Facts.Mail == Elsewhere:
		return ""
	case c.Facts.Device == Stolen || c.Facts.Lock == Unlocked || c.Population == Privileged:
		return "the mailbox may be open on the device"
	}
	return ""
}

// Struck says why a way to sign in may carry no proof, or "".
func (f Factor) Struck(c Circumstances) string {
	switch {
	case !f.Live():
		return "suspended"
	case c.doubted(f.Added):
		return "added after the time that is in doubt"
	case f.Kind == Password && c.Facts.Taken == Phished:
		return "it may have been given away"
	case f.Kind == Passkey && c.Facts.Device != "" && !f.apart():
		return "the device that is gone may hold it"
	}
	return ""
}

// apart says whether the key is a thing of its own, which no other device holds.
func (f Factor) apart() bool {
	return f.Transports != "" && !f.BackupEligible && !strings.Contains(f.Transports, "internal") && !strings.Contains(f.Transports, "hybrid")
}

// Struck says why a code set may carry no proof, or "".
func (s CodeSet) Struck(c Circumstances) string {
	if c.doubted(s.Made) {
		return "made after the time that is in doubt"
	}
	switch state := s.State(c.Now); state {
	case "live":
		return ""
	case "not confirmed":
		return "not confirmed yet"
	default:
		return state
	}
}

// ChannelKind is what a channel is, in a word that pages show.
type ChannelKind string

// Kinds of channel.
const (
	ChannelMail     ChannelKind = "mail address"
	ChannelNumber   ChannelKind = "number"
	ChannelKey      ChannelKind = "security key or passkey"
	ChannelPassword ChannelKind = "password"
	ChannelCodes    ChannelKind = "backup codes"
	ChannelPerson   ChannelKind = "person"
)

// Channel is one address, one way to sign in, one code set or one person of an
// account. A group is what one theft gives (R16).
type Channel struct {
	ID, Name string // Name is masked: it tells one from another and no more
	Kind     ChannelKind
	Group    Group
	Methods  []Method
	Struck   string // why it may carry no proof, in words; "" when it may
}

// OnRecord is what the directory and the house know of an account.
type OnRecord struct {
	Addresses []Address
	Factors   []Factor
	Sets      []CodeSet
	People    []Person // who may vouch: the manager, the sponsor
}

// Channels lists every channel of an account with what it may carry, or why it
// may not. Destinations come from here only; no agent and no caller types one.
func Channels(p Policy, c Circumstances, have OnRecord) []Channel {
	var out []Channel
	for _, a := range have.Addresses {
		if a.Ended == 0 {
			out = append(out, ofAddress(p, a, c))
		}
	}
	for _, f := range have.Factors {
		if f.Erased != 0 {
			continue
		}
		ch := Channel{ID: f.ID, Name: f.Name, Kind: ChannelKey, Group: GroupDevice, Methods: []Method{ByAuthenticator}, Struck: f.Struck(c)}
		if f.Kind == Password {
			ch.Kind, ch.Group, ch.Methods = ChannelPassword, GroupMemory, []Method{ByPassword}
		}
		out = append(out, ch)
	}
	for _, s := range have.Sets {
		if s.Retired == 0 {
			out = append(out, Channel{ID: s.ID, Name: "Set made " + UTC(s.Made), Kind: ChannelCodes, Group: GroupPaper, Methods: []Method{ByBackupCode}, Struck: s.Struck(c)})
		}
	}
	for _, who := range have.People {
		out = append(out, Channel{ID: who.ID, Name: who.Name, Kind: ChannelPerson, Group: GroupPerson, Methods: []Method{ByVoucher}})
	}
	return out
}

func ofAddress(p Policy, a Address, c Circumstances) Channel {
	ch := Channel{ID: a.ID, Name: Mask(a), Kind: ChannelMail, Group: GroupMailbox, Methods: []Method{ByMailCode}, Struck: a.Struck(c)}
	if a.Kind == Phone {
		ch.Kind, ch.Group, ch.Methods = ChannelNumber, GroupNumber, []Method{ByCallBack}
		if p.Issued.Gateway {
			ch.Methods = append(ch.Methods, BySMSCode)
		}
	}
	return ch
}

// carriers are the kinds of channel that a method needs; a method without one
// rests on nothing that the directory holds.
var carriers = map[Method]ChannelKind{ByMailCode: ChannelMail, BySMSCode: ChannelNumber, ByCallBack: ChannelNumber, ByPassword: ChannelPassword,
	ByBackupCode: ChannelCodes, ByAuthenticator: ChannelKey, ByVoucher: ChannelPerson}

// Unreachable says in words why no channel of the account can carry a method,
// "" when one can or none is needed.
func Unreachable(m Method, all []Channel) string {
	kind, needed := carriers[m]
	if !needed {
		return ""
	}
	var struck []string
	for _, ch := range all {
		switch {
		case ch.Kind != kind:
		case !slices.Contains(ch.Methods, m):
			return "The SMS gateway is off."
		case ch.Struck == "":
			return ""
		default:
			struck = append(struck, ch.Name+": "+ch.Struck)
		}
	}
	if len(struck) == 0 {
		return noneOnRecord[kind]
	}
	return "Struck off: " + strings.Join(struck, "; ") + "."
}

var noneOnRecord = map[ChannelKind]string{
	ChannelMail: "No mail address is on record.", ChannelNumber: "No number is on record.", ChannelKey: "No other security key or passkey is bound.",
	ChannelPassword: "The account has no password.", ChannelCodes: "The account has no backup codes.", ChannelPerson: "No manager or sponsor is on record who could vouch.",
}

// Reachable are the channels that can carry a method.
func Reachable(m Method, all []Channel) []Channel {
	return slices.DeleteFunc(slices.Clone(all), func(ch Channel) bool { return ch.Struck != "" || !slices.Contains(ch.Methods, m) })
}
