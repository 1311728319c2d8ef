package self

import (
	"strings"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// SetName is how people tell sets apart: the last symbols of the id. It opens
// nothing.
func SetName(id string) string { return strings.ToUpper(id[max(0, len(id)-6):]) }

func makeLabel(p CodesPage) string {
	if p.Live != nil {
		return "Replace your backup codes"
	}
	return "Make backup codes"
}

func custodies(p recovery.Policy, a recovery.Account) []ui.Option {
	words := map[recovery.Custody][2]string{
		recovery.OnPaper:   {"On paper, at home or in a locked drawer", "Print the sheet and keep it away from your devices."},
		recovery.InManager: {"In a password manager", "One that opens without the passkey you could lose."},
		recovery.InSafe:    {"In a safe", ""},
	}
	var out []ui.Option
	for _, c := range p.Custodies(a) {
		out = append(out, ui.Option{Value: string(c), Label: words[c][0], Hint: words[c][1]})
	}
	return out
}
