package web

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"countersign/views/ui"
)

// worklist is a list of requests in three views: what waits for the reader, what
// waits for others, and what is over, newest first.
type worklist struct {
	path  string
	over  string // the tab of what is over
	label string // of that tab
}

func (l worklist) tabs(c echo.Context) []ui.View {
	tab := c.QueryParam("tab")
	return []ui.View{
		{Label: "Waiting for me", Href: l.path, Current: tab == ""},
		{Label: "Waiting for others", Href: l.path + "?tab=others", Current: tab == "others"},
		{Label: l.label, Href: l.path + "?tab=" + l.over, Current: tab == l.over},
	}
}

// asked says whether the view of what is over is asked for.
func (l worklist) asked(c echo.Context) bool { return c.QueryParam("tab") == l.over }

// nothing is what the view of what waits for others says when it is empty.
func (l worklist) nothing() (empty, then string) {
	return "Nothing waits for others.", "What was decided stays under \"" + l.label + "\"."
}

// waiting counts both open views on their tabs and answers the one that is asked
// for; others says which.
func waiting[T any](c echo.Context, tabs []ui.View, mine, rest []T) (rows []T, others bool) {
	tabs[0].Count, tabs[1].Count = strconv.Itoa(len(mine)), strconv.Itoa(len(rest))
	if c.QueryParam("tab") == "others" {
		return rest, true
	}
	return mine, false
}

// from is behind which row a page of what is over begins, 0 for the newest.
func (l worklist) from(c echo.Context) (before int64, id string) {
	before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	return before, c.QueryParam("after")
}

// newer leads back to the newest page, "" from there.
func (l worklist) newer(before int64) string {
	if before == 0 {
		return ""
	}
	return l.path + "?tab=" + l.over
}

// older leads to the page behind a row.
func (l worklist) older(decided int64, id string) string {
	return fmt.Sprintf("%s?tab=%s&before=%d&after=%s", l.path, l.over, decided, url.QueryEscape(id))
}
