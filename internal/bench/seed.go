package main

// seedTickets writes n tickets by SQL, one in ten open, with their accounts and
// the kept counters: what pages read, without what acts would have recorded.
func seedTickets(r *room, n int) {
	if n == 0 {
		return
	}
	db := r.raw()
	for _, query := range []string{
		`INSERT INTO persons (id, name, email, manager, department, first_seen)
			WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
			SELECT printf('s-%07d', i), printf('Person %d', i), printf('s-%d@one.example', i), '', 'Sales', 1 FROM n`,
		`INSERT INTO accounts (id, person, name, department, manager, population, created, baseline, mailed_link, hold, contact_block, ended)
			SELECT id, id, name, 'Sales', '', 'standard', 1, 0, 0, 0, 0, 0 FROM persons WHERE id LIKE 's-%' AND ?1 > 0`,
		`INSERT INTO tickets (id, reference, account, holder, revision, event, population, tier, device, lock_state, intake, requester, opened_by, reason,
				policy_version, workflow_version, level, state, state_since, opened, due, due_what, run, claim_hash, claimed, notice_accepted, window_ends,
				approvals_needed, pressured, executed, completed, review_due, reviewed, reviewed_by, frozen_by, outcome, lease_person, lease_until)
			WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
			SELECT printf('01950000-0000-7000-8000-%012d', i), printf('T%07d', i), printf('s-%07d', i), printf('s-%07d', i), 1, 'device-loss', 'standard', 'reset',
				'lost', 'locked', 'phone', printf('s-%07d', i), 'agent', 'Phone left on a train', 'p1', 'w1', 'P2',
				CASE WHEN i % 10 THEN 'closed' WHEN i % 40 = 0 THEN 'waiting-approval' WHEN i % 40 = 20 THEN 'collecting' ELSE 'proofing' END,
				?2 - i, ?2 - 1000000 * i, CASE WHEN i % 10 THEN 0 ELSE ?2 + 60000000 * (i + 1) END, 'proofing', 1, '', 0, ?2, 0, 1, 0, 0, 0, 0, 0, '', '', '', '', 0 FROM n`,
	} {
		_, err := db.Exec(query, n, r.Clock.Now())
		must(err)
	}
	_, err := db.Exec(`INSERT INTO counters (name, n) SELECT 'tickets.' || state, count(*) FROM tickets GROUP BY state
		ON CONFLICT (name) DO UPDATE SET n = excluded.n`)
	must(err)
}
