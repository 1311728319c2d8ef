package self

import (
	"fmt"

	"github.com/a-h/templ"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

func factorWords(f recovery.Factor) string {
	switch {
	case f.Kind == recovery.Password:
		return "Password, asked for in a recovery only"
	case f.BackupEligible:
		return "Passkey that your devices may share"
	}
	return "Passkey on one device or security key"
}

func used(f recovery.Factor, p ui.Page) templ.Component {
	if f.Used == 0 {
		return nil
	}
	return ui.Time(f.Used, p.Zone)
}

// setStanding is how many codes of a set are left, since when and how long.
func setStanding(s recovery.CodeSet, page ui.Page) string {
	at := func(us int64) string { return ui.Stamp(us, page.Zone) }
	line := fmt.Sprintf("%d of %d left, made %s, ", s.Left, s.Total, at(s.Made))
	if s.Retired != 0 {
		return line + "retired " + at(s.Retired) + "."
	}
	line += stopWord(s, page.Now) + " " + at(s.Ends) + "."
	switch {
	case s.Asleep == recovery.AsleepUntilLifted:
		line += " They sleep until the report of a loss is lifted."
	case s.Asleep > page.Now:
		line += " They sleep until " + at(s.Asleep) + "."
	}
	return line
}

func setWord(s recovery.CodeSet, now int64) string {
	return map[string]string{"live": "Ready", "asleep": "Asleep", "retired": "Retired", "suspended": "Suspended", "ended": "Over", "not confirmed": "Not confirmed"}[s.State(now)]
}

func setKind(s recovery.CodeSet, now int64) ui.Kind {
	switch s.State(now) {
	case "live":
		return ui.OK
	case "asleep":
		return ui.Held
	case "suspended", "ended":
		return ui.Stop
	}
	return ui.Flat
}

func stopWord(s recovery.CodeSet, now int64) string {
	if now >= s.Ends {
		return "stopped working"
	}
	return "stop working"
}

func timeline(p MePage) []ui.Happening {
	out := make([]ui.Happening, len(p.History))
	for i, h := range p.History {
		out[i] = ui.Happening{When: ui.Time(h.At, p.Page.Zone), What: h.What, Kind: ui.Flat}
	}
	return out
}
