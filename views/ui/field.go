package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// Field is one labelled input. Name and Label are required.
type Field struct {
	Name         string
	Label        string
	Hint         string
	Value        string
	Error        string // shown at the field; use ErrorFor(page.Errors, name)
	Type         string // "text" when empty; "email", "password", "date", "search", "number", "tel"
	Autocomplete string
	InputMode    string
	Dir          string // "ltr" for ids and addresses
	Rows         int    // TextArea: 4 when 0
	MaxLength    int    // 0: none
	Required     bool   // marks the input aria-required; the server decides
	Checked      bool   // Checkbox
	Must         bool   // the browser holds the form back without it: only where a page cannot be shown again
	ID           string // when Name occurs twice on a page
	Key          string // single key that leads here; no key approves, issues or reveals
}

// Option is one choice of a Select or of Radios.
type Option struct {
	Value, Label string
	Hint         string // radios: what follows from this choice
	Selected     bool
}

func (f Field) id() string {
	return or(f.ID, "f-"+strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(f.Name))
}

// attrs are the attributes that are present only when they say something.
func (f Field) attrs() templ.Attributes {
	a := templ.Attributes{}
	var by []string
	if f.Hint != "" {
		by = append(by, f.id()+"-hint")
	}
	if f.Error != "" {
		by = append(by, f.id()+"-error")
		a["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	for name, value := range map[string]string{"autocomplete": f.Autocomplete, "inputmode": f.InputMode, "dir": f.Dir} {
		if value != "" {
			a[name] = value
		}
	}
	if f.Required {
		a["aria-required"] = "true"
	}
	if f.Key != "" {
		a["data-key"], a["aria-keyshortcuts"] = f.Key, f.Key
	}
	if f.Must {
		a["required"] = true
	}
	if f.MaxLength > 0 {
		a["maxlength"] = itoa(f.MaxLength)
	}
	return a
}

func (f Field) rows() string {
	if f.Rows == 0 {
		return "4"
	}
	return itoa(f.Rows)
}

// group are the attributes of a fieldset: those that describe, not those of an input.
func (f Field) group() templ.Attributes {
	a := f.attrs()
	for _, name := range []string{"autocomplete", "inputmode", "dir", "maxlength", "aria-required", "aria-invalid", "required"} {
		delete(a, name)
	}
	return a
}
