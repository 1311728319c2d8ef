package recovery

import (
	"slices"
	"strings"
)

// Cues are what the server asks the person on the video to do; one is drawn at
// random for each run (SP 800-63A-4 §3.14).
var Cues = []string{
	"Turn your head slowly to the left and back.",
	"Turn your head slowly to the right and back.",
	"Pass your open hand slowly in front of your face.",
	"Touch your left ear with your right hand.",
	"Touch your right ear with your left hand.",
	"Look up, then down, then at the camera.",
	"Hold up four fingers beside your chin.",
	"Hold up two fingers in front of your mouth.",
	"Lean back until your shoulders are in the picture.",
	"Cover one eye with your hand, then the other.",
}

// Comparison is what the agent records of a person seen on video or in person:
// which record of the HR system was compared, for documents which one, and the
// outcome. Photos and images stay where they are (SP 800-63A-4 §3.3.2).
type Comparison struct {
	Record   string
	Document Document
	Badge    bool   // in person: the badge was checked as well
	Site     string // in person: where
	Outcome  string
	Note     string
}

// Document is what is kept of one: never an image, never the whole number.
type Document struct{ Kind, Issuer, Last4 string }

// DocumentKinds are the documents that count as STRONG evidence (SP 800-63A-4
// §2.4.1.2): government-issued, with a photo.
var DocumentKinds = []string{"passport", "national identity card", "driving licence", "residence permit"}

// Words is the document as records and statements hold it.
func (d Document) Words() string {
	if d == (Document{}) {
		return ""
	}
	return d.Kind + ", " + d.Issuer + ", …" + d.Last4
}

// Seen is what was looked at, as records and statements hold it.
func (v Comparison) Seen() string {
	words := v.Document.Words()
	if v.Badge {
		words += "; badge checked"
	}
	if v.Site != "" {
		words += " at " + v.Site
	}
	return words
}

// Outcomes of a comparison.
const (
	Match   = "match"
	NoMatch = "no-match"
)

// Outcomes lists them.
var Outcomes = []string{Match, NoMatch}

// Check refuses a record that misses something its method asks for. Who is enrolled
// for the first time has no badge yet.
func (v Comparison) Check(m Method, e EventID) error {
	switch {
	case !slices.Contains(Outcomes, v.Outcome):
		return Refuse("outcome-missing", "Say how the comparison ended.", "").On("outcome")
	case strings.TrimSpace(v.Record) == "":
		return Refuse("record-missing", "Enter the id of the HR record whose photo you compared.", "").On("record")
	case v.Outcome != Match && strings.TrimSpace(v.Note) == "":
		return Refuse("note-missing", "Describe what you saw.", "").On("note")
	}
	if GuideOf(m).Document {
		if err := v.Document.check(); err != nil {
			return err
		}
	}
	if m == InPersonBadge {
		if err := v.onSite(e); err != nil {
			return err
		}
	}
	if err := FitText("record", v.Record, RecordMax); err != nil {
		return err
	}
	return FitText("note", v.Note, TextMax)
}

func (d Document) check() error {
	switch {
	case !slices.Contains(DocumentKinds, d.Kind):
		return Refuse("document-kind", "Say which document you saw.", "").On("document")
	case strings.TrimSpace(d.Issuer) == "":
		return Refuse("document-issuer", "Enter who issued the document.", "The country or office stands on it.").On("issuer")
	case len(d.Last4) != 4 || strings.Trim(d.Last4, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return Refuse("document-number", "Enter the last four letters or digits of the document's number.", "Nothing more of the number is kept.").On("last4")
	}
	return FitText("issuer", d.Issuer, RecordMax)
}

// onSite asks for the badge and the place of a meeting in person.
func (v Comparison) onSite(e EventID) error {
	switch {
	case v.Outcome == Match && !v.Badge && e != FirstEnrolment:
		return Refuse("badge-missing", "In person the badge is checked as well.", "Without a badge record this way as not possible.").On("badge")
	case strings.TrimSpace(v.Site) == "":
		return Refuse("site-missing", "Enter where you met the holder.", "The name of the building or room is enough.").On("site")
	}
	return FitText("site", v.Site, RecordMax)
}
