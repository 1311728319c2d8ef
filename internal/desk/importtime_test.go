package desk_test

import (
	"errors"
	"testing"
	"time"

	"countersign/internal/desk/desktest"
	"countersign/internal/store"
	"countersign/internal/store/storetest"
)

func TestAnImportThatTakesTooLongSaysWhatToDo(t *testing.T) {
	cfg, clock := storetest.SQLite(t), storetest.NewClock()
	cfg.Clock, cfg.Patience = clock.Now, time.Nanosecond
	h := desktest.New(t, storetest.Open(t, cfg), clock)
	if _, err := importText(t, h, twoPeople); refusalCode(err) != "import-too-long" {
		t.Errorf("got %v", err)
	}
	if _, err := h.Store.View().Account(t.Context(), "ana"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("something was taken in: %v", err)
	}
}
