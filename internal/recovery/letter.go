package recovery

// Letter tasks: what no mail can do (SP 800-63A-4 §3.10, numbers without a gateway).
const (
	LetterOpening    = "number"     // the account has a number and no gateway reaches it
	LetterCompletion = "completion" // a re-proofing is told by post or phone too
	// LetterUndelivered stands for mails that no hop took.
	LetterUndelivered = "undelivered"
	// LetterInHand is the opening notice that no address can take: it is handed over
	// to the holder, whom an agent compared on site, and nothing executes before (R26).
	LetterInHand = "in-hand"
)

// Letter is an open task on a ticket: something to print and post, ticked off
// with name and date before the ticket closes (R26).
type Letter struct {
	ID, Ticket, Account, Kind string
	Made                      int64
	Done                      int64
	DoneBy                    string
}
