package recovery

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RosterColumns is the header of an accounts file, in this order. Population is
// required, so only columns after it may be missing; later versions add theirs
// at the end.
var RosterColumns = []string{"id", "name", "email", "email2", "phone", "population", "department", "manager_id",
	"contract_end", "start_date", "sponsor_id", "photo_record", "group", "ended"}

// RosterRequired is how many of RosterColumns every file has.
const RosterRequired = 6

// RosterRow is one line of an accounts file: an account and, unless it is a
// service account, the directory person of the same id.
type RosterRow struct {
	Line                           int
	ID, Name, Email, Email2, Phone string
	Population                     Population
	Department, Manager            string // Manager of a service account is its owner
	ContractEnd, Start             string // last and first day of work, like 2026-11-30; "" unknown
	Sponsor                        string // who answers for a contractor
	Photo, Group                   string // record in the HR system; group of the directory
	Ended                          string // "yes", or "no" and "" for an account in use
}

// Person is the directory person who holds the account.
func (r RosterRow) Person() string {
	if r.Population == Service {
		return r.Manager
	}
	return r.ID
}

// Fields are the values of the row in the order of RosterColumns.
func (r RosterRow) Fields() []string {
	return []string{r.ID, r.Name, r.Email, r.Email2, r.Phone, string(r.Population), r.Department, r.Manager, r.ContractEnd, r.Start, r.Sponsor, r.Photo, r.Group, r.Ended}
}

// RowOf is the line of a file that changes nothing: the account as it is, with the
// addresses on record. first is the mailbox that stands in column email.
func RowOf(a Account, addresses []Address, first string) RosterRow {
	if !slices.ContainsFunc(addresses, func(x Address) bool { return x.Kind == Mail && x.Ended == 0 && x.Value == first }) {
		first = ""
	}
	r := RosterRow{ID: a.ID, Name: a.Name, Email: first, Population: a.Population, Department: a.Department, Manager: a.Manager,
		ContractEnd: DayText(a.EndsOn), Start: DayText(a.StartsOn), Sponsor: a.Sponsor, Photo: a.Photo, Group: a.Group, Ended: "no"}
	if a.Ended != 0 {
		r.Ended = "yes"
	}
	for _, x := range addresses {
		switch {
		case x.Ended != 0 || x.Value == r.Email:
		case x.Kind == Phone:
			r.Phone = x.Value
		case r.Email == "":
			r.Email = x.Value
		default:
			r.Email2 = x.Value
		}
	}
	return r
}

// Normalise trims every value and writes mail addresses in lower case and
// numbers without separators, so that one value has one spelling.
func (r RosterRow) Normalise() RosterRow {
	for _, s := range []*string{&r.ID, &r.Name, &r.Email, &r.Email2, &r.Phone, &r.Department, &r.Manager, &r.ContractEnd, &r.Start, &r.Sponsor,
		&r.Photo, &r.Group, &r.Ended} {
		*s = strings.Trim(*s, " \t")
	}
	r.Email, r.Email2 = strings.ToLower(r.Email), strings.ToLower(r.Email2)
	r.Population = Population(strings.Trim(string(r.Population), " \t"))
	r.Phone = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(r.Phone)
	return r
}

// Problems says what is wrong with a row by itself and what to do about it.
func (r RosterRow) Problems() []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	add(idProblem("id", r.ID))
	add(textProblem("name", r.Name, NameMax, true))
	add(mailProblem("email", r.Email, true))
	add(mailProblem("email2", r.Email2, false))
	if r.Email != "" && r.Email == r.Email2 {
		add("email2 is the same address as email; leave it empty or give another mailbox")
	}
	add(phoneProblem(r.Phone))
	add(populationProblem(r.Population))
	add(textProblem("department", r.Department, NameMax, false))
	if r.Manager != "" {
		add(idProblem("manager_id", r.Manager))
	}
	add(dayProblem("contract_end", r.ContractEnd))
	add(dayProblem("start_date", r.Start))
	if r.Sponsor != "" {
		add(idProblem("sponsor_id", r.Sponsor))
	}
	add(textProblem("photo_record", r.Photo, RecordMax, false))
	add(textProblem("group", r.Group, NameMax, false))
	if r.Ended != "" && r.Ended != "yes" && r.Ended != "no" {
		add("ended is yes or no; leave it empty for an account in use")
	}
	switch {
	case r.Sponsor != "" && r.Sponsor == r.ID:
		add("sponsor_id is the row's own id; give another person, or leave it empty")
	case r.Population == Service && r.Manager == "":
		add("a service account needs manager_id: the id of the person who owns it")
	case r.Manager != "" && r.Manager == r.ID:
		add("manager_id is the row's own id; give another person, or leave it empty")
	}
	return out
}

// idProblem keeps ids short enough for a passkey's user handle (WebAuthn: 64
// bytes) and plain enough to be read aloud and to stand in a path.
func idProblem(column, id string) string {
	switch {
	case id == "":
		return column + " is empty"
	case len(id) > AccountIDMax:
		return fmt.Sprintf("%s is longer than %d characters", column, AccountIDMax)
	case !alnum(rune(id[0])) || strings.ContainsFunc(id, func(c rune) bool { return !alnum(c) && !strings.ContainsRune("._-@+", c) }):
		return column + " may hold only letters A to Z, digits and . _ - @ +, and begins with a letter or digit"
	}
	return ""
}

func alnum(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func textProblem(column, text string, most int, required bool) string {
	switch {
	case text == "" && required:
		return column + " is empty"
	case utf8.RuneCountInString(text) > most:
		return fmt.Sprintf("%s is longer than %d characters", column, most)
	case strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }):
		return column + " holds a control or invisible character; type the value again by hand"
	}
	return ""
}

// mailProblem knows what a mailbox address looks like; whether it exists is
// found out by writing to it.
func mailProblem(column, mail string, required bool) string {
	if mail == "" {
		if required {
			return column + " is empty"
		}
		return ""
	}
	local, domain, ok := strings.Cut(mail, "@")
	switch {
	case len(mail) > 254 || len(local) > 64:
		return column + " is longer than a mail address may be (254 characters)"
	case !ok || local == "" || strings.ContainsFunc(mail, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`"(),:;<>[\]`, c) }),
		strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(mail, ".."),
		!domainLike(domain):
		return fmt.Sprintf("%s %s is not a mail address like name@example.org", column, Quote(mail))
	}
	return ""
}

func domainLike(domain string) bool {
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") ||
			strings.ContainsFunc(l, func(c rune) bool { return !alnum(c) && c != '-' }) {
			return false
		}
	}
	return len(labels) > 1
}

func phoneProblem(phone string) string {
	if phone == "" {
		return ""
	}
	digits, plus := strings.CutPrefix(phone, "+")
	if !plus || len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return fmt.Sprintf("phone %s is not an international number like +441632960001", Quote(phone))
	}
	return ""
}

func populationProblem(p Population) string {
	for _, known := range Populations {
		if p == known {
			return ""
		}
	}
	if p == "" {
		return "population is empty; use standard, privileged, contractor or service"
	}
	return "there is no population " + Quote(string(p)) + "; use standard, privileged, contractor or service"
}
