package staff

import (
	"fmt"
	"net/url"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// AccountPath is the page of an account; ids come from a file.
func AccountPath(id string) string { return "/accounts/" + url.PathEscape(id) }

func noAccounts(p AccountsPage) string {
	if p.Search != "" {
		return "No account fits."
	}
	return "There are no accounts."
}

func accountFactList(p AccountPage) []ui.Fact {
	a := p.Account
	facts := []ui.Fact{
		{Label: "Id", Value: a.ID, Code: true}, {Label: "Name", Value: a.Name},
		{Label: "Population", Value: string(a.Population)}, {Label: "Recovered as", Value: string(a.Row())},
	}
	if a.Population == recovery.Service {
		facts = append(facts, ui.Fact{Label: "Owner", Value: p.Holder})
	}
	if a.Department != "" {
		facts = append(facts, ui.Fact{Label: "Department", Value: a.Department})
	}
	if p.Manager != "" && a.Population != recovery.Service {
		facts = append(facts, ui.Fact{Label: "Manager", Value: p.Manager})
	}
	facts = append(facts, ui.Fact{Label: "In the directory since", Part: ui.Time(a.Created, p.Page.Zone)})
	if a.Baseline != 0 {
		facts = append(facts, ui.Fact{Label: "Known", Value: "by baseline since " + ui.Stamp(a.Baseline, p.Page.Zone) + " only"})
	}
	if a.MailedLink != 0 {
		facts = append(facts, ui.Fact{Label: "Enrolled", Value: "by mailed link on " + ui.Stamp(a.MailedLink, p.Page.Zone) + ", not proofed since"})
	}
	if a.ContactBlock > p.Page.Now {
		facts = append(facts, ui.Fact{Label: "Addresses", Value: "cannot change until " + ui.Stamp(a.ContactBlock, p.Page.Zone)})
	}
	return facts
}

func factorKind(f recovery.Factor) string {
	if f.Kind == recovery.Password {
		return "Password"
	}
	return "Passkey"
}

func setTitle(s recovery.CodeSet) string { return fmt.Sprintf("%d of %d left", s.Left, s.Total) }

func setKind(s recovery.CodeSet, now int64) ui.Kind {
	switch s.State(now) {
	case "live":
		return ui.OK
	case "asleep":
		return ui.Held
	case "suspended":
		return ui.Stop
	}
	return ui.Flat
}

func accountTimeline(p AccountPage) []ui.Happening {
	out := make([]ui.Happening, len(p.History))
	for i, h := range p.History {
		out[i] = ui.Happening{When: ui.Since(h.At, p.Page.Now, p.Page.Zone), Who: h.Actor, What: h.Kind, Kind: ui.Flat, Note: fmt.Sprintf("Entry %d", h.Seq)}
	}
	return out
}

// firstDayWords say when an account that never had a way to sign in is enrolled.
func firstDayWords(a recovery.Account) string {
	if a.Row() == recovery.Service {
		return "A service account is set up by its owner."
	}
	if a.StartsOn == 0 {
		return "The directory names no first day of work. HR enters it; then the help desk enrols the person within 14 days of it."
	}
	return "The first day of work is " + recovery.DayText(a.StartsOn) + ". The help desk enrols the person from 14 days before to 14 days after it."
}
