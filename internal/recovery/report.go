package recovery

// Loss is what a report of loss says.
type Loss string

// What is reported.
const (
	LostDevice Loss = "lost-device" // a device that signs in is gone
	Intruder   Loss = "intruder"    // somebody else is in the account
)

// Losses lists them.
var Losses = []Loss{LostDevice, Intruder}

// Words is the report as people read it.
func (l Loss) Words() string {
	if l == LostDevice {
		return "a lost or stolen device"
	}
	return "somebody else in the account"
}

// LossReport is somebody's word that a device is gone or that a stranger is in the
// account. Without a proof it only warns; with one factor, or an answered call-back,
// it suspends (policy-defaults, "After completion"; R24).
type LossReport struct {
	ID, Account string
	What        Loss
	By          string // the agent who took it, "" on the pages
	Proof       ReportProof
	Made        int64
	Suspends    int64 // since when; 0 for a warning
	Ended       int64
	EndedWhy    string // "holder" or "recovered"
}

// ReportProof is what a report was proved with.
type ReportProof string

// Proofs of a report.
const (
	ProvedByCode    ReportProof = "backup-code"
	ProvedByPasskey ReportProof = "passkey"
	ProvedByCall    ReportProof = "call-back"
)

// AsleepUntilLifted is when codes wake that sleep because of a report: at no clock
// time, but when the holder lifts it.
const AsleepUntilLifted = int64(1) << 61

// Standing says whether the report still says something about the account: a
// suspension until it is ended, a warning for as long as the past of an account counts.
func (r LossReport) Standing(p StricterRule, now int64) bool {
	return r.Ended == 0 && (r.Suspends != 0 || now < p.Repeat.After(r.Made))
}

// Holder is what suspends a factor in the name of the report.
func (r LossReport) Holder() string { return "report:" + r.ID }

// ParseLoss accepts the words of the form.
func ParseLoss(text string) (Loss, error) {
	for _, l := range Losses {
		if string(l) == text {
			return l, nil
		}
	}
	return "", Refuse("loss-missing", "Say what happened.", "When in doubt, choose that somebody is in the account.").On("what")
}

// MayCallAbout refuses a number that is no evidence for a report: not of the account, no
// telephone, or changed lately (R16). The device that is gone may
// ring too: whoever answers can only suspend.
func MayCallAbout(p Policy, all []Address, id string, now int64) error {
	for _, a := range all {
		if a.ID == id && a.Kind == Phone && a.Struck(AtRest(p, nil, now)) == "" {
			return nil
		}
	}
	return Refuse("number-not-usable", "This number may not be used for a call-back.", "Choose one of the numbers that are offered, or take the report without a proof: the holder is told.").On("address")
}

// MayLift refuses to lift what came after, or through, the passkey that asks: the
// holder asserts with one that was bound before (R24). Staff never lift. It answers
// the reports that end: a stranger's warning of before the passkey stays, and is in
// no way.
func MayLift(f Factor, stopped []Ticket, reports []LossReport) (ends []LossReport, err error) {
	if len(stopped)+len(reports) == 0 {
		return nil, Refuse("nothing-to-lift", "Nothing is stopped or reported on your account.", "There is nothing to do.")
	}
	late := Refuse("passkey-too-new", "This passkey was added after your account was stopped, so it cannot lift that.", "Use a passkey that you had before, or go to your help desk in person.")
	for _, t := range stopped {
		if f.Added >= t.Stopped || f.Ticket == t.ID {
			return nil, late
		}
	}
	for _, r := range reports {
		switch {
		case f.Added < r.Made:
			ends = append(ends, r)
		case r.Suspends != 0:
			return nil, late
		}
	}
	if len(stopped)+len(ends) == 0 {
		return nil, late
	}
	return ends, nil
}
