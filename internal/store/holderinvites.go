package store

import "context"

// VoidInvitesOf ends the account's unused invitations; it answers how many.
func (t *Tx) VoidInvitesOf(ctx context.Context, account string) (int64, error) {
	return t.exec(ctx, "void invitations", `UPDATE invites SET void = $2 WHERE kind = 'holder' AND account = $1 AND used = 0 AND void = 0`, account, t.now)
}

// EverHadFactor says whether the account has or had any way to sign in, erased
// ones too.
func (v View) EverHadFactor(ctx context.Context, account string) (bool, error) {
	n, err := get(ctx, v, "look for factors", one[int64], `SELECT count(*) FROM (SELECT 1 FROM factors WHERE account = $1 LIMIT 1) n`, account)
	return n > 0, err
}
