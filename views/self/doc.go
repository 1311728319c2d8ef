// Package self holds the pages of holders and of the public: phone first, one
// thing a page, no htmx, working without JavaScript wherever no key is touched.
// It cannot import the staff pages: what staff see never reaches these pages.
package self
