package recovery

import "testing"

// A takeover ends by the address that its execution puts back, where nothing else is left.
func TestR40_MayEnd(t *testing.T) {
	k := Ticket{Run: 1, Event: SuspectedTakeover, State: Proofing}
	desk := InPerson{Place: "Room 12", Hours: "9 to 5"}
	back := []Address{{ID: "old", Kind: Mail}}
	struck := []Channel{{ID: "new", Kind: ChannelMail, Methods: []Method{ByMailCode}, Struck: "first seen after the time that is in doubt"},
		{ID: "boss", Kind: ChannelPerson, Methods: []Method{ByVoucher}}}
	vouched := Evidence{Run: 1, Step: "voucher", Method: ByVoucher, Result: Passed, Channel: PersonChannel("boss")}
	seen := Evidence{Run: 1, Step: "badge", Method: InPersonBadge, Result: Passed, Channel: string(InPersonBadge)}
	past := seen
	past.Void = 1
	for name, c := range map[string]struct {
		last    []Address
		proofs  []Evidence
		reached bool
		want    string
	}{
		"by the address that comes back":               {back, []Evidence{vouched}, true, ""},
		"by the voucher who was not asked":             {nil, nil, true, ""},
		"by nothing":                                   {nil, []Evidence{vouched}, true, "last-proof-none"},
		"by nothing, when the address carried a proof": {back, []Evidence{vouched, {Run: 1, Result: Passed, Channel: "old"}}, true, "last-proof-none"},
		"nobody can be told":                           {back, nil, false, "notice-in-hand"},
		"nobody can be told, and the holder was seen":  {nil, []Evidence{vouched, seen}, false, ""},
		"nobody can be told, and that is void":         {nil, []Evidence{past}, false, "notice-in-hand"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(MayEnd(k, struck, c.last, c.proofs, c.reached, desk)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
