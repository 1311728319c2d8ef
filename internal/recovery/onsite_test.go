package recovery

import "testing"

func TestComparisonInPerson(t *testing.T) {
	good := Comparison{Record: "HR-1", Document: Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}, Badge: true, Site: "Room 12", Outcome: Match}
	for name, c := range map[string]struct {
		change func(*Comparison)
		code   string
	}{
		"badge and document":      {func(*Comparison) {}, ""},
		"without the badge":       {func(v *Comparison) { v.Badge = false }, "badge-missing"},
		"without the place":       {func(v *Comparison) { v.Site = " " }, "site-missing"},
		"no match needs no badge": {func(v *Comparison) { v.Badge, v.Outcome, v.Note = false, NoMatch, "another face" }, ""},
		"without the document":    {func(v *Comparison) { v.Document = Document{} }, "document-kind"},
		"with the whole number":   {func(v *Comparison) { v.Document.Last4 = "12AB34567" }, "document-number"},
	} {
		t.Run(name, func(t *testing.T) {
			v := good
			c.change(&v)
			if got := codeOf(v.Check(InPersonBadge, DeviceLoss)); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
		})
	}
	t.Run("at a first enrolment there is no badge yet, and the document stays", func(t *testing.T) {
		v := good
		if v.Badge = false; v.Check(InPersonBadge, FirstEnrolment) != nil {
			t.Error(v.Check(InPersonBadge, FirstEnrolment))
		}
		if v.Document = (Document{}); codeOf(v.Check(InPersonBadge, FirstEnrolment)) != "document-kind" {
			t.Error("no document is asked for")
		}
	})
	if got := good.Seen(); got != "passport, Exampleland, …12AB; badge checked at Room 12" {
		t.Error(got)
	}
}
