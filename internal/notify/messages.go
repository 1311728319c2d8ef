package notify

// The words follow the house style: you and we, present tense, what happened,
// what to do, who can help. The subject says it all for a reader who stops there.
var texts = []text{
	{kind: TicketOpened, notice: true,
		subject: `Someone asked to recover your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a request was opened to recover your account {{.Account}}{{with .EventWords}}, because of {{.}}{{end}}.{{with .TierWords}} It asks for {{.}}.{{end}}

{{with .Reference}}The request has the reference {{.}}. {{end}}Nothing has changed yet.

If this was you, you need do nothing with this message.`},

	{kind: Approved, notice: true,
		subject: `The recovery of your account was approved at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a second person approved the recovery of your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}.{{with .TierWords}} This is {{.}}.{{end}}

{{with .UntilDay}}It is carried out from {{.}}, unless you stop it.{{end}}`},

	{kind: Executed, notice: true,
		subject: `Your sign-in methods were reset at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} we suspended the sign-in methods of your account {{.Account}} and ended its sessions{{with .Reference}}. Reference {{.}}{{end}}.

* What changed:

If this was you, go on in the browser in which you entered the reference, and set up a new passkey there.{{with .UntilDay}} You can do so until {{.}}.{{end}}`},

	{kind: Completed, notice: true,
		subject: `Your account was recovered at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a new sign-in method was set up for your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}. Backup codes made before no longer work.

* What changed:

{{with .UntilDay}}You can stop this until {{.}}: the new sign-in method is then suspended too.{{end}}`},

	{kind: Denied, notice: true,
		subject: `The recovery of your account was refused at {{.At}}`,
		body: `At {{.AtDay}} the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}},{{end}} was refused. It changes nothing.

If you still cannot sign in, the help desk tells you what to bring.`},

	{kind: Expired, notice: true,
		subject: `The recovery of your account ran out of time at {{.At}}`,
		body: `At {{.AtDay}} the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}},{{end}} ended because its time was over.

* What stands now:

If you still cannot sign in, ask the help desk for a new one.`},

	{kind: Failed, notice: true,
		subject: `The recovery of your account failed at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a check failed in the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}. The request is closed.

* What stands now:

If this was you, the help desk tells you how to go on.`},

	{kind: Withdrawn, notice: true,
		subject: `The recovery of your account was withdrawn at {{.At}}`,
		body:    `At {{.AtDay}} the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}},{{end}} was taken back. It changes nothing.`},

	{kind: Held, notice: true,
		subject: `The recovery of your account is on hold since {{.At}}`,
		body: `At {{.AtDay}} the help desk put the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}},{{end}} on hold{{with .UntilDay}}, at most until {{.}}{{end}}. It ends then, unless the help desk goes on with it. Nothing has changed.

If you wait for it, the help desk tells you when it goes on.`},

	{kind: Parked, notice: true,
		subject: `The recovery of your account is parked since {{.At}}. Do you wait for it?`,
		body: `At {{.AtDay}} the help desk parked the request to recover your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}{{with .UntilDay}}, until {{.}}{{end}}. Your checks are done, and nothing has changed yet. Until then nobody signs in to your account.

To go on, open the recovery page in the browser that you began in and enter the continuation code that the page showed you. After one fresh proof a second person decides. If you do not come back in time, the request ends and your account is open again.`},

	{kind: Awaited, notice: true,
		subject: `The recovery of your account waits for you since {{.At}}`,
		body: `At {{.AtDay}} the time to object to the recovery of your account {{.Account}}{{with .Reference}}, reference {{.}},{{end}} was over. It is approved, and nothing has changed yet.

Open the recovery page in the browser that you began in{{with .UntilDay}}, until {{.}}{{end}}, and go on there when you have time to set up a new passkey: your old ways to sign in are suspended at that moment. If you do not come back in time, the request ends and your account stays as it is.`},

	{kind: HandedOver,
		subject: `A ticket was handed over to you at {{.At}}`,
		body: `At {{.AtDay}} a colleague handed a ticket over to you.

* It is:

Open Countersign as you always do; this message holds no link.`},

	{kind: Stopped, notice: true,
		subject: `The recovery of your account was stopped at {{.At}}`,
		body: `At {{.AtDay}} someone told us "this was not me" about the recovery of your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}. We froze the request and everything it had granted.

* What stands now:

A different person at the help desk starts again with you from the beginning.`},

	{kind: IssuedCode, notice: true, secret: true,
		subject: `Your code for the recovery of your account`,
		body: `Type this code into the recovery page that you have open{{with .Reference}}, reference {{.}}{{end}}:

= {{.CodeGroups}}

It works once, for {{.Minutes}} minutes{{with .UntilDay}}, until {{.}}{{end}}.

Type it yourself. Nobody at the help desk needs it, and nobody of ours ever asks you to read it out.`},

	{kind: StaffInvite, secret: true,
		subject: `Your invitation to work with Countersign{{with .Instance}} at {{.}}{{end}}`,
		body: `You are invited to work with Countersign{{with .Instance}} at {{.}}{{end}}.

* Your roles:

Have your security key at hand and open this page:

> {{.LinkURL}}

The link works once{{with .UntilDay}}, until {{.}}{{end}}. Your role counts when an administrator has compared your key's fingerprint with you.

If you do not expect this, leave it unopened and tell your administrator.`},

	{kind: CodesMade, notice: true,
		subject: `New backup codes were made for your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a new set of backup codes was made for your account {{.Account}}.{{with .UntilDay}} It works until {{.}}.{{end}} Codes made before no longer work.

* About this set:`},

	{kind: CodesRetired, notice: true,
		subject: `Your backup codes stopped working at {{.At}}`,
		body: `Since {{.AtDay}} none of the backup codes of your account {{.Account}} works any more. Destroy what you printed or saved.

* Why:`},

	{kind: CodeRedeemed, notice: true,
		subject: `A backup code of your account was used at {{.At}}. Was this you?`,
		body:    `At {{.AtDay}} a backup code of your account {{.Account}} was used{{with .Reference}}, reference {{.}}{{end}}. That code is spent. It does not open your account alone.`},

	{kind: CodeTries, notice: true,
		subject: `Five wrong codes were tried on your account by {{.At}}. Was this you?`,
		body: `By {{.AtDay}} five codes in a row were wrong for your account {{.Account}}. We slow down every further try. Nothing has changed.

If this was you, check the code and the account name, or ask the help desk.`},

	{kind: FactorAdded, notice: true,
		subject: `A sign-in method was added to your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a sign-in method was added to your account {{.Account}}.

* What was added:`},

	{kind: FactorSuspended, notice: true,
		subject: `A sign-in method of your account was suspended at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a sign-in method of your account {{.Account}} was suspended. It no longer signs in.

* What was suspended:`},

	{kind: PassOpened, notice: true,
		subject: `A Pass was opened for your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a Pass was opened for your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}.{{with .UntilDay}} It ends at {{.}}.{{end}} Until then whoever holds it can set up a new sign-in method. Your other sign-in methods work as before.

If this was you, set up a new sign-in method before it ends.`},

	{kind: BindingUsed, notice: true,
		subject: `A new device used a code of your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a device used the code by which you set up a new device for your account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}. It can do nothing yet: it shows a number, and you type that number where you are signed in.

If the number on your new device is not taken, or your new device says that the code was used, another device used it. Cancel it on your account page, or stop it here.`},

	{kind: DutyReminder,
		subject: `To be done{{with .UntilDay}} by {{.}}{{end}}`,
		body: `You have something to do{{with .Account}} for the account {{.}}{{end}}{{with .Reference}}, reference {{.}}{{end}}{{with .UntilDay}}, by {{.}}{{end}}.

* What is due:

Open Countersign as you always do; this message holds no link.`},

	{kind: DutyOverdue,
		subject: `Overdue{{with .UntilDay}} since {{.}}{{end}}`,
		body: `Something you had to do{{with .Account}} for the account {{.}}{{end}}{{with .Reference}}, reference {{.}},{{end}} is overdue{{with .UntilDay}} since {{.}}{{end}}.

* What is due:

If it stays undone, the access that depends on it ends.`},

	{kind: LossReported, notice: true,
		stop:    `If somebody else may be in your account, or may get in, open this page and press the button on it: your sessions end, your backup codes stop working and a recovery that is under way is frozen. You need not sign in:`,
		subject: `Someone reported a loss on your account at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} someone reported a loss on your account {{.Account}}. They proved nothing, so nothing has changed.

* What they said:

If this was you and you still have a passkey, sign in and suspend what is lost. If you have none, report it again with a backup code, or call the help desk.

If this was not you and all is well, you need do nothing.`},

	{kind: LossSuspended, notice: true,
		stop:    `If this was not you, open this page and press the button on it: your backup codes stop working and a recovery that is under way is frozen. You need not sign in:`,
		subject: `A loss on your account was reported and passkeys were suspended at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a loss on your account {{.Account}} was reported with a proof. Its sessions have ended and its backup codes sleep.

* What was done:

If you still have another passkey, sign in with it to lift this. If you have none, the help desk recovers your account with you.`},

	{kind: LossLifted, notice: true,
		subject: `What was stopped on your account was lifted at {{.At}}. Was this you?`,
		body:    `At {{.AtDay}} someone signed in to your account {{.Account}} with a passkey that you had before, and lifted what had been stopped or reported.`},

	{kind: EvidenceChanged, notice: true,
		subject: `What the directory says about your account was changed at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} what the directory says about your account {{.Account}} was changed. A recovery rests on it.

* What changed:

If you did not expect this, speak to the help desk.`},

	{kind: RecoveryTold,
		subject: `Recovery of the account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}: news at {{.At}}`,
		body: `At {{.AtDay}} something happened in the recovery of the account {{.Account}}{{with .Reference}}, reference {{.}}{{end}}. You hear of it because the policy names you for this kind of recovery.

* What happened:

If you did not expect this, speak to the holder in person or at a number you already had, and tell the help desk.`},

	{kind: LinkedChanged,
		subject: `What the directory says about account {{.Account}} was changed at {{.At}}`,
		body: `At {{.AtDay}} what the directory says about the account {{.Account}} was changed. You hear of it because you answer for this account, or did until now.

* What changed:

If you did not expect this, speak to the help desk.`},

	{kind: AddressChanged, notice: true,
		subject: `An address of your account was changed at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} an address on record for your account {{.Account}} was changed.{{with .Actor}} Changed by: {{.}}.{{end}} This message goes to the old value{{with .UntilDay}}, which stays a place where we tell you, and where you can stop a recovery, until {{.}}{{end}}.

* What changed:`},

	{kind: CustodyReminder, notice: true,
		subject: `Are your backup codes still where you put them?`,
		body: `Look for the backup codes of your account {{.Account}}, and do not send them to anyone. If you have them, sign in and confirm it{{with .UntilDay}} by {{.}}{{end}}. If you do not, make new ones there: the old ones then stop working.

* About this set:`},

	{kind: SecurityAlert,
		subject: `Security alert at {{.At}}{{with .Account}}: account {{.}}{{end}}`,
		body: `At {{.AtDay}} Countersign raised an alert{{with .Account}} about the account {{.}}{{end}}{{with .Population}} ({{.}}){{end}}{{with .Reference}}, reference {{.}}{{end}}.

* What we saw:

Open Countersign as you always do; this message holds no link.`},

	{kind: StaffKeyAdded,
		subject: `A security key was registered for you at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a security key was registered for your staff account.

* About this key:

If this was not you, tell an administrator now: the key counts only when a second administrator has confirmed it.`},

	{kind: StaffKeyCounted,
		subject: `Your security key was confirmed at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} an administrator confirmed that a security key is yours.

* About this key and your roles:

If nobody compared a fingerprint with you, tell another administrator now.`},

	{kind: StaffKeyGone,
		subject: `Your security key was suspended at {{.At}}`,
		body: `At {{.AtDay}} one of your security keys was suspended, and your sessions in Countersign have ended.

* About this key:

Sign in with another of your keys, or ask an administrator for a new invitation.`},

	{kind: ApprovalDrawn, secret: true,
		subject: `A request waits for your decision{{with .Reference}}: {{.}}{{end}}`,
		body: `You were drawn to decide on a request for approval{{with .Reference}}, reference {{.}}{{end}}.{{with .UntilDay}} Until {{.}} it waits for you alone; after that any eligible approver on shift may decide.{{end}}

Read it here, and sign with your security key:

> {{.LinkURL}}

This message decides nothing: you sign in as you always do.`},

	{kind: CoverageGap,
		subject: `Nobody will be there to approve{{with .UntilDay}} until {{.}}{{end}}`,
		body: `The rota has a gap within the next 24 hours.

* What is missing:

Add a shift on the Rota page. Recoveries that need an approval wait until then.`},
	{kind: VouchAsked, secret: true,
		subject: `You are asked whether a colleague is who they say`,
		body: `Somebody asks{{with .Instance}} {{.}}{{end}} to recover an account, and the directory names you as a person who knows its holder. Nobody chose you on the telephone.

* What it is about:

Make sure of it first: meet the holder, or call a number you already had. Do not use a number or a link that reached you about this. Then open this page and sign in with your own passkey:

> {{.LinkURL}}

It can be answered once{{with .UntilDay}}, until {{.}}{{end}}. If you do not know, say so there; if something is wrong, say that: it stops the recovery.`},

	{kind: StaffInvited,
		subject: `Somebody was invited to work with Countersign at {{.At}}`,
		body: `At {{.AtDay}} an administrator invited somebody to work with Countersign{{with .Instance}} at {{.}}{{end}}.

* Who, and as what:

The key that comes of it counts only when a second administrator confirms it. If nobody should have been invited, disable the person on the Staff page.`},

	{kind: StaffRole,
		subject: `Your roles were changed at {{.At}}`,
		body: `At {{.AtDay}} your roles in Countersign were changed.{{with .Actor}} Changed by: {{.}}.{{end}} Your sessions have ended; sign in again.

* What changed:

If you do not expect this, tell an administrator now.`},

	{kind: StaffRoleAdded,
		subject: `You were given a further role at {{.At}}`,
		body: `At {{.AtDay}} two people gave you a further role in Countersign.{{with .UntilDay}} It counts from {{.}}.{{end}}

* What was given:

If you do not expect this, tell an administrator now.`},

	{kind: ThreatMode,
		subject: `Raised-threat mode changed at {{.At}}`,
		body: `At {{.AtDay}} this changed for everybody at the desk.

* What it is:

{{with .UntilDay}}It lasts until {{.}}.{{end}}`},

	{kind: Incident,
		subject: `An incident changed at {{.At}}`,
		body: `At {{.AtDay}} this changed about an incident. While one is open, emergency tickets can be opened for the accounts that it lists.

* What it is:

{{with .UntilDay}}It lasts until {{.}}.{{end}}

If nobody should have done this, close the incident in Countersign and tell an auditor.`},

	{kind: EmergencyWaits, secret: true,
		subject: `An emergency recovery waits for an approver{{with .UntilDay}} until {{.}}{{end}}`,
		body: `At {{.AtDay}} somebody asked to approve an emergency recovery{{with .Reference}}, reference {{.}}{{end}}.

* What it is:

Read it here, and sign with your security key:

> {{.LinkURL}}

If nobody decides in time, it is refused. Waiting never approves it.`},

	{kind: TravelWindow, notice: true,
		subject: `A travel window of your account changed at {{.At}}. Was this you?`,
		body: `At {{.AtDay}} a travel window of your account {{.Account}} changed. It opens nothing by itself: while it is open, the help desk can help you abroad.

* What it is:`},

	{kind: ProposalWaits,
		subject: `A change of Countersign waits for signatures{{with .UntilDay}} until {{.}}{{end}}`,
		body: `At {{.AtDay}} somebody filed a change of how Countersign works. Nothing has changed yet.

* What would change:

Open Countersign as you always do and read it under Proposals; this message holds no link. If nobody should make this change, reject it there with your key, or tell an auditor.`},

	{kind: ProposalFate,
		subject: `A change of Countersign was decided at {{.At}}`,
		body: `At {{.AtDay}} this was decided about how Countersign works{{with .UntilDay}}; it is in force from {{.}}{{end}}.

* What it is:

Open Countersign as you always do and read it under Proposals; this message holds no link.`},

	{kind: HouseFounded,
		subject: `Countersign was founded at {{.At}}`,
		body: `At {{.AtDay}} everybody on the founding roster had signed it. From now on real tickets run, and staff, roles and settings change only when further people's keys sign.

* Who signed:`},

	{kind: BreakGlass,
		subject: `Break-glass was used at {{.At}}: new administrators are on their way`,
		body: `At {{.AtDay}} two custodians used their sealed sheets on the machine itself, and invitations for administrators were made.

* What happened:

If you do not know of an emergency, tell an auditor and the operators of the machine now. Every page of Countersign shows this until an auditor has acknowledged it.`},
}
