package recovery

import (
	"strings"
	"testing"
)

func TestR5_AnAccountShowsWhatItHadHasAndMustReturnTo(t *testing.T) {
	live, gone := Factor{Kind: Passkey}, Factor{Kind: Passkey, Suspended: 1}
	for name, c := range map[string]struct {
		a              Account
		all            []Factor
		had, has, must string
		low            bool
	}{
		"a new account":                      {Account{}, nil, noStanding, noStanding, fullStanding, true},
		"an account with a passkey":          {Account{}, []Factor{live}, fullStanding, fullStanding, fullStanding, false},
		"an account whose passkey is gone":   {Account{}, []Factor{gone}, fullStanding, noStanding, fullStanding, true},
		"an account that is held":            {Account{Hold: 10}, []Factor{live}, fullStanding, "lower assurance until", "further proof", true},
		"an account whose hold is over":      {Account{Hold: 4}, []Factor{live}, fullStanding, fullStanding, fullStanding, false},
		"an account set up by a mailed link": {Account{MailedLink: 1}, []Factor{live}, "Nothing proofed", "mailed link", "proofed", true},
	} {
		s := c.a.Standing(c.all, 5)
		if !strings.Contains(s.Had, c.had) || !strings.Contains(s.Has, c.has) || !strings.Contains(s.Must, c.must) || s.Low != c.low {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
