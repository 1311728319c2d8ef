package recovery

import (
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// LaneKind is one way to count the failures of strangers. A try runs in several
// lanes; one closed lane is enough to make it wait (policy-defaults,
// "Throttles").
type LaneKind string

// Lanes. The letter begins the stored key.
const (
	LaneNarrow  LaneKind = "m" // account, method and address prefix
	LaneAccount LaneKind = "d" // account, from all addresses
	LaneAddress LaneKind = "a" // address prefix, all accounts
	LaneAll     LaneKind = "g" // everybody
	LaneBrowser LaneKind = "k" // a browser that signed in as the account before: not slowed by others
	LaneRow     LaneKind = "c" // failures in a row, account and method; never closes, tells and suspends
)

// Lane is the count of one lane. Times in microseconds.
type Lane struct {
	Kind               LaneKind
	Fails, First, Last int64
	Until              int64 // closed before this moment
	Told               int64 // when its closing (or, for LaneRow, the holder's notice) was recorded
}

// Fail counts one more failure. reopened is the count of a window that was
// closed, told and has ended since: it wants an entry.
func (l Lane) Fail(r ThrottleRule, now int64) (after Lane, reopened int64) {
	if l.over(now) {
		if l.Told != 0 && l.Kind != LaneRow {
			reopened = l.Fails
		}
		l = Lane{Kind: l.Kind}
	}
	if l.Fails == 0 {
		l.First = now
	}
	l.Fails, l.Last = l.Fails+1, now
	l.Until = l.wait(r, now)
	return l, reopened
}

// over says whether the lane's window has passed, so that counting starts again.
func (l Lane) over(now int64) bool {
	switch l.Kind {
	case LaneAddress, LaneAll:
		return now-l.First >= Hour
	case LaneAccount:
		return now-l.First >= Day && now >= l.Until
	case LaneRow:
		return false // only a success ends a row of failures (SP 800-63B-4 §3.2.2)
	}
	return now-l.Last >= Day
}

// wait is the moment until which the lane is closed after its last failure.
func (l Lane) wait(r ThrottleRule, now int64) int64 {
	switch {
	case l.Kind == LaneNarrow || l.Kind == LaneBrowser:
		return now + Delay(r, l.Fails)
	case l.Kind == LaneAccount && l.Fails >= r.Daily:
		return now + Hour
	case l.Kind == LaneAddress && l.Fails >= AddressHourly, l.Kind == LaneAll && l.Fails >= GlobalHourly:
		return l.First + Hour
	}
	return 0
}

// Closed says whether a try must wait.
func (l Lane) Closed(now int64) bool { return now < l.Until }

// Wide says whether the closing of the lane is an entry of its own: a delay of
// one caller is not, or strangers could fill the ledger.
func (l Lane) Wide() bool {
	return l.Kind == LaneAccount || l.Kind == LaneAddress || l.Kind == LaneAll
}

// Prefix is what an address is counted by: /24, or /64 for IPv6; an IPv4
// address written as IPv6 is the IPv4 address (class B21). Anything that is no
// address counts together.
func Prefix(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "none"
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "none"
	}
	return p.String()
}

// AccountName is the one form of a name as it is typed: Unicode variants, spaces
// and invisible characters make no second name (T17). Case is left to the
// directory, whose ids may have it.
func AccountName(typed string) string {
	drop := func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}
	return norm.NFKC.String(strings.Map(drop, typed))
}

// Limits of ceremonies that strangers begin and have not answered.
const (
	// BegunOfOrigin is how many one address prefix, or one link, may have: an
	// office that signs in at nine must fit. Ours.
	BegunOfOrigin = 200
	// BegunOfAll bounds the rows that all strangers together can make. Ours.
	BegunOfAll = 20_000
)

// MayBegin refuses a further sign-in of strangers while too many are begun.
func MayBegin(ofOrigin, ofAll int64) error {
	if ofOrigin < BegunOfOrigin && ofAll < BegunOfAll {
		return nil
	}
	return Refuse("throttled", "Too many sign-ins were begun from here and not finished.", "Wait "+Hours(ChallengeLife)+" and try again.")
}
