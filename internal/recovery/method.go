package recovery

import (
	"slices"
	"strings"
)

// Method is a kind of proof that a workflow's step can ask for.
type Method string

// Methods.
const (
	ByAuthenticator Method = "authenticator" // a key still bound, asserted by the holder
	ByBackupCode    Method = "backup-code"
	ByMailCode      Method = "mail-code"
	BySMSCode       Method = "sms-code"
	ByPassword      Method = "password"
	ByCallBack      Method = "call-back"      // we call the directory number; words from the claimed page
	ByVideo         Method = "video"          // random cue, photo of the HR system
	ByVideoDocument Method = "video-document" // remote attended, STRONG evidence, trained agent
	InPersonBadge   Method = "in-person"      // badge and document
	ByVoucher       Method = "voucher"        // another person's own passkey
	ByCheck         Method = "identity-check" // external, signed result
	ByBiometric     Method = "biometric"      // on-site comparison, external (§4.2.2.3)
)

// Methods lists them all.
var Methods = []Method{ByAuthenticator, ByBackupCode, ByMailCode, BySMSCode, ByPassword, ByCallBack, ByVideo, ByVideoDocument, InPersonBadge, ByVoucher, ByCheck, ByBiometric}

// GroupFace and GroupPlace complete the channel groups: a face on a video is not
// another person's word, and a badge on site is a place.
const (
	GroupFace  Group = "face"
	GroupPlace Group = "place"
)

// methodFacts is what a method is, whatever policy says.
var methodFacts = map[Method]struct {
	Group    Group
	Observed bool // the server itself sees the proof (R13)
	Class    string
}{
	ByAuthenticator: {GroupDevice, true, "authenticator"},
	ByBackupCode:    {GroupPaper, true, "code"},
	ByMailCode:      {GroupMailbox, true, "code"},
	BySMSCode:       {GroupNumber, true, "code"},
	ByPassword:      {GroupMemory, true, "password"},
	ByCallBack:      {GroupNumber, true, "presence"}, // the words are compared by the server
	ByVideo:         {GroupFace, false, "presence"},
	ByVideoDocument: {GroupFace, false, "presence"},
	InPersonBadge:   {GroupPlace, false, "presence"},
	ByVoucher:       {GroupPerson, true, "presence"},
	ByCheck:         {GroupFace, true, "presence"},
	ByBiometric:     {GroupPlace, true, "presence"},
}

// Group is what one theft gives of the method (R16).
func (m Method) Group() Group { return methodFacts[m].Group }

// Observed says whether the server sees the proof itself.
func (m Method) Observed() bool { return methodFacts[m].Observed }

// fits says whether a proof by m can stand for a word of a level's way: the
// method itself, its class, or one that proves more of the same kind.
func (m Method) fits(word string) bool {
	return string(m) == word || methodFacts[m].Class == word ||
		m == ByVideoDocument && word == string(ByVideo) || m == ByCheck && word == string(ByVideo) || m == ByBiometric && word == string(InPersonBadge)
}

// alternatives writes a level's ways out into words of methods and classes:
// "P1 + video" becomes each way of P1 with a video. ok is false for a cycle.
func (p Policy) alternatives(l Level, depth int) (out [][]string, ok bool) {
	if depth > len(Levels) {
		return nil, false
	}
	for _, text := range p.Levels[l].AnyOf {
		ways := [][]string{nil}
		for _, word := range splitPlus(text) {
			if !slices.Contains(Levels, Level(word)) {
				for i := range ways {
					ways[i] = append(slices.Clone(ways[i]), word)
				}
				continue
			}
			inner, ok := p.alternatives(Level(word), depth+1)
			if !ok {
				return nil, false
			}
			ways = product(ways, inner)
		}
		out = append(out, ways...)
	}
	return out, true
}

func product(a, b [][]string) [][]string {
	var out [][]string
	for _, x := range a {
		for _, y := range b {
			out = append(out, append(slices.Clone(x), y...))
		}
	}
	return out
}

func splitPlus(text string) []string {
	var out []string
	for _, w := range strings.Split(text, "+") {
		out = append(out, strings.TrimSpace(w))
	}
	return out
}

// Reaches says whether proofs by these methods reach a level: they fill one of
// its ways, each word by a proof of its own and all from different groups (R16),
// and the server saw as many of them as the level demands (R13). Knowledge
// answers are no method, so they never count (SP 800-63A-4 §2.5.1).
func (p Policy) Reaches(l Level, by []Method) bool {
	observed := int64(0)
	for _, m := range by {
		if m.Observed() {
			observed++
		}
	}
	if observed < p.Levels[l].Observed {
		return false
	}
	ways, _ := p.alternatives(l, 0)
	return slices.ContainsFunc(ways, func(w []string) bool { return fills(w, by, nil) })
}

// fills looks for a proof for each word, from groups that differ.
func fills(words []string, by []Method, used []Group) bool {
	if len(words) == 0 {
		return true
	}
	for i, m := range by {
		if !m.fits(words[0]) || slices.Contains(used, m.Group()) {
			continue
		}
		rest := slices.Delete(slices.Clone(by), i, i+1)
		if fills(words[1:], rest, append(slices.Clone(used), m.Group())) {
			return true
		}
	}
	return false
}

// LevelOf is the highest level that proofs by these methods reach, "" for none.
func (p Policy) LevelOf(by []Method) Level {
	for _, l := range slices.Backward(Levels) {
		if p.Reaches(l, by) {
			return l
		}
	}
	return ""
}
