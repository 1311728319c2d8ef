package recovery_test

import (
	"errors"
	"testing"

	"countersign/internal/recovery"
)

func code(err error) string {
	var r *recovery.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func TestCooldown(t *testing.T) {
	policy, _ := recovery.Builtin()
	now := 100 * recovery.Day
	ended := func(s recovery.State, ago int64, proved bool) recovery.Earlier {
		return recovery.Earlier{Ticket: recovery.Ticket{State: s, StateSince: now - ago}, Proved: proved}
	}
	for name, c := range map[string]struct {
		all  []recovery.Earlier
		want int64
	}{
		"nothing happened":                     {nil, 0},
		"a failure before any proof":           {[]recovery.Earlier{ended(recovery.Failed, recovery.Minute, false)}, 0},
		"a withdrawal":                         {[]recovery.Earlier{ended(recovery.Withdrawn, recovery.Minute, true)}, 0},
		"a wrong last proof: 30 minutes":       {[]recovery.Earlier{{Ticket: recovery.Ticket{State: recovery.Lapsed, Outcome: recovery.LastProofWrong, StateSince: now - recovery.Minute}}}, now + 29*recovery.Minute},
		"a holder who did not come":            {[]recovery.Earlier{{Ticket: recovery.Ticket{State: recovery.Lapsed, Outcome: "collecting", StateSince: now - recovery.Minute}}}, 0},
		"a denial: 30 minutes":                 {[]recovery.Earlier{ended(recovery.Denied, recovery.Minute, false)}, now + 29*recovery.Minute},
		"two: 24 hours from the later":         {[]recovery.Earlier{ended(recovery.Denied, recovery.Hour, false), ended(recovery.Failed, recovery.Day, true)}, now + 23*recovery.Hour},
		"two, one of them 30 days ago: 30 min": {[]recovery.Earlier{ended(recovery.Denied, recovery.Minute, false), ended(recovery.Failed, 30*recovery.Day, true)}, now + 29*recovery.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if got := recovery.Cooldown(c.all, policy.Stricter, now); got != c.want {
				t.Errorf("until %d, want %d", got-now, c.want-now)
			}
		})
	}
}

func TestClaimLive(t *testing.T) {
	policy, _ := recovery.Builtin()
	now := 100 * recovery.Day
	for name, c := range map[string]struct {
		state recovery.State
		seen  int64
		want  bool
	}{
		"proofing, used a minute ago":        {recovery.Proofing, now - recovery.Minute, true},
		"proofing, idle for 60 minutes":      {recovery.Proofing, now - 60*recovery.Minute, false},
		"a waiting request keeps it":         {recovery.WaitingApproval, now - recovery.Day, true},
		"the window keeps it":                {recovery.Approved, now - recovery.Day, true},
		"a ticket at rest is held by no one": {recovery.Failed, now, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := recovery.ClaimLive(recovery.Ticket{State: c.state, ClaimHash: "x", Claimed: now - 2*recovery.Day}, policy.Fresh, c.seen, now); got != c.want {
				t.Errorf("live %v", got)
			}
		})
	}
}

func TestR21_MayClose(t *testing.T) {
	open := recovery.Letter{Kind: recovery.LetterCompletion}
	posted := recovery.Letter{Kind: recovery.LetterCompletion, Done: 5}
	done := recovery.Ticket{State: recovery.InReview, Completed: 3, ReviewDue: 9, Reviewed: 4}
	for name, c := range map[string]struct {
		change   func(*recovery.Ticket)
		letters  []recovery.Letter
		restored bool
		want     string
	}{
		"reviewed and posted":                 {func(*recovery.Ticket) {}, []recovery.Letter{posted}, false, ""},
		"a letter lies there":                 {func(*recovery.Ticket) {}, []recovery.Letter{posted, open}, false, "letter-open"},
		"the review is open":                  {func(t *recovery.Ticket) { t.Reviewed = 0 }, nil, false, "review-open"},
		"letters only, no review due":         {func(t *recovery.Ticket) { t.ReviewDue, t.Reviewed = 0, 0 }, []recovery.Letter{posted}, false, ""},
		"lapsed, the holder is not back":      {func(t *recovery.Ticket) { *t = recovery.Ticket{State: recovery.Lapsed} }, nil, false, "not-enrolled"},
		"lapsed, recovered by another ticket": {func(t *recovery.Ticket) { *t = recovery.Ticket{State: recovery.Lapsed} }, nil, true, ""},
		"still proofing":                      {func(t *recovery.Ticket) { t.State = recovery.Proofing }, nil, false, "wrong-state"},
	} {
		t.Run(name, func(t *testing.T) {
			k := done
			c.change(&k)
			if got := code(recovery.MayClose(k, c.letters, c.restored)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDueForReview(t *testing.T) {
	policy, _ := recovery.Builtin()
	way, _ := policy.Cell(recovery.DeviceLoss, recovery.Standard).Way("desk", recovery.AtDesk)
	for name, c := range map[string]struct {
		first bool
		x     recovery.Extra
		draw  int64
		want  string
	}{
		"a first pair": {true, recovery.Extra{}, 99, "first-pair"},
		"any risk":     {false, recovery.Extra{SameAgent: true}, 99, "risk"},
		"a lower tier": {true, recovery.Extra{LowerTier: true}, 99, "first-pair risk"},
		"drawn":        {false, recovery.Extra{}, 24, "sample"},
		"not drawn":    {false, recovery.Extra{}, 25, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := recovery.JoinReasons(recovery.ReviewReasons(way.Review, c.first, c.x, c.draw)); got != c.want || (recovery.ReviewWords(got) == "") != (got == "") {
				t.Errorf("due because of %q", got)
			}
		})
	}
}
