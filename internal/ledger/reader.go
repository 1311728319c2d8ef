package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
)

// reader reads an entry's text from front to back. It knows only what Encode
// writes, and so takes a quarter of the time of a JSON reader: verification is
// bounded by it. It need not find every wrong text, because Decode compares
// what it read with what Encode would write.
type reader struct {
	rest string
	bad  bool
}

// skip takes a token if it stands here.
func (r *reader) skip(token string) bool {
	rest, ok := strings.CutPrefix(r.rest, token)
	if ok {
		r.rest = rest
	}
	return ok
}

// number reads a number behind a token that must stand here.
func (r *reader) number(token string) int64 {
	r.bad = r.bad || !r.skip(token)
	end := 0
	for end < len(r.rest) && '0' <= r.rest[end] && r.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(r.rest[:end], 10, 64)
	r.bad, r.rest = r.bad || err != nil, r.rest[end:]
	return n
}

// field reads a text field, "" when another one stands here.
func (r *reader) field(name string) string {
	if rest, ok := strings.CutPrefix(r.rest, `,"`+name+`":`); ok {
		r.rest = rest
		return r.text()
	}
	return ""
}

// data reads the map, nil when there is none.
func (r *reader) data() map[string]string {
	if !r.skip(`,"data":{`) {
		return nil
	}
	data := map[string]string{}
	for !r.bad {
		key := r.text()
		r.bad = r.bad || !r.skip(":")
		data[key] = r.text()
		if r.skip("}") {
			return data
		}
		r.bad = r.bad || !r.skip(",")
	}
	return nil
}

// text reads a quoted text; one with escapes, which is rare, as JSON.
func (r *reader) text() (s string) {
	if !r.skip(`"`) {
		r.bad = true
		return ""
	}
	end, escaped := 0, false
	for ; end < len(r.rest) && r.rest[end] != '"'; end++ {
		if r.rest[end] == '\\' {
			end, escaped = end+1, true
		}
	}
	if end >= len(r.rest) {
		r.bad = true
		return ""
	}
	s, r.rest = r.rest[:end], r.rest[end+1:]
	if escaped && json.Unmarshal([]byte(`"`+s+`"`), &s) != nil {
		r.bad = true
	}
	return s
}
