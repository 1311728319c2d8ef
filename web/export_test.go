package web

import "io"

// Steering writes parts of a page as render does.
func Steering(to io.Writer, parts ...string) error {
	s := &steering{to: to}
	for _, p := range parts {
		if _, err := io.WriteString(s, p); err != nil {
			return err
		}
	}
	return s.flush()
}
