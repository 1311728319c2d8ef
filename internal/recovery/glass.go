package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// Break-glass is the way back into a house whose administrators cannot act (R57,
// S20): two custodians, each with an own sheet, on the machine itself.

// Sheet is one custodian's sealed sheet; the row keeps a keyed hash of its code.
type Sheet struct {
	ID, Person, Hash  string
	Made, Spent, Void int64
}

// GlassBreak is one use of both sheets.
type GlassBreak struct {
	ID         string
	At         int64
	Custodians []string // whose sheets were used
	Persons    []string // invited as administrators
	Lost       []string // whose keys were suspended with it
	// AtOnce says that no administrator was left counting, so the new ones do not
	// wait 72 hours.
	AtOnce bool
	Seen   int64 // when an auditor acknowledged it
	SeenBy string
}

// Limits of break-glass.
const (
	// GlassPersons is how many administrators one use invites: as many as must
	// count. Ours.
	GlassPersons = AdministratorsMin
	// SheetsAllowed is how long a signed proposal lets the machine print new
	// sheets. Ours.
	SheetsAllowed = 24 * Hour
)

// CheckCustodians refuses anything but two different people.
func CheckCustodians(persons []string) error {
	if len(persons) != 2 || persons[0] == persons[1] || slices.Contains(persons, "") {
		return Refuse("custodians", "Break-glass has two custodians, each with an own sheet.", "Name two different people.")
	}
	return nil
}

// MayBreakGlass refuses one sheet twice, the sheets of one person, and anything
// but one or two people to invite. found are the sheets whose codes were typed.
func MayBreakGlass(found []Sheet, persons []string) error {
	switch {
	case len(found) != 2:
		return Refuse("sheets-two", "Both custodians' sheets are needed.", "The second custodian types the code of the own sheet.")
	case found[0].ID == found[1].ID:
		return Refuse("sheet-twice", "The same sheet was typed twice.", "The second custodian types the code of the own sheet.")
	case found[0].Person == found[1].Person:
		return Refuse("sheets-one-hand", "Both sheets belong to one custodian.", "The second custodian types the code of the own sheet.")
	case len(persons) == 0 || len(persons) > GlassPersons || len(slices.Compact(slices.Sorted(slices.Values(persons)))) != len(persons):
		return Refuse("glass-persons", fmt.Sprintf("Name one or two different people of the directory, not %d.", len(persons)), "They become administrators.")
	}
	return nil
}

// Words say what happened, for the band on every staff page and for the notices.
func (g GlassBreak) Words() string {
	return "Break-glass was used at " + UTC(g.At) + " by the custodians " + strings.Join(g.Custodians, " and ") + ": " + strings.Join(g.Persons, " and ") + " invited as administrators."
}

// GlassDomain labels the signed bytes of an acknowledgement.
const GlassDomain = "countersign/break-glass/v1"

// GlassStatement is the text an auditor signs to acknowledge a use.
type GlassStatement struct {
	RPID    string
	Demo    bool
	Break   GlassBreak
	Auditor Person
}

// Text is the canonical encoding.
func (s GlassStatement) Text() string {
	var b strings.Builder
	line := factLine(&b)
	b.WriteString(GlassDomain + "\n")
	line("rp-id", s.RPID)
	if s.Demo {
		line("demo", "yes, made-up data")
	}
	line("break-glass", s.Break.ID)
	line("at", UTC(s.Break.At))
	for _, id := range s.Break.Custodians {
		line("custodian", id)
	}
	for _, id := range s.Break.Persons {
		line("invited-administrator", id)
	}
	for _, id := range s.Break.Lost {
		line("keys-suspended-of", id)
	}
	line("auditor-id", s.Auditor.ID)
	line("auditor-name", Quote(s.Auditor.Name))
	line("acknowledged", "the auditor knows of this use and looks into it")
	return b.String()
}
