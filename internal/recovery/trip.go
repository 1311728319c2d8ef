package recovery

import (
	"slices"
	"strings"
)

// Trip is a travel window that the holder registered beforehand with a fresh
// passkey (R18). It lowers no proofing: it names the channels that work abroad
// and the approvers who know of it.
type Trip struct {
	ID, Account  string
	Begins, Ends int64
	Channels     []string // ids of addresses that work abroad
	Pool         string   // group of approvers, "" any
	Registered   int64
	Cancelled    int64
}

// Open says whether the window is open now.
func (t Trip) Open(now int64) bool { return t.Cancelled == 0 && now >= t.Begins && now < t.Ends }

// Coming says whether the window is open or will be.
func (t Trip) Coming(now int64) bool { return t.Cancelled == 0 && now < t.Ends }

// TripsMax is how many windows one account has ahead of it. Ours.
const TripsMax = 3

// MayRegister refuses a window that begins too soon, lasts too long, names a
// channel that is not the account's own, or is one too many.
func MayRegister(t Trip, ahead []Trip, own []Address, least int64, rule TripRule, now int64) error {
	earliest := rule.Starts.After(now)
	switch {
	case t.Begins < earliest:
		return Refuse("travel-soon", "A travel window begins "+rule.Starts.Words()+" after it was registered, so not before "+UTC(earliest)+".", "Give a later beginning. If you leave before, the help desk helps as if your device were lost.").On("begins")
	case t.Ends <= t.Begins:
		return Refuse("travel-end", "The window ends before it begins.", "Give a later end.").On("ends")
	case t.Ends > rule.Life.After(t.Begins):
		return Refuse("travel-long", "A travel window lasts for at most "+rule.Life.Words()+".", "Give an earlier end, or register a second window.").On("ends")
	case len(t.Channels) == 0:
		return Refuse("travel-channels", "Say which of your addresses you can use abroad.", "Choose from the list.").On("channel")
	case len(ahead) >= TripsMax:
		return Refuse("travel-many", "You have registered three travel windows already.", "Cancel one first.")
	}
	for _, c := range t.Channels {
		if !slices.ContainsFunc(own, func(a Address) bool { return a.ID == c && a.Ended == 0 }) {
			return Refuse("travel-channels", "One of these is not an address of yours.", "Choose from the list.").On("channel")
		}
	}
	if int64(t.mails(own)) < least {
		return Refuse("travel-channels-few", "The help desk needs "+count(least, "mail address")+" that you read abroad: one for a proof and another for the last code.", "Choose more of them.").On("channel")
	}
	return nil
}

// mails counts the mail addresses among the named channels.
func (t Trip) mails(own []Address) (n int) {
	for _, a := range own {
		if a.Kind == Mail && a.Ended == 0 && slices.Contains(t.Channels, a.ID) {
			n++
		}
	}
	return n
}

// MayCancel refuses to cancel what is over.
func (t Trip) MayCancel(now int64) error {
	if t.Coming(now) {
		return nil
	}
	return Refuse("travel-over", "This travel window is over or cancelled.", "")
}

// Words is the window as messages name it.
func (t Trip) Words() string {
	parts := []string{"from " + UTC(t.Begins), "to " + UTC(t.Ends)}
	return strings.Join(parts, " ")
}
