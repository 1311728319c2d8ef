package recovery

// DueReturn is the end of an approved ticket that waits for its holder to come
// back to the claimed page; DueBack is from when on they can.
const (
	DueReturn = "return"
	DueBack   = "back"
)

// Awaits says whether execution waits for the holder to come back: its window is
// so long that nobody stays at the page (policy-defaults, "Freshness"). What waits
// already goes on waiting, whatever the policy calls long by now.
func (t Ticket) Awaits(f FreshRule) bool {
	return t.DueWhat == DueReturn || t.NoticeAccepted != 0 && t.CameBack == 0 && t.WindowEnds > f.LongWindow.After(t.NoticeAccepted)
}

// Standing is the state as pages name it: parked and awaited are told apart.
func (t Ticket) Standing() string {
	switch {
	case t.Parked():
		return DueParked
	case t.State == Approved && t.DueWhat == DueReturn:
		return "awaited"
	}
	return string(t.State)
}

// BackBy is until when the holder must have come back: so long after the window,
// and never longer than the signatures hold. A ticket that is approved anew after
// that has its signatures' time.
func (t Ticket) BackBy(f FreshRule, now int64) int64 {
	if end := f.Return.After(t.WindowEnds); end > now && t.DueWhat != DueReturn {
		return min(t.Due, end)
	}
	return t.Due
}

// MayComeBack refuses a holder whom no approved ticket waits for, who comes before
// the window is over, or too late.
func MayComeBack(t Ticket, f FreshRule, now int64) error {
	switch {
	case t.State != Approved || !t.Awaits(f):
		return Refuse("not-awaited", "This recovery does not wait for you.", "Reload this page to see where it stands.")
	case now < t.WindowEnds:
		return Refuse("window-open", "The owner of the account can object until "+UTC(t.WindowEnds)+".", "Come back to this page after that.")
	case now >= t.Due:
		return Refuse("return-over", "The time to come back ended at "+UTC(t.Due)+".", "Your help desk opens a new recovery.")
	}
	return nil
}

// Waits says what an approved reset waits for beside a window so long, "" for no
// more than its end.
func (f FreshRule) Waits(window Duration) string {
	if window.span() <= f.LongWindow.span() {
		return ""
	}
	return "The holder can object for " + window.Words() + ". After that it waits until the holder is back on the recovery page, for " + f.Return.Words() + " at most, and runs then."
}

// NotAfter is until when a signature given now may be executed, in whole
// seconds, because that is how a statement says it: so long after the objection
// window that a directory may be down, and where execution waits for the holder as
// long as they may take. A window that has not begun is counted from the last
// moment at which its notice may be accepted.
func NotAfter(t Ticket, p Policy, window Duration, now int64) int64 {
	begins, ends := t.NoticeAccepted, t.WindowEnds
	if begins == 0 && !window.Zero() {
		begins = p.Fresh.NoticeWait.After(now)
		ends = window.After(begins)
	}
	end := p.Request.Resign.After(max(now, ends))
	if ends > p.Fresh.LongWindow.After(begins) {
		end = max(end, p.Fresh.Return.After(ends))
	}
	return end / Second * Second
}
