package store

import "context"

// ExecForTest runs a statement as a database writer with no respect for the floors would.
func (s *Store) ExecForTest(ctx context.Context, stmt string) error {
	_, err := s.write.ExecContext(ctx, stmt)
	return err
}
