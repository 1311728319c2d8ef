package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ValueView is a value of the directory, since when it stands, and what was
// there before it, newest first.
type ValueView struct {
	recovery.ValueRun
	Before []recovery.ValueRun
}

func viewValues(a recovery.Account, runs []recovery.ValueRun) []ValueView {
	var out []ValueView
	for _, v := range a.Values() {
		view := ValueView{ValueRun: a.Run(runs, v)}
		for _, r := range runs {
			if r.Field == v.Field && r.Ended != 0 {
				view.Before = append(view.Before, r)
			}
		}
		if v.Text != "" || len(view.Before) > 0 {
			out = append(out, view)
		}
	}
	return out
}

// valueOf reads since when a value of an account stands, such as its manager:
// what carries a proof or a vote is asked for its age (R27).
func valueOf(ctx context.Context, v store.View, a recovery.Account, field string) (recovery.ValueRun, error) {
	runs, err := v.AccountValues(ctx, a.ID)
	for _, value := range a.Values() {
		if value.Field == field {
			return a.Run(runs, value), err
		}
	}
	return recovery.ValueRun{}, err
}
