// Package staff holds the pages of the help desk. One struct a page, typed,
// defined in its .templ file.
package staff
