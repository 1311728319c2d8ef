package desk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign/internal/recovery"
)

// LineProblem is one thing that is wrong with a line of an accounts file, and
// what to do about it. Line 0 is about the file.
type LineProblem struct {
	Line int
	Text string
}

// roster is an accounts file that was read, or the line of a form.
type roster struct {
	text     string
	object   string // the account that a form is about
	rows     []recovery.RosterRow
	columns  int // how many of recovery.RosterColumns the file has
	problems []LineProblem
	more     int // problems beyond the limit
}

// has says whether the file has a column; a missing one leaves values alone.
func (r *roster) has(column string) bool {
	return slices.Index(recovery.RosterColumns, column) < r.columns
}

func (r *roster) complain(line int, format string, args ...any) {
	if len(r.problems) >= recovery.RosterProblemsMax {
		r.more++
		return
	}
	r.problems = append(r.problems, LineProblem{line, fmt.Sprintf(format, args...)})
}

// readRoster reads a whole accounts file and lists everything that is wrong
// with it, line by line. The error is the reader's own.
func readRoster(in io.Reader) (*roster, error) {
	text, err := io.ReadAll(io.LimitReader(in, recovery.RosterBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("read the accounts file: %w", err)
	}
	r := &roster{text: string(text)}
	if len(text) > recovery.RosterBytesMax {
		r.complain(0, "the file is larger than %d MB; split it", recovery.RosterBytesMax>>20)
		return r, nil
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	c.FieldsPerRecord = -1
	if !r.header(c) {
		return r, nil
	}
	r.lines(c)
	if len(r.rows) == 0 && len(r.problems) == 0 {
		r.complain(0, "the file has a header and no accounts")
	}
	return r, nil
}

// header reads the first line; without a good one no other line means anything.
func (r *roster) header(c *csv.Reader) bool {
	got, err := c.Read()
	want := strings.Join(recovery.RosterColumns, ",")
	switch {
	case errors.Is(err, io.EOF):
		r.complain(1, "the file is empty; its first line is %s", want)
		return false
	case err != nil:
		r.complain(1, "the header cannot be read; it is %s", want)
		return false
	}
	for i, name := range got {
		switch {
		case !slices.Contains(recovery.RosterColumns, name):
			r.complain(1, "there is no column %s; the header is %s", recovery.Quote(cut(name)), want)
		case i >= len(recovery.RosterColumns) || recovery.RosterColumns[i] != name:
			r.complain(1, "column %s is not in its place; the header is %s", name, want)
		}
	}
	if len(r.problems) == 0 && len(got) < recovery.RosterRequired {
		r.complain(1, "column %s is missing; the header is %s", recovery.RosterColumns[len(got)], want)
	}
	r.columns = len(got)
	return len(r.problems) == 0
}

// cut shortens a value that is quoted back.
func cut(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (r *roster) lines(c *csv.Reader) {
	seen := map[string]int{} // lower-cased id → line
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.complain(lineOf(err), "the quotes of this line do not match; write a quote inside a value twice")
			continue
		}
		line, _ := c.FieldPos(0)
		row, ok := r.row(line, fields)
		if !ok {
			continue
		}
		id := strings.ToLower(row.ID)
		if first, twice := seen[id]; twice && id != "" {
			r.complain(line, "id %s stands on line %d already; give each account one line", row.ID, first)
			continue
		}
		seen[id] = line
		if r.rows = append(r.rows, row); len(r.rows) > recovery.RosterRowsMax {
			r.complain(line, "the file has more than %d accounts; split it", recovery.RosterRowsMax)
			return
		}
	}
}

func lineOf(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.StartLine
	}
	return 0
}

// row makes a row of the fields of one line and checks it by itself.
func (r *roster) row(line int, fields []string) (recovery.RosterRow, bool) {
	if len(fields) != r.columns {
		r.complain(line, "this line has %d values, the header has %d; write a value that holds a comma in quotes", len(fields), r.columns)
		return recovery.RosterRow{}, false
	}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			r.complain(line, "%s is not UTF-8 text; save the file as UTF-8", recovery.RosterColumns[i])
			return recovery.RosterRow{}, false
		}
	}
	v := append(slices.Clone(fields), make([]string, len(recovery.RosterColumns)-len(fields))...)
	row := recovery.RosterRow{Line: line, ID: v[0], Name: v[1], Email: v[2], Email2: v[3], Phone: v[4],
		Population: recovery.Population(v[5]), Department: v[6], Manager: v[7], ContractEnd: v[8], Start: v[9], Sponsor: v[10],
		Photo: v[11], Group: v[12], Ended: v[13]}.Normalise()
	problems := row.Problems()
	for _, p := range problems {
		r.complain(line, "%s", p)
	}
	return row, true
}
