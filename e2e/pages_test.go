package e2e

import "testing"

func TestPagesAreAccessible(t *testing.T) {
	p := startProduct(t, t.TempDir())
	agent := joins(t, p, "agent")
	for _, path := range []string{"/queue", "/queue?view=closed", "/tickets/new", "/tickets/new?q=an", "/approvals"} {
		agent.open(path)
		agent.CheckPage()
		agent.shots("agent" + path)
	}
}
