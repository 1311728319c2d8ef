package e2e

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed testdata/axe-core-4.14.1.min.js
var axeScript string

// Axe returns what axe-core finds wrong with the page as it stands, a line each.
// rules, if any, are the only ones it looks at.
func (b *tab) Axe(rules ...string) []string {
	b.t.Helper()
	if !eval[bool](b, "typeof axe === 'object'") {
		eval[any](b, axeScript+"; 0")
	}
	b.settle()
	only := ""
	if len(rules) > 0 {
		only = fmt.Sprintf(`, runOnly: %q.split(" ")`, strings.Join(rules, " "))
	}
	return eval[[]string](b, `axe.run(document, {resultTypes: ["violations"]`+only+`}).then(r => r.violations.flatMap(v =>
		v.nodes.map(n => v.id + ": " + v.help + ": " + n.target.join(" "))))`)
}

// settle ends transitions: colours on their way from one scheme to the other have
// no contrast worth measuring.
func (b *tab) settle() {
	b.t.Helper()
	eval[any](b, `for (const a of document.getAnimations()) a.finish(); 0`)
}

// CheckPage runs axe wide and on a phone, looks at the colours of the dark scheme
// (nothing else differs in it) and measures the reflow at 320 pixels (WCAG
// 1.4.10), all on one navigation. The tab is left light and wide.
func (b *tab) CheckPage() {
	b.t.Helper()
	check := func(how string, rules ...string) {
		for _, problem := range b.Axe(rules...) {
			b.t.Errorf("%s %s: %s", b.URL(), how, problem)
		}
	}
	check("at 1280")
	wide := b.shown()
	b.Size(390, 900)
	if b.shown() == wide {
		check("at 390", laidOut...)
	} else {
		check("at 390")
	}
	b.Dark(true)
	check("at 390 in the dark", "color-contrast", "link-in-text-block")
	if problem := b.Reflow(); problem != "" {
		b.t.Errorf("%s: %s", b.URL(), problem)
	}
	b.Dark(false)
	b.Size(1280, 900)
	if line := eval[string](b, loosePoint); line != "" {
		b.t.Errorf("%s: a space before a full stop or a comma: %s", b.URL(), line)
	}
}

// loosePoint is the first line of the page with a sentence put together badly.
const loosePoint = `(document.body.innerText.match(/.*[^\S\n][.,;:](?=\s|$).*/) || [""])[0]`

// laidOut are the rules that look at where things stand and how they are painted;
// all others find the same wherever the same elements are shown.
var laidOut = []string{"color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "css-orientation-lock"}

// shown is which elements of the page are shown to anybody, one digit each.
func (b *tab) shown() string {
	b.t.Helper()
	return eval[string](b, `[...document.querySelectorAll("*")].map(e => (e.checkVisibility({visibilityProperty: true}) ? 1 : 0) + (e.offsetWidth > 1 ? 2 : 0)).join("")`)
}

// Reflow says what is wider than a page 320 pixels wide.
func (b *tab) Reflow() string {
	b.t.Helper()
	b.Size(320, 640)
	width := eval[int](b, "document.documentElement.scrollWidth")
	if width <= 320 {
		return ""
	}
	widest := eval[string](b, `[...document.querySelectorAll("body *")].reduce((a, e) =>
		e.getBoundingClientRect().right > a.getBoundingClientRect().right ? e : a).outerHTML.slice(0, 120)`)
	return fmt.Sprintf("scrolls sideways at 320 pixels: %d wide, because of %s", width, widest)
}
