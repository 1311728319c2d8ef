package recovery_test

import (
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// A published file stays readable when what it is compared with becomes stricter.
func TestReadPolicy(t *testing.T) {
	file := []byte(strings.Replace(string(recovery.StandardFile), "mail: 30m", "mail: 60m", 1))
	if _, faults := recovery.ParsePolicy(file); len(faults) != 1 {
		t.Errorf("to be published: %q", faults)
	}
	if p, faults := recovery.ReadPolicy(file); len(faults) != 0 || p.Issued.Mail != recovery.For(recovery.Hour) {
		t.Errorf("published: %q", faults)
	}
}
