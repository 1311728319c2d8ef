package self

import "countersign/views/ui"

// One primary button: sending first, confirming once a code is on its way.
func sendKind(p HoldPage) ui.ButtonKind {
	if p.Sent {
		return ui.Plain
	}
	return ui.Primary
}

func enterKind(p HoldPage) ui.ButtonKind {
	if p.Sent {
		return ui.Primary
	}
	return ui.Plain
}
