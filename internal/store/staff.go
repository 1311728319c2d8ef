package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

// Staff reads a person's standing: roles of all times, groups.
func (v View) Staff(ctx context.Context, person string) (recovery.Staff, error) {
	s, err := get(ctx, v, "read staff", func(r scanner) (recovery.Staff, error) {
		var s recovery.Staff
		p := &s.Person
		err := r.Scan(&p.ID, &p.Name, &p.Email, &p.Manager, &p.Department, &p.FirstSeen, &s.Invited, &s.Disabled, &s.DisabledBy)
		return s, err
	}, `SELECT `+personColumns+`, s.invited, s.disabled, s.disabled_by FROM staff s JOIN persons p ON p.id = s.person WHERE s.person = $1`, person)
	if err != nil {
		return s, err
	}
	if s.Roles, err = v.grants(ctx, person); err != nil {
		return s, err
	}
	if err := v.groups(ctx, &s); err != nil {
		return s, err
	}
	if s.Person.Manager != "" {
		s.Above, err = v.Above(ctx, person)
	}
	return s, err
}

// groups reads a person's groups and, when one is a supplier's, its scope.
func (v View) groups(ctx context.Context, s *recovery.Staff) error {
	type group struct {
		name       string
		outsourced int64
	}
	all, err := list(ctx, v, "list groups", func(r scanner) (group, error) {
		var g group
		err := r.Scan(&g.name, &g.outsourced)
		return g, err
	}, `SELECT g.name, COALESCE(o.since, 0) FROM staff_groups g LEFT JOIN outsourced_groups o ON o.name = g.name WHERE g.person = $1 ORDER BY g.name`, s.Person.ID)
	for _, g := range all {
		s.Groups = append(s.Groups, g.name)
		s.Outsourced = s.Outsourced || g.outsourced != 0
	}
	if err != nil || !s.Outsourced {
		return err
	}
	s.Scope, err = list(ctx, v, "list a scope", one[string], `
		SELECT DISTINCT c.department FROM group_scopes c JOIN staff_groups g ON g.name = c.name WHERE g.person = $1 ORDER BY c.department`, s.Person.ID)
	return err
}

// Above lists the managers over a person, nearest first, recovery.ReportingHops
// at most: directory data may go round in circles.
func (v View) Above(ctx context.Context, person string) ([]string, error) {
	return list(ctx, v, "list managers", one[string], `
		WITH RECURSIVE up (id, hop) AS (
			SELECT manager, CAST(1 AS BIGINT) FROM persons WHERE id = $1
			UNION ALL SELECT p.manager, u.hop + 1 FROM up u JOIN persons p ON p.id = u.id WHERE u.hop < $2)
		SELECT id FROM up WHERE id <> '' ORDER BY hop`, person, recovery.ReportingHops)
}

func (v View) grants(ctx context.Context, person string) ([]recovery.Grant, error) {
	return list(ctx, v, "list roles", func(r scanner) (recovery.Grant, error) {
		var g recovery.Grant
		err := r.Scan(&g.Role, &g.Granted, &g.By, &g.Counts, &g.Ended)
		return g, err
	}, `SELECT role, granted, granted_by, counts, ended FROM staff_roles WHERE person = $1 ORDER BY role, granted`, person)
}

// StaffIDs lists the persons who are or were staff, by name.
func (v View) StaffIDs(ctx context.Context) ([]string, error) {
	return list(ctx, v, "list staff", one[string], `
		SELECT s.person FROM staff s JOIN persons p ON p.id = s.person ORDER BY p.name, s.person`)
}

// inHouse keeps the people of suppliers out: they are agents and nothing else.
const inHouse = `NOT EXISTS (SELECT 1 FROM staff_groups x JOIN outsourced_groups o ON o.name = x.name WHERE x.person = r.person)`

// CountingStaff lists the persons for whom a role counts now.
func (v View) CountingStaff(ctx context.Context, role recovery.Role, now int64) ([]string, error) {
	return list(ctx, v, "list counting staff", one[string], `
		SELECT DISTINCT r.person FROM staff_roles r JOIN staff s ON s.person = r.person
		WHERE r.role = $1 AND r.ended = 0 AND r.counts > 0 AND r.counts <= $2 AND s.disabled = 0 AND (r.role = 'agent' OR `+inHouse+`) ORDER BY r.person`, role, now)
}

// SaveStaff makes a person staff. Somebody who was disabled starts over: roles
// and keys of then have ended, so nothing of it counts again.
func (t *Tx) SaveStaff(ctx context.Context, person string, at int64) error {
	_, err := t.exec(ctx, "make staff", `
		INSERT INTO staff (person, invited, disabled, disabled_by) VALUES ($1, $2, 0, '')
		ON CONFLICT (person) DO UPDATE SET disabled = 0, disabled_by = ''`, person, at)
	return err
}

// GrantRole writes a role that does not count yet (Counts 0) or counts from a moment on.
func (t *Tx) GrantRole(ctx context.Context, person string, g recovery.Grant) error {
	return t.insert(ctx, "grant a role", `
		INSERT INTO staff_roles (person, role, granted, granted_by, counts, ended) VALUES ($1, $2, $3, $4, $5, 0)`,
		person, g.Role, g.Granted, g.By, g.Counts)
}

// CountRoles lets the person's waiting roles count from a moment on.
func (t *Tx) CountRoles(ctx context.Context, person string, from int64) error {
	_, err := t.exec(ctx, "count roles", `UPDATE staff_roles SET counts = $2 WHERE person = $1 AND counts = 0 AND ended = 0`, person, from)
	return err
}

// EndRole ends one live role.
func (t *Tx) EndRole(ctx context.Context, person string, role recovery.Role, at int64) error {
	return t.guarded(ctx, "end a role", `UPDATE staff_roles SET ended = $3 WHERE person = $1 AND role = $2 AND ended = 0`, person, role, at)
}

// DisableStaff ends a person's standing.
func (t *Tx) DisableStaff(ctx context.Context, person, by string, at int64) error {
	return t.guarded(ctx, "disable staff", `UPDATE staff SET disabled = $3, disabled_by = $2 WHERE person = $1 AND disabled = 0`, person, by, at)
}

// JoinGroup puts a person into a group; twice is once.
func (t *Tx) JoinGroup(ctx context.Context, person, group string) error {
	_, err := t.exec(ctx, "join a group", `INSERT INTO staff_groups (person, name) VALUES ($1, $2) ON CONFLICT (person, name) DO NOTHING`, person, group)
	return err
}

const keyColumns = `id, person, name, credential_id, public_key, aaguid, attestation, fingerprint, digest, transports, sign_count,
	added, counted, decides, confirmed_by, confirm_entry, suspended, suspended_why, used, invite FROM staff_keys`

func scanKey(s scanner) (recovery.Key, error) {
	var k recovery.Key
	err := s.Scan(&k.ID, &k.Person, &k.Name, &k.CredentialID, &k.PublicKey, &k.AAGUID, &k.Attestation, &k.Fingerprint, &k.Digest, &k.Transports,
		&k.SignCount, &k.Added, &k.Counted, &k.Decides, &k.ConfirmedBy, &k.ConfirmEntry, &k.Suspended, &k.SuspendedWhy, &k.Used, &k.Invite)
	return k, err
}

// Keys lists a person's security keys, suspended ones too, oldest first.
func (v View) Keys(ctx context.Context, person string) ([]recovery.Key, error) {
	return list(ctx, v, "list keys", scanKey, `SELECT `+keyColumns+` WHERE person = $1 ORDER BY added, id`, person)
}

// Key reads one key.
func (v View) Key(ctx context.Context, id string) (recovery.Key, error) {
	return get(ctx, v, "read a key", scanKey, `SELECT `+keyColumns+` WHERE id = $1`, id)
}

// KeyByCredential finds a key by its credential id (base64url).
func (v View) KeyByCredential(ctx context.Context, credential string) (recovery.Key, error) {
	return get(ctx, v, "find a key", scanKey, `SELECT `+keyColumns+` WHERE credential_id = $1`, credential)
}

// KeyOfSession reads the key that opened a staff session.
func (v View) KeyOfSession(ctx context.Context, session string) (recovery.Key, error) {
	return get(ctx, v, "read a session's key", scanKey, `SELECT `+keyColumns+` WHERE id = (SELECT factor FROM sessions WHERE id = $1)`, session)
}

// CountedKeys lists the live keys that somebody confirmed, oldest first. It is
// read during the founding only, when there are few.
func (v View) CountedKeys(ctx context.Context) ([]recovery.Key, error) {
	return list(ctx, v, "list counted keys", scanKey, `SELECT `+keyColumns+` WHERE counted > 0 AND suspended = 0 ORDER BY counted, id`)
}

// AddKey writes a new key that nobody has confirmed yet.
func (t *Tx) AddKey(ctx context.Context, k recovery.Key) error {
	return t.insert(ctx, "add a key", `
		INSERT INTO staff_keys (id, person, name, credential_id, public_key, aaguid, attestation, fingerprint, digest, transports, sign_count,
			added, counted, decides, confirmed_by, confirm_entry, suspended, suspended_why, used, invite)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, '', -1, 0, '', 0, $13)`,
		k.ID, k.Person, k.Name, k.CredentialID, k.PublicKey, k.AAGUID, k.Attestation, k.Fingerprint, k.Digest, k.Transports, k.SignCount, k.Added, k.Invite)
}

// CountKey notes the confirmation of a key, once.
func (t *Tx) CountKey(ctx context.Context, id, by string, at, decides, entry int64) error {
	return t.guarded(ctx, "count a key", `
		UPDATE staff_keys SET counted = $3, decides = $4, confirmed_by = $2, confirm_entry = $5 WHERE id = $1 AND counted = 0 AND suspended = 0`,
		id, by, at, decides, entry)
}

// UsedKey stores the counter after a good assertion; the guard refuses one that went back.
func (t *Tx) UsedKey(ctx context.Context, id string, count, at int64) error {
	return t.guarded(ctx, "use a key", `
		UPDATE staff_keys SET sign_count = $2, used = $3 WHERE id = $1 AND suspended = 0 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))`, id, count, at)
}

// SuspendKey takes a key out of use.
func (t *Tx) SuspendKey(ctx context.Context, id, why string, at int64) error {
	return t.guarded(ctx, "suspend a key", `UPDATE staff_keys SET suspended = $3, suspended_why = $2 WHERE id = $1 AND suspended = 0`, id, why, at)
}

// Invite is an invitation; only the hash of its link token is stored.
type Invite struct {
	ID, Kind, Person, Account string
	Roles                     []recovery.Role
	Groups                    []string
	MadeBy                    string
	Made, Ends                int64
	TokenHash                 string
	Printed                   int64 // shown on the machine's console
	Used, Void                int64
	// Glass is the break-glass that made the invitation: its key needs no second
	// administrator, for there may be none.
	Glass string
}

const inviteColumns = `id, kind, person, account, roles, groups, made_by, made, ends, token_hash, printed, used, void, glass FROM invites`

func scanInvite(s scanner) (Invite, error) {
	var i Invite
	var roles, groups string
	err := s.Scan(&i.ID, &i.Kind, &i.Person, &i.Account, &roles, &groups, &i.MadeBy, &i.Made, &i.Ends, &i.TokenHash, &i.Printed, &i.Used, &i.Void, &i.Glass)
	for _, r := range strings.Fields(roles) {
		i.Roles = append(i.Roles, recovery.Role(r))
	}
	i.Groups = strings.Fields(groups)
	return i, err
}

// InviteByToken finds an invitation by the hash of its link token, live or not.
func (v View) InviteByToken(ctx context.Context, hash string) (Invite, error) {
	return get(ctx, v, "find an invitation", scanInvite, `SELECT `+inviteColumns+` WHERE token_hash = $1`, hash)
}

// Invite reads an invitation by id.
func (v View) Invite(ctx context.Context, id string) (Invite, error) {
	return get(ctx, v, "read an invitation", scanInvite, `SELECT `+inviteColumns+` WHERE id = $1`, id)
}

// OpenInvites lists invitations that are neither used nor void, newest first.
func (v View) OpenInvites(ctx context.Context, kind string) ([]Invite, error) {
	return list(ctx, v, "list invitations", scanInvite, `SELECT `+inviteColumns+` WHERE kind = $1 AND used = 0 AND void = 0 ORDER BY made DESC, id`, kind)
}

// UsedInvites lists the invitations that a person used, oldest first.
func (v View) UsedInvites(ctx context.Context, kind, person string) ([]Invite, error) {
	return list(ctx, v, "list used invitations", scanInvite, `SELECT `+inviteColumns+` WHERE kind = $1 AND person = $2 AND used > 0 ORDER BY used, id`, kind, person)
}

// AddInvite writes an invitation.
func (t *Tx) AddInvite(ctx context.Context, i Invite) error {
	roles := make([]string, len(i.Roles))
	for n, r := range i.Roles {
		roles[n] = string(r)
	}
	return t.insert(ctx, "add an invitation", `
		INSERT INTO invites (id, kind, person, account, roles, groups, made_by, made, ends, token_hash, printed, used, void, glass)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12)`,
		i.ID, i.Kind, i.Person, i.Account, strings.Join(roles, " "), strings.Join(i.Groups, " "), i.MadeBy, i.Made, i.Ends, i.TokenHash, i.Printed, i.Glass)
}

// UseInvite spends an invitation, once and only before its end.
func (t *Tx) UseInvite(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "use an invitation", `UPDATE invites SET used = $2 WHERE id = $1 AND used = 0 AND void = 0 AND ends > $2`, id, at)
}

// VoidInvite ends an invitation that nobody used.
func (t *Tx) VoidInvite(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "void an invitation", `UPDATE invites SET void = $2 WHERE id = $1 AND used = 0 AND void = 0`, id, at)
}
