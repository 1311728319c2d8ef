package recovery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/recovery"
)

// onShift is an approver of a group, every day between two hours.
func onShift(id, group string, begins, ends int64) recovery.Cover {
	c := recovery.Cover{Staff: recovery.Staff{Person: recovery.Person{ID: id}}}
	if group != "" {
		c.Staff.Groups = []string{group}
	}
	if begins != ends {
		c.Shifts = []recovery.Shift{{Person: id, Zone: "UTC", Location: time.UTC, Days: []int{1, 2, 3, 4, 5, 6, 7}, Begins: begins * 60, Ends: ends * 60 % (24 * 60)}}
	}
	return c
}

func TestR60_ImpossiblePolicies(t *testing.T) {
	standard, _ := recovery.Preset(recovery.StandardPreset)
	small, _ := recovery.Preset(recovery.SmallHouse)
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixMicro()
	full := recovery.House{Agents: 2, Trained: 1, Reviewers: 1, Administrators: 2, People: 6, Keys: 8, Week: recovery.Span{From: monday, To: monday + 7*recovery.Day},
		Approvers: []recovery.Cover{onShift("a", "security", 0, 0), onShift("b", "it", 0, 0)}}
	with := func(change func(*recovery.House)) recovery.House {
		h := full
		h.Approvers = slices.Clone(full.Approvers)
		change(&h)
		return h
	}
	for _, c := range []struct {
		name string
		p    recovery.Policy
		h    recovery.House
		says []string
	}{
		{"a full house can do everything", standard, full, nil},
		{"three people and five keys can do a small house", small, recovery.House{Agents: 1, Trained: 1, Reviewers: 2, Administrators: 2, People: 3, Keys: 5, Week: full.Week, Approvers: full.Approvers}, nil},
		{"nobody holds a key", standard, with(func(h *recovery.House) { h.Approvers = nil }), []string{"Nobody could approve: no approver holds a key."}},
		{"one approver", standard, with(func(h *recovery.House) { h.Approvers = h.Approvers[:1] }), []string{
			"A2 needs two approvers, only one holds a key.", "A2 needs two groups, only one has approvers.", "The policy asks for two approvers, the house has one."}},
		{"two approvers of one group", standard, with(func(h *recovery.House) { h.Approvers[1] = onShift("b", "security", 0, 0) }), []string{"A2 needs two groups, only one has approvers."}},
		{"nobody of security", standard, with(func(h *recovery.House) { h.Approvers[0] = onShift("a", "hr", 0, 0) }), []string{"A2 needs an approver from security, and nobody there holds a key."}},
		{"nobody compares documents", standard, with(func(h *recovery.House) { h.Trained = 0 }), []string{"P3 document comparison: no trained agent."}},
		{"no agent, no reviewer", standard, with(func(h *recovery.House) { h.Agents, h.Reviewers = 0, 0 }), []string{"Nobody could open a ticket: there is no agent.", "Nobody could review: there is no reviewer."}},
		{"few people and keys", standard, with(func(h *recovery.House) { h.People, h.Keys, h.Administrators = 2, 3, 1 }), []string{
			"The policy asks for two administrators, the house has one.", "The policy asks for 3 people, the house has two: nobody could review without having approved.", "The policy asks for 5 security keys, the house has 3."}},
		{"one approver at night", small, with(func(h *recovery.House) { h.Approvers = []recovery.Cover{onShift("a", "it", 6, 22)} }), []string{
			"Nobody could approve A1 from 2026-03-02 00:00:00 UTC to 2026-03-02 06:00:00 UTC and 7 more times in the week: only one approver holds a key.",
			"Nobody could approve A2 from 2026-03-02 00:00:00 UTC to 2026-03-02 06:00:00 UTC and 7 more times in the week: only one approver holds a key.",
			"The policy asks for two approvers, the house has one.", "The policy asks for two reviewers, the house has one."}},
		{"two who never meet", standard, with(func(h *recovery.House) {
			h.Approvers = []recovery.Cover{onShift("a", "security", 0, 12), onShift("b", "it", 12, 24)}
		}), []string{"Nobody could approve A2 from 2026-03-02 00:00:00 UTC to 2026-03-09 00:00:00 UTC: too few of them are on shift together."}},
		{"two who are always there", standard, with(func(h *recovery.House) {
			h.Approvers = []recovery.Cover{onShift("a", "security", 0, 12), onShift("a2", "security", 12, 24), onShift("b", "it", 0, 12), onShift("b2", "it", 12, 24)}
		}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := recovery.Impossible(c.p, c.h); !slices.Equal(got, c.says) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.says, "\n"))
			}
		})
	}
}

func TestSimulate(t *testing.T) {
	standard, all := recovery.Builtin()
	high, _ := recovery.Preset(recovery.HighAssurance)
	past := func(ref string, e recovery.EventID, way string, signed int64) recovery.Past {
		return recovery.Past{Reference: ref, Case: recovery.Case{Event: e, Population: recovery.Standard, Way: way, Place: recovery.AtDesk}, Signed: signed}
	}
	tickets := []recovery.Past{past("A", recovery.DeviceLoss, "desk", 1), past("B", recovery.FactorReset, "desk", 2), past("C", recovery.DeviceLoss, "pass", 1),
		{Reference: "D", Case: recovery.Case{Event: recovery.DeviceLoss, Population: recovery.Standard, Way: "codes", Place: recovery.OnPages}}}
	t.Run("the same policy changes nothing", func(t *testing.T) {
		if got := recovery.Simulate(standard, standard, all, tickets); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a stricter one says what each ticket would have needed, and counts", func(t *testing.T) {
		effects := recovery.Simulate(standard, high, all, tickets)
		got := strings.Join(recovery.Summary(effects), "\n")
		want := `2 would have been proofed to P3
2 would have gone by the steps of desk-p3
2 would have needed an approver from security
2 would have needed approvers of 2 groups
2 would have waited for an objection for 20 minutes
1 would have needed a second approver
1 would not have been offered (event-not-offered)`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		for _, e := range effects {
			if e.Less || e.Reference == "D" {
				t.Errorf("%+v", e)
			}
			if strings.Contains(e.Text, "second approver") && e.Reference != "A" {
				t.Errorf("B had two signatures: %+v", e)
			}
		}
	})
	t.Run("a weaker one is told as less", func(t *testing.T) {
		for _, e := range recovery.Simulate(high, standard, all, tickets) {
			if !e.Less && !strings.Contains(e.Text, "steps") {
				t.Errorf("%+v", e)
			}
		}
	})
	t.Run("other workflows say which tickets would have gone another way", func(t *testing.T) {
		file := strings.Replace(string(recovery.WorkflowsFile), "methods: [video, call-back, voucher]", "methods: [video]", 1)
		others, faults := recovery.ParseWorkflows([]byte(file), standard)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		effects := recovery.SimulateWorkflows(standard, all, others, tickets)
		if got := strings.Join(recovery.Summary(effects), "\n"); got != "3 would have gone by the steps of desk-p2" {
			t.Errorf("%q", got)
		}
	})
}
