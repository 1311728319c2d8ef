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

func setLeft(s recovery.CodeSet) string { return fmt.Sprintf("%d of %d left", s.Left, s.Total) }

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
