package main

import (
	"math/rand/v2"

	"countersign/internal/recovery"
)

func policyBenches() []bench {
	return []bench{
		{name: "policy.decide", what: "one decision with its reasons, against one 32-byte map look-up for each field it reads, CPU", bar: 20, rounds: 11, begin: policyDecide},
		{name: "policy.simulate", what: "10,000 tickets under two policies, against 10,000 bare decisions, CPU", bar: 3, rounds: 11, begin: policySimulate},
	}
}

// fieldsRead is how many values of the policy and of the case one decision reads:
// those of a way, of its review and of its quorum, and the fields of the case.
const fieldsRead = 15 + 4 + 4 + 17

func policyDecide(*lab) (ours, floor side) {
	const n = 20_000
	p, flows := recovery.Builtin()
	cases := pastCases(n)
	table, keys := map[[32]byte]int64{}, [4096][32]byte{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		for k := range keys[i] {
			keys[i][k] = byte(r.Uint32())
		}
		table[keys[i]] = int64(i)
	}
	sum := int64(0)
	return cpuOf(n, func(i int) {
			sum += recovery.Decide(p, flows, cases[i].Case).Approvers
		}), cpuOf(n, func(i int) {
			for k := range fieldsRead {
				sum += table[keys[(i*fieldsRead+k)%len(keys)]]
			}
		})
}

func policySimulate(*lab) (ours, floor side) {
	const n = 10_000
	p, flows := recovery.Builtin()
	q, faults := recovery.ParsePolicy([]byte("policy: bench-1\nname: Bench\nbase: standard\nsource: ours\nrows:\n  device-loss:\n    standard:\n      desk: {window: 20m}\n"))
	if len(faults) > 0 {
		panic(faults[0].String())
	}
	tickets := pastCases(n)
	sum := 0
	return cpuOf(1, func(int) {
			sum += len(recovery.Summary(recovery.Simulate(p, q, flows, tickets)))
		}), cpuOf(1, func(int) {
			for _, t := range tickets {
				sum += len(recovery.Decide(p, flows, t.Case).Because)
			}
		})
}

// pastCases are tickets as a desk has them: all cells, and every fifth stricter.
func pastCases(n int) []recovery.Past {
	out := make([]recovery.Past, n)
	for i := range out {
		c := recovery.Case{Event: recovery.Events[i%9], Population: recovery.Populations[i/9%4], Incident: true, Trip: true, Hired: true}
		c.Extra.SameAgent, c.Extra.SecondReset = i%5 == 0, i%11 == 0
		out[i] = recovery.Past{Reference: accountName(i), Case: c}
	}
	return out
}
