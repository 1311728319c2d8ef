package recovery

import (
	"slices"
	"strings"
)

// Assistant is somebody who helps the holder through the proofing: noted, and
// decides nothing (R61; SP 800-63A-4 §2.1.2 "process assistant").
type Assistant struct {
	ID, Ticket, Name string
	Role             AssistantRole
	By               string // the agent who noted it
	At               int64
}

// AssistantRole is what the person does for the holder.
type AssistantRole string

// AssistantRoles lists them.
var AssistantRoles = []AssistantRole{"interpreter", "sign-language", "assistant"}

// Words is how pages name the role.
func (r AssistantRole) Words() string {
	return map[AssistantRole]string{"interpreter": "Interpreter", "sign-language": "Sign-language interpreter", "assistant": "Assistant of the holder"}[r]
}

// AssistantsMax bounds how many are noted on one ticket. Ours.
const AssistantsMax = 5

// Check refuses a note without name or role.
func (a Assistant) Check() error {
	if strings.TrimSpace(a.Name) == "" {
		return Refuse("assistant-name", "Enter the person's name, as they give it.", "").On("assistant")
	}
	if !slices.Contains(AssistantRoles, a.Role) {
		return Refuse("assistant-role", "Choose what the person does.", "").On("role")
	}
	return FitText("assistant", a.Name, NameMax)
}
