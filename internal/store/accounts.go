package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

const personColumns = `p.id, p.name, p.email, p.manager, p.department, p.first_seen`

func scanPerson(s scanner) (recovery.Person, error) {
	var p recovery.Person
	err := s.Scan(&p.ID, &p.Name, &p.Email, &p.Manager, &p.Department, &p.FirstSeen)
	return p, err
}

// Person reads a directory person.
func (v View) Person(ctx context.Context, id string) (recovery.Person, error) {
	return get(ctx, v, "read a person", scanPerson, `SELECT `+personColumns+` FROM persons p WHERE p.id = $1`, id)
}

// SavePerson writes a person: new, or with changed values.
func (t *Tx) SavePerson(ctx context.Context, p recovery.Person) error {
	return t.insert(ctx, "save a person", `
		INSERT INTO persons (id, name, email, manager, department, first_seen) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = $2, email = $3, manager = $4, department = $5`,
		p.ID, p.Name, p.Email, p.Manager, p.Department, p.FirstSeen)
}

const accountColumns = `a.id, a.person, a.name, a.department, a.manager, a.population, a.created, a.baseline,
	a.mailed_link, a.hold, a.contact_block, a.ended, a.starts_on, a.ends_on, a.sponsor, a.photo, a.grp, CASE WHEN s.person IS NULL THEN 0 ELSE 1 END,
	CASE WHEN EXISTS (SELECT 1 FROM accounts o WHERE o.person = a.person AND o.population = 'service' AND o.ended = 0)
		OR EXISTS (SELECT 1 FROM ticket_people v JOIN tickets k ON k.id = v.ticket WHERE v.person = a.person AND v.part = 'voucher' AND k.population = 'privileged')
		THEN 1 ELSE 0 END
	FROM accounts a LEFT JOIN staff s ON s.person = a.person AND s.disabled = 0`

func scanAccount(s scanner) (recovery.Account, error) {
	var a recovery.Account
	var staff, trusted int64
	err := s.Scan(&a.ID, &a.Person, &a.Name, &a.Department, &a.Manager, &a.Population, &a.Created, &a.Baseline,
		&a.MailedLink, &a.Hold, &a.ContactBlock, &a.Ended, &a.StartsOn, &a.EndsOn, &a.Sponsor, &a.Photo, &a.Group, &staff, &trusted)
	a.IsStaff, a.Trusted = staff == 1, trusted == 1
	return a, err
}

// Account reads an account by its immutable id.
func (v View) Account(ctx context.Context, id string) (recovery.Account, error) {
	return get(ctx, v, "read an account", scanAccount, `SELECT `+accountColumns+` WHERE a.id = $1`, id)
}

// AccountByName finds the account a holder names on the public pages: by id, in
// any case, or by a mail address that only one account has.
func (v View) AccountByName(ctx context.Context, name string) (recovery.Account, error) {
	found, err := list(ctx, v, "find an account", scanAccount, `SELECT `+accountColumns+`
		WHERE a.ended = 0 AND (a.id = $1 OR a.id = lower($1) OR a.id IN (SELECT d.account FROM addresses d WHERE d.value = lower($1) AND d.kind = 'mail' AND d.ended = 0))
		ORDER BY CASE WHEN a.id = $1 OR a.id = lower($1) THEN 0 ELSE 1 END, a.id LIMIT 2`, name)
	switch {
	case err != nil:
		return recovery.Account{}, err
	case len(found) == 1, len(found) == 2 && found[0].ID == name:
		return found[0], nil
	}
	return recovery.Account{}, wrap("find an account", ErrNotFound)
}

// Namesakes counts other live accounts whose name reads the same (recovery.FoldName),
// at most nine.
func (v View) Namesakes(ctx context.Context, a recovery.Account) (int64, error) {
	return get(ctx, v, "count namesakes", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM accounts WHERE folded = $1 AND id <> $2 AND ended = 0 LIMIT 9) n`, folded(a), a.ID)
}

// SaveAccount writes an account: new, or with changed directory values. Holds,
// blocks and marks are left alone; acts of their own change them.
func (t *Tx) SaveAccount(ctx context.Context, a recovery.Account) error {
	if err := t.insert(ctx, "save an account", `
		INSERT INTO accounts (id, person, name, department, manager, population, created, baseline, mailed_link, hold, contact_block, ended, folded, head,
			starts_on, ends_on, sponsor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET name = $3, department = $4, manager = $5, population = $6, ended = $9, folded = $10, starts_on = $12, ends_on = $13, sponsor = $14`,
		a.ID, a.Person, a.Name, a.Department, a.Manager, a.Population, a.Created, a.Baseline, a.Ended, folded(a), headOf(a.ID), a.StartsOn, a.EndsOn, a.Sponsor); err != nil {
		return err
	}
	return t.saveWords(ctx, []recovery.Account{a})
}

// SetAccountMarks sets the marks that recoveries leave on an account.
func (t *Tx) SetAccountMarks(ctx context.Context, id string, mailedLink, hold, contactBlock int64) error {
	return t.guarded(ctx, "mark an account", `
		UPDATE accounts SET mailed_link = $2, hold = $3, contact_block = $4 WHERE id = $1 AND ended = 0`, id, mailedLink, hold, contactBlock)
}

const addressColumns = `id, account, kind, value, first_seen, baseline, ended, earlier FROM addresses`

func scanAddress(s scanner) (recovery.Address, error) {
	var a recovery.Address
	err := s.Scan(&a.ID, &a.Account, &a.Kind, &a.Value, &a.FirstSeen, &a.Baseline, &a.Ended, &a.Earlier)
	return a, err
}

// Addresses lists all addresses of an account, ended ones too, oldest first.
func (v View) Addresses(ctx context.Context, account string) ([]recovery.Address, error) {
	return list(ctx, v, "list addresses", scanAddress, `SELECT `+addressColumns+` WHERE account = $1 ORDER BY kind, first_seen, id`, account)
}

// AddAddress writes a new address. Its age counts from FirstSeen (R27).
func (t *Tx) AddAddress(ctx context.Context, a recovery.Address) error {
	return t.insert(ctx, "add an address", `
		INSERT INTO addresses (id, account, kind, value, first_seen, baseline, ended, head) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.Account, a.Kind, a.Value, a.FirstSeen, a.Baseline, a.Ended, headOf(a.Value))
}

// headOf is by what an id or an address is looked up (see matching).
func headOf(value string) string { return recovery.Head(strings.ToLower(value)) }

// EndAddress takes an address off the record; notices still go there for a while.
func (t *Tx) EndAddress(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "end an address", `UPDATE addresses SET ended = $2 WHERE id = $1 AND ended = 0`, id, at)
}

// ReviveAddress puts an ended address on the record again: a value that comes
// back is new evidence, so its age starts over. Its first sight is kept.
func (t *Tx) ReviveAddress(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "revive an address", `
		UPDATE addresses SET ended = 0, earlier = CASE WHEN earlier = 0 THEN first_seen ELSE earlier END, first_seen = $2, baseline = 0 WHERE id = $1 AND ended > 0`, id, at)
}

const factorColumns = `id, account, kind, name, credential_id, public_key, aaguid, transports, sign_count, backup_eligible, secret,
	added, used, suspended, suspended_by, erased, ticket, attestation FROM factors`

func scanFactor(s scanner) (recovery.Factor, error) {
	var f recovery.Factor
	var backup int64
	err := s.Scan(&f.ID, &f.Account, &f.Kind, &f.Name, &f.CredentialID, &f.PublicKey, &f.AAGUID, &f.Transports, &f.SignCount, &backup, &f.Secret,
		&f.Added, &f.Used, &f.Suspended, &f.SuspendedBy, &f.Erased, &f.Ticket, &f.Attestation)
	f.BackupEligible = backup == 1
	return f, err
}

// Factors lists the factors of an account that are not erased, oldest first.
func (v View) Factors(ctx context.Context, account string) ([]recovery.Factor, error) {
	return list(ctx, v, "list factors", scanFactor, `SELECT `+factorColumns+` WHERE account = $1 AND erased = 0 ORDER BY added, id`, account)
}

// FactorByCredential finds a passkey by its credential id (base64url).
func (v View) FactorByCredential(ctx context.Context, credential string) (recovery.Factor, error) {
	return get(ctx, v, "find a passkey", scanFactor, `SELECT `+factorColumns+` WHERE credential_id = $1 AND erased = 0`, credential)
}

// PasswordOf reads the account's live password factor.
func (v View) PasswordOf(ctx context.Context, account string) (recovery.Factor, error) {
	return get(ctx, v, "read a password", scanFactor, `SELECT `+factorColumns+` WHERE account = $1 AND kind = 'password' AND erased = 0 AND suspended = 0`, account)
}

// AddFactor writes a new factor.
func (t *Tx) AddFactor(ctx context.Context, f recovery.Factor) error {
	var backup int64
	if f.BackupEligible {
		backup = 1
	}
	return t.insert(ctx, "add a factor", `
		INSERT INTO factors (id, account, kind, name, credential_id, public_key, aaguid, transports, sign_count, backup_eligible, secret,
			added, used, suspended, suspended_by, erased, ticket, attestation)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, '', 0, $13, $14)`,
		f.ID, f.Account, f.Kind, f.Name, f.CredentialID, f.PublicKey, f.AAGUID, f.Transports, f.SignCount, backup, f.Secret, f.Added, f.Ticket, f.Attestation)
}

// SuspendFactor closes a live factor because of a ticket.
func (t *Tx) SuspendFactor(ctx context.Context, id, ticket string, at int64) error {
	return t.guarded(ctx, "suspend a factor", `
		UPDATE factors SET suspended = $2, suspended_by = $3 WHERE id = $1 AND suspended = 0 AND erased = 0`, id, at, ticket)
}

// EraseFactor forgets a suspended factor's material for good (R29).
func (t *Tx) EraseFactor(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "erase a factor", `
		UPDATE factors SET erased = $2, secret = '', public_key = '', credential_id = '' WHERE id = $1 AND suspended > 0 AND erased = 0`, id, at)
}

// ErasableFactors lists suspended factors whose recovery was completed before a
// moment and was not stopped since, at most limit. Those of an account with
// anything frozen, or whose takeover is being undone or was after that moment,
// wait: they are what the reviewer looks at.
func (v View) ErasableFactors(ctx context.Context, completedBefore, limit int64) ([]recovery.Factor, error) {
	return list(ctx, v, "list erasable factors", scanFactor, `SELECT `+factorColumns+`
		WHERE suspended > 0 AND erased = 0 AND suspended_by IN
			(SELECT t.id FROM tickets t WHERE t.completed > 0 AND t.completed <= $1 AND t.state <> 'frozen')
		AND NOT EXISTS (SELECT 1 FROM tickets o WHERE o.account = factors.account AND (o.state = 'frozen' OR o.event = 'suspected-takeover'
			AND (o.state IN ('proofing', 'held', 'waiting-approval', 'approved', 'executing', 'collecting') OR o.completed > $1)))
		ORDER BY suspended, id LIMIT $2`, completedBefore, limit)
}

// UsedFactor stores the counter of a passkey after a good assertion. The guard
// refuses a counter that went back between reading and writing.
func (t *Tx) UsedFactor(ctx context.Context, id string, count, at int64) error {
	return t.guarded(ctx, "use a factor", `
		UPDATE factors SET sign_count = $2, used = $3 WHERE id = $1 AND suspended = 0 AND erased = 0 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))`, id, count, at)
}
