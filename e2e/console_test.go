package e2e

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// hear files what the console shows as an error. It runs in the tab's message
// loop and must not wait.
func (b *tab) hear(event any) {
	line := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		line = fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		if e.Entry.Level != log.EntryLevelError && len(policyLines([]string{line})) == 0 {
			return
		}
	case *inspector.EventTargetCrashed:
		line = "the page's process crashed"
	case *runtime.EventExceptionThrown:
		line = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			line += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError {
			return
		}
		line = "console:"
		for _, arg := range e.Args {
			line += " " + string(arg.Value) + arg.Description
		}
	default:
		return
	}
	b.mu.Lock()
	b.console = append(b.console, line)
	b.mu.Unlock()
}

// ConsoleErrors is every error so far, a failed load of a page (4xx) included.
func (b *tab) ConsoleErrors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.console...)
}

func policyLines(lines []string) (found []string) {
	for _, line := range lines {
		low := strings.ToLower(line)
		if strings.Contains(low, "content security policy") || strings.Contains(low, "content-security-policy") ||
			strings.Contains(low, "trustedhtml") || strings.Contains(low, "trustedscript") {
			found = append(found, line)
		}
	}
	return found
}
