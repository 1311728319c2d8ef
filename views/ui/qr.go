package ui

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"
	"rsc.io/qr"
)

// quiet is the light border around a QR code, in modules (ISO/IEC 18004).
const quiet = 4

// QR draws a text as a QR code: one path, dark on light in every theme, because
// cameras read nothing else. label says what it is for those who do not see it; the
// text itself must stand beside it in words.
func QR(text, label string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		code, err := qr.Encode(text, qr.M)
		if err != nil {
			return fmt.Errorf("draw a QR code: %w", err)
		}
		size := code.Size + 2*quiet
		_, err = fmt.Fprintf(w, `<svg class="qr" role="img" aria-label="%s" width="240" height="240" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
			templ.EscapeString(label), size, size, size, size, modules(code))
		return err
	})
}

// modules is the path of the dark modules: one stroke for each run in a row.
func modules(code *qr.Code) string {
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			}
			x += max(run, 1)
		}
	}
	return b.String()
}
