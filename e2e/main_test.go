// Package e2e drives the built program in real Chromium with virtual security
// keys. It builds the binary once, starts `countersign demo` on a free port and
// walks the pages as people do: by role and accessible name.
//
//	p := startProduct(t, furnished(t))  // the program; p.Invites, p.URL
//	tab := newTab(t)                    // a browser profile of its own
//	key := tab.AddKey(usbKey)           // its security key
//	tab.Goto(p.Invites["agent"][0])
//	tab.Fill("Name of this key", "Blue key")
//	tab.Submit("Register security key")
//
// Every wait has one limit (see patience); nothing sleeps. A tab fails its test
// if the console ever shows a content security policy line.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// temporary is this run's folder: the binary and the browser's profile.
var temporary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if temporary, err = os.MkdirTemp("", "countersign-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(temporary)
	defer closeBrowser()
	return m.Run()
}

// binary builds the program on first use, with the race detector when the tests
// have it.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(temporary, "countersign")
	args := []string{"build", "-o", path}
	if raceOn() {
		args = append(args, "-race", "-gcflags=modernc.org/...=-d=checkptr=0") // as the Makefile has it
	}
	build := exec.Command("go", append(args, "countersign/cmd/countersign")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func raceOn() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

var (
	closing  []context.CancelFunc
	closeOne sync.Mutex
)

func closeBrowser() {
	closeOne.Lock()
	defer closeOne.Unlock()
	for _, end := range slices.Backward(closing) {
		end()
	}
}

// ownPages are pages of Chromium's own, which it starts beside every tab and no
// test looks at: a third of its work.
const ownPages = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"

// browser is the one Chromium of this run. Its first context must outlive every
// tab, so it hangs on nothing but closeBrowser.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, // as root Chromium refuses its own sandbox
		chromedp.UserDataDir(filepath.Join(temporary, "profile")),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,"+ownPages),
	)
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	closeOne.Lock()
	closing = append(closing, endAllocator, endBrowser)
	closeOne.Unlock()
	return ctx, chromedp.Do(ctx)
})

// chromium is where the browser is: $E2E_BROWSER, or the first of those
// that do.
func chromium() (string, error) {
	names := []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv("E2E_BROWSER"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %q on this machine. Install one: apt-get install chromium-headless-shell", names)
}
