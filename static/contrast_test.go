package static

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// pair is one colour on another with the least contrast it must have (WCAG 2.2 SC 1.4.3, 1.4.11; ink has our own bar of 7).
type pair struct {
	on, fg string
	least  float64
}

func pairs() []pair {
	var all []pair
	for _, ground := range []string{"canvas", "surface", "sunken"} {
		all = append(all, pair{ground, "ink", 7}, pair{ground, "muted", 4.5}, pair{ground, "accent", 4.5},
			pair{ground, "line-strong", 3}, pair{ground, "focus", 3})
	}
	all = append(all, pair{"accent", "accent-ink", 4.5})
	for _, status := range []string{"ok", "warn", "stop", "info", "held"} {
		all = append(all, pair{status + "-bg", status, 4.5}, pair{"surface", status, 4.5}, pair{"canvas", status, 4.5}, pair{status + "-bg", "ink", 7})
	}
	return all
}

// tokens reads every "--name: light-dark(#light, #dark)" of the style sheet.
func tokens(t *testing.T) map[string][2]string {
	css, err := os.ReadFile("css/app.css")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(css), -1) {
		found[m[1]] = [2]string{m[2], m[3]}
	}
	return found
}

func TestContrast(t *testing.T) {
	colours := tokens(t)
	for theme, name := range []string{"light", "dark"} {
		for _, p := range pairs() {
			t.Run(fmt.Sprintf("%s on %s is at least %.1f in the %s theme", p.fg, p.on, p.least, name), func(t *testing.T) {
				fg, on := colours[p.fg], colours[p.on]
				if fg[0] == "" || on[0] == "" {
					t.Fatal("no such token")
				}
				if c := contrast(fg[theme], on[theme]); c < p.least {
					t.Errorf("%s on %s is %.2f", fg[theme], on[theme], c)
				}
			})
		}
	}
	t.Run("black on white measures 21, so the measure is right", func(t *testing.T) {
		if c := contrast("#000000", "#ffffff"); math.Abs(c-21) > .01 {
			t.Errorf("%.2f", c)
		}
	})
}

// contrast is the ratio of WCAG 2.2, 1 to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
