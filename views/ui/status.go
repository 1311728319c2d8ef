package ui

// Kind says how a state, message or outcome is to be read. Each has its own icon shape, word and colour.
type Kind string

const (
	OK   Kind = "ok"   // done, passed, valid
	Warn Kind = "warn" // act soon
	Stop Kind = "stop" // failed, refused, over
	Info Kind = "info" // under way, neutral
	Held Kind = "held" // waits for someone or some time
	Flat Kind = "flat" // nothing to say: not started, closed
)

// icon is the shape that goes with a kind; shape and word carry the meaning, colour only repeats it.
func (k Kind) icon() string {
	switch k {
	case OK:
		return "circle-check"
	case Warn:
		return "triangle-alert"
	case Stop:
		return "octagon-x"
	case Info:
		return "circle-dashed"
	case Held:
		return "circle-pause"
	}
	return "circle"
}

// class is the CSS class; an unknown kind is flat.
func (k Kind) class() string {
	switch k {
	case OK, Warn, Stop, Info, Held:
		return string(k)
	}
	return string(Flat)
}

// TicketState gives kind and word for a state of a ticket, by its id in design.md "Words".
func TicketState(id string) (Kind, string) {
	switch id {
	case "draft":
		return Flat, "Draft"
	case "proofing":
		return Info, "Proofing"
	case "held":
		return Held, "Held"
	case "parked":
		return Held, "Parked"
	case "awaited":
		return Held, "Approved, waits for the holder"
	case "waiting-approval":
		return Held, "Waiting for approval"
	case "approved":
		return OK, "Approved"
	case "executing":
		return Info, "Executing"
	case "collecting":
		return Info, "Re-enrolling"
	case "lapsed":
		return Warn, "Re-enrolment overdue"
	case "review":
		return Held, "Under review"
	case "closed":
		return Flat, "Closed"
	case "denied":
		return Stop, "Denied"
	case "failed":
		return Stop, "Failed"
	case "expired":
		return Stop, "Expired"
	case "withdrawn":
		return Flat, "Withdrawn"
	case "frozen":
		return Stop, "Frozen"
	}
	return Flat, id
}
