package recovery

import (
	"slices"
	"testing"
)

// proved are passed proofs by step and method, a minute apart, in run 1.
func proved(pairs ...string) []Evidence {
	var out []Evidence
	for i := 0; i+1 < len(pairs); i += 2 {
		m := Method(pairs[i+1])
		out = append(out, Evidence{Run: 1, Step: StepID(pairs[i]), Method: m, Group: m.Group(), Result: Passed, At: int64(i+1) * Minute})
	}
	return out
}

func TestR16_MayProve(t *testing.T) {
	_, flows := Builtin()
	desk, k := flows["desk-p2"], Ticket{State: Proofing, Run: 1}
	for _, c := range []struct {
		name   string
		done   []Evidence
		step   StepID
		method Method
		want   string
	}{
		{"the first step by its first way", nil, "code", ByMailCode, ""},
		{"the first step by an equivalent", nil, "code", ByBackupCode, ""},
		{"a later step", nil, "second", ByPassword, "step-order"},
		{"a method of another step", nil, "code", ByVideo, "method-not-offered"},
		{"a second proof out of the same mailbox", proved("code", "mail-code"), "second", ByMailCode, "method-spent"},
		{"a second proof from another group", proved("code", "mail-code"), "second", ByBackupCode, ""},
		{"a call to the number that got the code", proved("code", "sms-code", "second", "password"), "person", ByCallBack, "method-spent"},
		{"the same step again", proved("code", "mail-code", "second", "password"), "code", ByMailCode, "step-order"},
		{"a way that was called impossible", []Evidence{{Run: 1, Step: "code", Method: ByMailCode, Result: NotPossible}}, "code", ByMailCode, "method-spent"},
		{"a proof of an earlier run counts for nothing", []Evidence{{Run: 0, Step: "code", Method: ByMailCode, Group: GroupMailbox, Result: Passed}}, "second", ByPassword, "step-order"},
		{"a proof of another workflow's step of that name counts for nothing", proved("code", "password"), "second", ByMailCode, "step-order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOf(MayProve(k, desk, c.done, c.step, c.method)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	t.Run("nothing on a ticket that is not being proofed", func(t *testing.T) {
		for _, s := range States {
			if got := codeOf(MayProve(Ticket{State: s, Run: 1}, desk, nil, "code", ByMailCode)); (got == "") != (s == Proofing) {
				t.Errorf("%s: %q", s, got)
			}
		}
	})
}

// R61: whoever cannot do one way of a step has another of equal worth, or the
// workflow's other way.
func TestR61_EveryStepHasAnEquivalent(t *testing.T) {
	_, flows := Builtin()
	for id, w := range flows {
		for _, s := range w.Steps {
			// A colleague's word asks nothing of the holder, and at the desk somebody may help.
			helped := s.By(InPersonBadge) || s.By(ByVoucher)
			if len(s.Methods) < 2 && w.Otherwise == "" && !helped {
				t.Errorf("%s, %s: only by %s, and no other workflow", id, s.ID, s.Methods[0])
			}
			for _, m := range s.Methods {
				if g := GuideOf(m); g.Title == "" || g.Why == "" || g.Say == "" || g.Holder == "" || g.Equal == "" {
					t.Errorf("%s has no whole page in the step library", m)
				}
			}
		}
	}
}

func TestMayCallImpossible(t *testing.T) {
	p, flows := Builtin()
	desk, k := flows["desk-p2"], Ticket{State: Proofing, Run: 1}
	channels := func(c Circumstances, have OnRecord) []Channel {
		c.Age, c.Now = p.Channels.Age.span(), goldenNow
		return Channels(p, c, have)
	}
	all := channels(Circumstances{}, onRecordFor(400, 0))
	changed := channels(Circumstances{}, OnRecord{Addresses: []Address{{Kind: Phone, Value: "+441632960001", FirstSeen: goldenNow - 3*Day}}})
	before := proved("code", "mail-code", "second", "password")
	for _, c := range []struct {
		name     string
		done     []Evidence
		step     StepID
		method   Method
		channels []Channel
		tried    bool
		want     string
	}{
		{"an unchanged number is on record: place the call", before, "person", ByCallBack, all, false, "directory-has-it"},
		{"the call was placed and nobody answered", before, "person", ByCallBack, all, true, ""},
		{"the number is struck off", before, "person", ByCallBack, changed, false, ""},
		{"a person is on record who can vouch", before, "person", ByVoucher, all, false, "directory-has-it"},
		{"a camera is nothing that the directory has", before, "person", ByVideo, all, false, ""},
		{"a mailbox is on record: send the code", nil, "code", ByMailCode, all, false, "directory-has-it"},
		{"the code was sent and cannot be read", nil, "code", ByMailCode, all, true, ""},
		{"a step that is not open", nil, "person", ByVideo, all, true, "step-order"},
		{"a way that the step does not have", nil, "code", ByVideo, all, true, "method-not-offered"},
		{"a way that is spent while others are open", append(slices.Clone(before), Evidence{Run: 1, Step: "person", Method: ByVideo, Result: NotPossible}), "person", ByVideo, all, true, "method-spent"},
		{"any way once nothing of the step is left", append(slices.Clone(before), Evidence{Run: 1, Step: "person", Method: ByVideo, Result: NotPossible}), "person", ByCallBack, nil, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOf(MayCallImpossible(k, desk, c.done, c.step, c.method, c.channels, c.tried)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestOtherwise(t *testing.T) {
	p, flows := Builtin()
	around := Circumstances{Age: p.Channels.Age.span(), Now: goldenNow}
	all := Channels(p, around, onRecordFor(400, 0))
	t.Run("never leads to less", func(t *testing.T) {
		for id, w := range flows {
			for _, have := range [][]Channel{all, nil} {
				if next, ok := Otherwise(w, flows, 1, nil, have); ok && w.Level.Above(next.Level) {
					t.Errorf("%s leads to %s, which is worth less", id, next.ID)
				}
			}
		}
	})
	t.Run("a workflow that nobody of this account could finish is passed over", func(t *testing.T) {
		have := onRecordFor(400, 0)
		have.People = nil
		if next, _ := Otherwise(flows["desk-p2"], flows, 1, nil, Channels(p, around, have)); next.ID != "site-p2" {
			t.Errorf("leads to %q, want the one in person: nobody is named who could vouch", next.ID)
		}
		if next, ok := Otherwise(flows["desk-p2"], flows, 1, nil, nil); ok {
			t.Errorf("an account without any channel is led to %s", next.ID)
		}
	})
	t.Run("what was called impossible is not asked for again", func(t *testing.T) {
		said := []Evidence{{Run: 1, Step: "person", Method: ByVideo, Result: NotPossible}, {Run: 1, Step: "person", Method: ByVideoDocument, Result: NotPossible}, {Run: 1, Step: "person", Method: ByCheck, Result: NotPossible}}
		if next, _ := Otherwise(flows["desk-p2"], flows, 1, said, all); next.ID != "site-p2" {
			t.Errorf("leads to %s", next.ID)
		}
	})
	t.Run("the end of the chain says so", func(t *testing.T) {
		if next, ok := Otherwise(flows["site-p2"], flows, 1, nil, all); ok {
			t.Errorf("leads to %s", next.ID)
		}
	})
}

func TestR6_Carried(t *testing.T) {
	_, flows := Builtin()
	t.Run("the first steps that are the same go along", func(t *testing.T) {
		got := Carried(flows["desk-p3"], flows["site-p3"], 1, proved("code", "mail-code", "document", "video-document"))
		if len(got) != 1 || got[0].Step != "code" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("nothing of a step that is another one", func(t *testing.T) {
		if got := Carried(flows["desk-p2"], flows["site-p2"], 1, proved("code", "mail-code", "second", "password")); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("nothing of another run, nothing void", func(t *testing.T) {
		old := proved("code", "mail-code")
		old[0].Void = 1
		if got := Carried(flows["desk-p3"], flows["site-p3"], 1, old); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a method that the other step does not have stays behind", func(t *testing.T) {
		a := Workflow{Steps: []Step{{ID: "code", Methods: []Method{ByMailCode, BySMSCode}}}}
		b := Workflow{Steps: []Step{{ID: "code", Methods: []Method{ByBackupCode}}}}
		if got := Carried(a, b, 1, proved("code", "mail-code")); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestR11_MayRequest(t *testing.T) {
	p, flows := Builtin()
	desk, k := flows["desk-p2"], Ticket{State: Proofing, Run: 1, Level: P2}
	whole := proved("code", "mail-code", "second", "password", "person", "video")
	ruling := Ruling{Way: Way{Proof: P2}, Workflow: desk}
	for _, c := range []struct {
		name string
		t    Ticket
		done []Evidence
		r    Ruling
		now  int64
		want string
	}{
		{"every step passed and fresh", k, whole, ruling, 10 * Minute, ""},
		{"the last step missing", k, whole[:2], ruling, 10 * Minute, "proofing-incomplete"},
		{"a proof older than an hour", k, whole, ruling, 61 * Minute, "proof-stale"},
		{"the level was raised meanwhile", k, whole, Ruling{Way: Way{Proof: P3}, Workflow: flows["desk-p3"]}, 10 * Minute, "level-raised"},
		{"the policy offers it no longer", k, whole, Ruling{Refusal: Refuse("threat-mode", "", "")}, 10 * Minute, "threat-mode"},
		{"the sponsor's word is asked for beside the level", k, whole, Ruling{Way: Way{Proof: P2, Also: []Demand{NeedSponsor}}}, 10 * Minute, "demand-open"},
		{"the second key is asked for beside the level", k, whole, Ruling{Way: Way{Proof: P2, Also: []Demand{NeedSecondKey}}}, 10 * Minute, "demand-open"},
		{"a ticket that has ended", Ticket{State: Failed, Run: 1}, whole, ruling, 10 * Minute, "wrong-state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOf(MayRequest(c.t, desk, c.done, p, c.r, c.now)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	t.Run("R13: steps that an agent recorded alone never suffice", func(t *testing.T) {
		alone := Workflow{ID: "x", Level: P2, Steps: []Step{{ID: "a", Methods: []Method{InPersonBadge}}, {ID: "b", Methods: []Method{ByVideo}}}}
		if got := codeOf(MayRequest(k, alone, proved("a", "in-person", "b", "video"), p, ruling, 10*Minute)); got != "proofs-not-independent" {
			t.Error(got)
		}
	})
	t.Run("SMS alone never reaches a replaced sign-in method", func(t *testing.T) {
		for _, l := range []Level{P1, P2, P3, P4} {
			if p.Reaches(l, []Method{BySMSCode}) {
				t.Errorf("it reaches %s", l)
			}
		}
	})
}

func TestStartsOver(t *testing.T) {
	_, flows := Builtin()
	up := Ruling{Way: Way{Proof: P3}, Workflow: flows["desk-p3"]}
	for id, want := range map[string]string{"desk-p2": "desk-p3", "site-p2": "site-p3", "people-p2": "desk-p3", "desk-p3": "desk-p3"} {
		w := flows[id]
		if got, l := StartsOver(Ticket{Level: w.Level}, w, flows, up); got.ID != want || P3.Above(l) {
			t.Errorf("%s starts over by %s at %s, want %s", id, got.ID, l, want)
		}
	}
	if got, l := StartsOver(Ticket{Level: P2}, flows["site-p2"], flows, Ruling{Way: Way{Proof: P2}, Workflow: flows["desk-p2"]}); got.ID != "site-p2" || l != P2 {
		t.Errorf("a ticket in person starts over by %s", got.ID)
	}
}

func TestMayCompare(t *testing.T) {
	trained, plain := LevelRule{Trained: true}, LevelRule{}
	now := 1000 * Day
	for _, c := range []struct {
		name string
		l    LevelRule
		m    Method
		at   int64
		want string
	}{
		{"no training, a document, a level that asks", trained, ByVideoDocument, 0, "training-missing"},
		{"training of this year", trained, InPersonBadge, now - TrainingLife + 1, ""},
		{"training a year ago", trained, ByVideoDocument, now - TrainingLife, "training-missing"},
		{"no document", trained, ByVideo, 0, ""},
		{"a level that does not ask", plain, ByVideoDocument, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOf(MayCompare(c.l, c.m, c.at, now)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
