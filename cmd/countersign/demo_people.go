package main

import (
	"fmt"
	"strings"

	"countersign/internal/recovery"
)

// The demo's people are made up from two lists of words, by number: the same
// ones at every seeding. Their mailboxes are at reserved domains (RFC 2606) and
// their numbers in a range kept free for fiction.

const (
	demoAccounts = 226
	// accountMail is the domain whose mailboxes the demo's accounts open
	// themselves: they get notices and carry no proof (R16).
	accountMail = "accounts.example.org"
	workMail    = "example.org"
	secondMail  = "example.net"
	// demoPassword is what every seeded account that has a password knows.
	demoPassword = "correct horse battery staple"
)

var (
	givenNames = strings.Fields(`Alva Birk Cleo Dara Edda Falk Gwen Hale Ines Jora Kent Lian Mira Nils Orla Pera Quin Rune Sela Tove
		Ulla Vera Wim Xena Yara Zeno Arlo Bess Cato Dile Enno Fern Gero Hedy Ivo Juno Kira Levi Maro Nela`)
	familyNames = strings.Fields(`Abelgard Brookfen Calder Dunmore Elmstead Farrow Greyling Hollin Inverby Jessop Kestrel Larkhill Moorcot
		Northolt Oakham Penhal Quillby Rowanlea Sandmere Thornby Underhay Valemont Westerby Yarrow Zellwood Ashcombe Birchall Coldwell
		Deepdale Eastlake Fenwick Glenroy Hawksby Ironside Kingsley Lowther Marwood Nettleby Overton Pinewood`)
	departments = []string{"Finance", "Logistics", "Research", "Sales", "Legal", "Production", "Support", "Planning"}
)

// demoPerson is one row of the demo's directory.
type demoPerson struct {
	id, name, email, email2, phone string
	population                     recovery.Population
	department, manager            string
}

// hand is a member of staff of the demo: a place in the directory's first rows.
type hand struct {
	id    string
	roles []recovery.Role
	group string
}

// The software administrators found the house; the first of them confirms the
// keys of printed invitations and says so in the ledger.
var softwareAdmins = []hand{
	{"demo.administrator.1", []recovery.Role{recovery.Administrator}, "demo"},
	{"demo.administrator.2", []recovery.Role{recovery.Administrator}, "demo"},
}

// seededHands did the work of the last 90 days, with keys that are programs.
var seededHands = []hand{
	{"agent.north.1", []recovery.Role{recovery.Agent}, "north"},
	{"agent.north.2", []recovery.Role{recovery.Agent}, "north"},
	{"agent.south.1", []recovery.Role{recovery.Agent}, "south"},
	{"agent.south.2", []recovery.Role{recovery.Agent}, "south"},
	{"approver.security.1", []recovery.Role{recovery.Approver}, "security"},
	{"approver.security.2", []recovery.Role{recovery.Approver}, "security"},
	{"approver.platform.1", []recovery.Role{recovery.Approver}, "platform"},
	{"approver.platform.2", []recovery.Role{recovery.Approver, recovery.Reviewer}, "platform"},
	{"reviewer.1", []recovery.Role{recovery.Reviewer}, "quality"},
	{"reviewer.2", []recovery.Role{recovery.Reviewer, recovery.Auditor}, "quality"},
	{"auditor.1", []recovery.Role{recovery.Auditor}, "audit"},
}

// invited are the people whose invitations the demo prints, in this order.
var invited = []hand{
	{"desk.agent", []recovery.Role{recovery.Agent}, "north"},
	{"desk.approver.1", []recovery.Role{recovery.Approver}, "security"},
	{"desk.approver.2", []recovery.Role{recovery.Approver}, "platform"},
	{"desk.reviewer", []recovery.Role{recovery.Reviewer}, "quality"},
	{"desk.administrator.1", []recovery.Role{recovery.Administrator}, "security"},
	{"desk.administrator.2", []recovery.Role{recovery.Administrator}, "platform"},
}

// demoName is the n-th made-up name; no two of the first 1,600 are alike.
func demoName(n int) string {
	return givenNames[n%len(givenNames)] + " " + familyNames[(n+n/len(givenNames))%len(familyNames)]
}

// demoPeople lists everyone, staff first.
func demoPeople() []demoPerson {
	var out []demoPerson
	for _, h := range append(append(append([]hand{}, softwareAdmins...), seededHands...), invited...) {
		p := demoPerson{id: h.id, name: demoName(len(out)), email: h.id + "@" + workMail, email2: h.id + "@" + secondMail,
			population: recovery.Privileged, department: "Service desk"}
		if strings.HasPrefix(h.id, "demo.") {
			p.name = "Software administrator " + h.id[len(h.id)-1:]
		}
		out = append(out, p)
	}
	for n := len(out); n < demoAccounts; n++ {
		out = append(out, demoHolder(n))
	}
	return out
}

// demoHolder is the n-th person, with what makes the populations differ.
func demoHolder(n int) demoPerson {
	name := demoName(n)
	id := strings.ToLower(strings.ReplaceAll(name, " ", "."))
	p := demoPerson{id: id, name: name, email: id + "@" + workMail, email2: id + "@" + secondMail, population: recovery.Standard,
		department: departments[n%len(departments)]}
	switch {
	case n >= demoAccounts-14:
		return demoService(n)
	case n%10 == 3:
		p.population = recovery.Contractor
	case n%14 == 5:
		p.population = recovery.Privileged
	}
	if n%3 == 0 {
		p.phone = fmt.Sprintf("+441632960%03d", n)
	}
	switch {
	case n%11 == 0:
		p.email2 = "" // one mailbox: the desk workflow is closed to it
	case n%13 == 0:
		p.email = id + "@" + accountMail // opened by the account itself
	}
	return p
}

// demoService is an account of a machine; its owner is a person of the list.
func demoService(n int) demoPerson {
	kinds := []string{"backup", "build", "report", "scanner", "import", "agent", "print"}
	id := fmt.Sprintf("svc-%s-%d", kinds[n%len(kinds)], n)
	owner := demoHolder(47 + n%4*14) // privileged people, as every owner is for the own recovery
	return demoPerson{id: id, name: "Service " + id[4:], email: owner.email, population: recovery.Service, department: departments[n%len(departments)], manager: owner.id}
}

// demoCSV writes people as an accounts file.
func demoCSV(people []demoPerson) string {
	var b strings.Builder
	b.WriteString("id,name,email,email2,phone,population,department,manager_id\n")
	for _, p := range people {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s,%s\n", p.id, p.name, p.email, p.email2, p.phone, p.population, p.department, p.manager)
	}
	return b.String()
}

// movedMailboxes are accounts whose second mailbox was replaced lately, so that
// it carries no proof yet (R27).
func movedMailboxes(people []demoPerson) []demoPerson {
	var out []demoPerson
	for n, p := range people {
		if n%29 == 7 && n > 20 && p.population == recovery.Standard && p.email2 != "" {
			p.email2 = "new." + p.id + "@" + secondMail
			out = append(out, p)
		}
	}
	return out
}

// able says whether the desk workflow is open to a seeded account: standard,
// not staff, two mailboxes that count and were not moved.
func able(n int, p demoPerson) bool {
	return p.population == recovery.Standard && n > 20 && p.email2 != "" && !strings.HasSuffix(p.email, "@"+accountMail) && n%29 != 7
}
