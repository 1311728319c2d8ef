package recovery

// Guide is a page of the step library: what a method is for, what the agent
// says, what is recorded, and who needs it to be another way. Workflows only
// name methods; their meaning is the same in each of them.
type Guide struct {
	Title  string
	Why    string
	Say    string // what the agent reads out
	Holder string // what the claimed page says while it waits for it
	// Needs is what the directory must have for it; "" when it needs nothing.
	Needs Need
	// Document says that a document is shown and compared.
	Document bool
	// Equal names who is served by another method of the step, in words (R61).
	Equal string
}

// Need is what a method needs of the directory. Where the directory has it, the
// method is possible until it was tried (R13).
type Need string

// Needs.
const (
	NeedMail    Need = "a mail address"
	NeedNumber  Need = "a number"
	NeedVoucher Need = "a person who can vouch"
)

// GuideOf is the page of a method.
func GuideOf(m Method) Guide { return guides[m] }

// guides is the library. Sources of the whys: SP 800-63B-4 §4.2.1, SP 800-63A-4
// §2.5.1, §3.12 to §3.15; the sentences are ours.
var guides = map[Method]Guide{
	ByAuthenticator: {Title: "Another security key",
		Why:    "Shows that the caller holds a sign-in method that is still bound to the account.",
		Say:    "Use the other security key or passkey of your account on the recovery page. I cannot see it.",
		Holder: "Use another security key or passkey of your account.",
		Equal:  "Who cannot touch a key, or has none left, takes another of these ways."},
	ByBackupCode: {Title: "Backup code",
		Why:    "Shows that the caller has the codes that the holder saved.",
		Say:    "Type one of your backup codes on the recovery page. Never read it out to me.",
		Holder: "Type one of your backup codes.",
		Equal:  "Who cannot read the sheet, or does not have it at hand, takes another of these ways."},
	ByMailCode: {Title: "Code to a registered mailbox", Needs: NeedMail,
		Why:    "Shows that the caller reads a mailbox that did not change lately.",
		Say:    "I am sending a code to one of your mail addresses. Type it on the recovery page. Never read it out to me.",
		Holder: "Your help desk sends a code to one of your mail addresses. You type it here. Never read it out.",
		Equal:  "Mail can be read by a screen reader. Who cannot open the mailbox now takes another of these ways."},
	BySMSCode: {Title: "Code to a registered number", Needs: NeedNumber,
		Why:    "Shows that the caller receives messages at a number that did not change lately. Numbers can be taken over, so this never stands alone.",
		Say:    "I am sending a code to your registered number. Type it on the recovery page. Never read it out to me.",
		Holder: "Your help desk sends a code to your registered number. You type it here. Never read it out.",
		Equal:  "Who has no telephone for messages takes another of these ways."},
	ByPassword: {Title: "Password",
		Why:    "Shows that the caller knows the account's password. It is typed on the recovery page only.",
		Say:    "Type your password on the recovery page. I cannot see it and must not hear it.",
		Holder: "Type the password of your account.",
		Equal:  "Who cannot type or does not remember it takes another of these ways."},
	ByCallBack: {Title: "Call to the number on record", Needs: NeedNumber,
		Why:    "An inbound call proves nothing. A call that we place to a number that did not change lately does, when the person reads out the words of the claimed page.",
		Say:    "I will end this call and ring you at the number that we have on record. Keep the recovery page open: you will read words from it to me.",
		Holder: "Your help desk rings you at the number they have on record. Read the words on this page to them then, and to nobody who rings you unasked.",
		Equal:  "Who cannot hear or speak on the telephone takes another of these ways; a relay service may place the words."},
	ByVideo: {Title: "Live video and photo comparison",
		Why:    "Compares the person on the call with the photo in the HR system. The cue is drawn now, so that a recording does not fit.",
		Say:    "Keep your face in the picture and do what I ask next.",
		Holder: "Your help desk asks you to join a video call and to do what they say. There is nothing to type here.",
		Equal:  "The cue may be written or signed instead of spoken, and another movement may be agreed. Who cannot use video takes another of these ways."},
	ByVideoDocument: {Title: "Live video with a document", Document: true,
		Why:    "Compares the person with the document and the photo in the HR system, on video with a cue, by an agent who is trained for it.",
		Say:    "Keep your face in the picture, show me the front of your document, tilt it slowly, and do what I ask next.",
		Holder: "Your help desk asks you to join a video call with your document at hand. There is nothing to type here.",
		Equal:  "The cue may be written or signed instead of spoken. Who cannot use video shows the document in person."},
	InPersonBadge: {Title: "In person with badge and document", Document: true,
		Why:    "Compares the person at the desk with badge, document and the photo in the HR system.",
		Say:    "May I see your badge and a document with a photo?",
		Holder: "Go to the desk with your badge and a document.",
		Equal:  "The desk is reached without steps; somebody may come along to help, and decides nothing."},
	ByVoucher: {Title: "Another person's word", Needs: NeedVoucher,
		Why:    "Somebody whom the directory names says, with an own sign-in, that this is the holder and how they know.",
		Say:    "We are asking your manager, or another person whom the directory names, to confirm that it is you.",
		Holder: "Your help desk asks somebody who knows you to confirm that it is you. There is nothing to type here.",
		Equal:  "Asks nothing of eyes, ears or hands of the holder."},
	ByCheck: {Title: "External identity check",
		Why:    "A service compares face and document and signs the result.",
		Say:    "Follow the link on the recovery page and do what the service asks.",
		Holder: "An identity check is open for you.",
		Equal:  "Who cannot use a camera takes another of these ways."},
	ByBiometric: {Title: "Biometric comparison on site",
		Why:    "Compares with the sample that was taken when the account was proofed (SP 800-63B-4 §4.2.2.3).",
		Say:    "This is done on site.",
		Holder: "Go to the desk.",
		Equal:  "Another sample than the face may have been taken; the desk knows."},
}
