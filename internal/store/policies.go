package store

import (
	"context"

	"countersign/internal/recovery"
)

// PublishedKind tells policies from workflows.
const (
	PublishedPolicy   = "policy"
	PublishedWorkflow = "workflow"
)

// Published is a policy or workflow file that two people put in force. ID is the
// workflow's name, "" for a policy; times are microseconds UTC.
type Published struct {
	Version, Kind, ID, Body, Proposal string
	Published, Effective              int64
}

const publishedColumns = `version, kind, id, body, proposal, published, effective`

func scanPublished(s scanner) (Published, error) {
	var p Published
	err := s.Scan(&p.Version, &p.Kind, &p.ID, &p.Body, &p.Proposal, &p.Published, &p.Effective)
	return p, err
}

// InForce lists what was published and has taken effect by now, oldest first,
// without the files: whoever knows a version does not read it again.
func (v View) InForce(ctx context.Context, now int64) ([]Published, error) {
	return list(ctx, v, "list what is in force", scanPublished, `
		SELECT version, kind, id, '', proposal, published, effective FROM policies WHERE effective <= $1 ORDER BY effective, version`, now)
}

// AllPublished lists every version, newest first, without the files.
func (v View) AllPublished(ctx context.Context) ([]Published, error) {
	return list(ctx, v, "list published versions", scanPublished, `
		SELECT version, kind, id, '', proposal, published, effective FROM policies ORDER BY published DESC, version DESC`)
}

// PublishedVersion reads one version with its file.
func (v View) PublishedVersion(ctx context.Context, version string) (Published, error) {
	return get(ctx, v, "read a published version", scanPublished, `SELECT `+publishedColumns+` FROM policies WHERE version = $1`, version)
}

// Publish writes a new version. A version that exists is a conflict.
func (t *Tx) Publish(ctx context.Context, p Published) error {
	return t.insert(ctx, "publish a version", `
		INSERT INTO policies (`+publishedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`, p.Version, p.Kind, p.ID, p.Body, p.Proposal, t.now, p.Effective)
}

// TicketsSince lists the tickets that were opened since a moment, oldest first.
func (v View) TicketsSince(ctx context.Context, since, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list tickets since", scanTicket, `
		SELECT `+ticketColumns+` FROM tickets t WHERE t.opened >= $1 ORDER BY t.opened, t.id LIMIT $2`, since, limit)
}

// SignedSince counts who approved on each ticket since a moment.
func (v View) SignedSince(ctx context.Context, since int64) (map[string]int64, error) {
	type signed struct {
		ticket string
		n      int64
	}
	all, err := list(ctx, v, "count signatures", func(s scanner) (signed, error) {
		var x signed
		err := s.Scan(&x.ticket, &x.n)
		return x, err
	}, `SELECT ticket, COUNT(DISTINCT person) FROM signatures WHERE at >= $1 AND decision = 'approve' GROUP BY ticket`, since)
	out := make(map[string]int64, len(all))
	for _, x := range all {
		out[x.ticket] = x.n
	}
	return out, err
}
