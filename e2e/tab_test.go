package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// patience is the longest wait for anything on a page: long enough for a
	// race build on two busy cores, and never spent when all is well.
	patience = 30 * time.Second
	// answer is the longest wait for one answer: a page that is replaced just then
	// can swallow the question, which is asked again.
	answer        = 5 * time.Second
	startPatience = 3 * time.Minute // a fresh demo seeds 90 days first
	pollEvery     = 25 * time.Millisecond
)

// tab is one browser tab. Its methods fail the test.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	console []string
}

// newTab opens a tab in a profile of its own: other cookies, another person.
func newTab(t *testing.T) *tab {
	t.Helper()
	parent, err := browser()
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return openTab(t, parent, chromedp.WithNewBrowserContext())
}

// Another opens a second tab of the same person.
func (b *tab) Another() *tab { return openTab(b.t, b.ctx) }

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(parent, options...)
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("open tab: %v", err)
	}
	b.Size(1280, 900)
	t.Cleanup(func() {
		for _, line := range policyLines(b.ConsoleErrors()) {
			t.Errorf("content security policy: %s", line)
		}
	})
	return b
}

// do runs steps within patience.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Screenshot("failed-" + b.t.Name())
		b.t.Fatalf("%s: %v", what, err)
	}
}

// eval runs a script in the page, also where the page itself may run none.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	await := func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, await))
	if err != nil {
		b.t.Fatalf("evaluate: %v", err)
	}
	return value
}

// Goto loads a page and returns its status. The end of an earlier page's load can
// be taken for this one's, which then has no answer yet: a GET is asked again.
func (b *tab) Goto(url string) int {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		response, err := chromedp.Run(ctx, chromedp.NavigateResponse(url))
		if err != nil {
			b.t.Fatalf("go to %s: %v", url, err)
		}
		if response != nil {
			return int(response.Status)
		}
	}
}

// URL is where the tab is.
func (b *tab) URL() string { b.t.Helper(); return eval[string](b, "location.href") }

// WaitURL waits until the address contains part.
func (b *tab) WaitURL(part string) {
	b.t.Helper()
	b.until("an address with "+part, func(ctx context.Context) (bool, error) {
		at, err := chromedp.Run(ctx, chromedp.Location())
		return strings.Contains(at, part), err
	})
}

// WaitText waits until the page shows words.
func (b *tab) WaitText(words string) {
	b.t.Helper()
	b.until("the words "+words, func(ctx context.Context) (bool, error) {
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
		return strings.Contains(text, words), err
	})
}

// until asks again until ok. An error, or no answer, is a page that is just being
// replaced, so it only counts when patience ends.
func (b *tab) until(what string, ok func(context.Context) (bool, error)) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	for {
		once, over := context.WithTimeout(ctx, answer)
		found, err := ok(once)
		over()
		if found && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			b.Screenshot("failed-" + b.t.Name())
			b.t.Fatalf("waited for %s in vain (last error %v; console %q). The page:\n%s", what, err, b.ConsoleErrors(), b.Text("body"))
		case <-again.C:
		}
	}
}

// Text is the visible text of the first element that selector finds, "" if none.
func (b *tab) Text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("(document.querySelector(%q) || {innerText: ''}).innerText", selector))
}

// find waits for the one element with a role and an accessible name.
func (b *tab) find(name string, roles ...string) cdp.BackendNodeID {
	b.t.Helper()
	var node cdp.BackendNodeID
	b.until(fmt.Sprintf("a %s named %q", strings.Join(roles, " or "), name), func(ctx context.Context) (bool, error) {
		nodes, err := b.query(ctx, name, roles)
		if err != nil || len(nodes) == 0 {
			return false, err
		}
		if len(nodes) > 1 {
			return false, fmt.Errorf("%d of them", len(nodes))
		}
		node = nodes[0]
		return true, nil
	})
	return node
}

// Has reports whether the page has such an element now.
func (b *tab) Has(role, name string) bool {
	b.t.Helper()
	has := false
	b.until(fmt.Sprintf("an answer whether there is a %s named %q", role, name), func(ctx context.Context) (bool, error) {
		nodes, err := b.query(ctx, name, []string{role})
		has = len(nodes) > 0
		return err == nil, err
	})
	return has
}

// query asks the accessibility tree, and only that of a page that has come and
// has the words: Chromium's process can crash when the tree is asked while the
// page is replaced.
func (b *tab) query(ctx context.Context, name string, roles []string) (found []cdp.BackendNodeID, err error) {
	words, err := chromedp.Run(ctx, chromedp.Evaluate[string](pageWords))
	if err != nil {
		return nil, err
	}
	if words == "" {
		return nil, errors.New("the page is on its way")
	}
	if !strings.Contains(words, squeeze(name)) {
		return nil, nil
	}
	root, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{Depth: new(int64(0))})
	if err != nil {
		return nil, err
	}
	for _, role := range roles {
		result, err := chromedp.Call(ctx, accessibility.QueryAXTree,
			accessibility.QueryAXTreeParams{BackendNodeID: root.Root.BackendNodeID, AccessibleName: name, Role: role})
		if err != nil {
			return nil, err
		}
		for _, node := range result.Nodes {
			if !node.Ignored && node.BackendDOMNodeID != 0 {
				found = append(found, node.BackendDOMNodeID)
			}
		}
	}
	return found, nil
}

// pageWords is everything that can be part of an accessible name, without white
// space; "" while the page loads.
const pageWords = `document.readyState !== "complete" ? "" : [document.documentElement.textContent,
	...[...document.querySelectorAll("[aria-label], [alt], [title], [value], [placeholder]")].flatMap(e =>
		["aria-label", "alt", "title", "value", "placeholder"].map(a => e.getAttribute(a) || ""))].join("").replace(/\s+/g, "")`

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// Click presses the mouse in the middle of an element, as a hand would: what
// covers it gets the click.
func (b *tab) Click(role, name string) {
	b.t.Helper()
	b.do("click "+name, clickAt(b.find(name, role)))
}

// Submit clicks a button and waits for the page that follows.
func (b *tab) Submit(name string) { b.t.Helper(); b.press("button", name) }

// Follow clicks a link and waits for the page that follows.
func (b *tab) Follow(name string) { b.t.Helper(); b.press("link", name) }

func (b *tab) press(role, name string) {
	b.t.Helper()
	node := b.find(name, role)
	b.do("press "+name, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.WaitEvent(page.LoadEventFired, nil, clickAt(node))(ctx, t)
		return chromedp.Void{}, err
	})
}

func clickAt(node cdp.BackendNodeID) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node}); err != nil {
			return err
		}
		box, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
		if err != nil {
			return err
		}
		if len(box.Quads) == 0 || len(box.Quads[0]) != 8 {
			return fmt.Errorf("the element takes no room")
		}
		q := box.Quads[0]
		_, err = chromedp.MouseClickXY((q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4)(ctx, t)
		return err
	})
}

// Fill replaces the text of the field with that label.
func (b *tab) Fill(label, text string) {
	b.t.Helper()
	node := b.find(label, "textbox", "searchbox", "combobox", "spinbutton")
	b.onElement(node, "function() { this.value = '' }")
	b.do("fill "+label, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, dom.Focus, dom.FocusParams{BackendNodeID: node}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// Select chooses the option with that text.
func (b *tab) Select(label, option string) {
	b.t.Helper()
	b.onElement(b.find(label, "combobox", "listbox"), fmt.Sprintf(`function() {
		const o = [...this.options].find(o => o.text.trim() === %q);
		if (!o) throw new Error("no such option");
		this.value = o.value;
		this.dispatchEvent(new Event("change", {bubbles: true}));
	}`, option))
}

// Upload puts a file into the file field with that label.
func (b *tab) Upload(label, path string) {
	b.t.Helper()
	field := eval[*runtime.RemoteObject](b, fmt.Sprintf(
		`[...document.querySelectorAll("input[type=file]")].find(i => [...i.labels].some(l => l.textContent.trim() === %q))`, label))
	if field.ObjectID == "" {
		b.t.Fatalf("no file field labelled %s", label)
	}
	if _, err := chromedp.Call(b.ctx, dom.SetFileInputFiles,
		dom.SetFileInputFilesParams{Files: []string{path}, ObjectID: field.ObjectID}); err != nil {
		b.t.Fatalf("upload to %s: %v", label, err)
	}
}

func (b *tab) onElement(node cdp.BackendNodeID, function string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	object, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
	if err != nil {
		b.t.Fatalf("resolve element: %v", err)
	}
	result, err := chromedp.Call(ctx, runtime.CallFunctionOn,
		runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: object.Object.ObjectID})
	if err != nil {
		b.t.Fatalf("call on element: %v", err)
	}
	if result.ExceptionDetails != nil {
		b.t.Fatalf("call on element: %s", result.ExceptionDetails.Exception.Description)
	}
}

// Size sets the viewport; up to 640 wide it is a phone with touch.
func (b *tab) Size(width, height int64) {
	b.t.Helper()
	if width <= 640 {
		b.do("size", chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulateTouch))
		return
	}
	b.do("size", chromedp.EmulateViewport(width, height))
}

// Dark switches the colour scheme.
func (b *tab) Dark(on bool) {
	b.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[on]
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		b.t.Fatalf("colour scheme: %v", err)
	}
}

// NoScript turns the pages' own scripts off, from the next page on.
func (b *tab) NoScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatalf("scripts off: %v", err)
	}
}

// Screenshot writes shots/NAME.png, the whole page.
func (b *tab) Screenshot(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Errorf("screenshot %s: %v", name, err)
		return
	}
	file := filepath.Join("shots", strings.NewReplacer("/", "-", " ", "-").Replace(name)+".png")
	if err := os.MkdirAll("shots", 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
