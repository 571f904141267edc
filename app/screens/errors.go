package screens

import (
	"time"

	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy/api"
)

// Role is which of the two people reads.
type Role uint8

// The roles.
const (
	Sharer Role = iota
	Helper
)

// Action is what the one button of an error page does.
type Action uint8

// The actions.
const (
	ActionClose   Action = iota // back to the start page
	ActionRetry                 // the same again
	ActionCode                  // sharer: type another code; helper: make another code
	ActionSignIn                // sign in again
	ActionPrivacy               // open the system's privacy settings
)

// ErrorText is what a person reads about a code, as translation keys.
type ErrorText struct {
	Icon        string
	Tone        ui.Tone
	Title, Body string
	Action      Action
	Ref         string // "B-1101", for the help desk
	Field       bool   // sharer: belongs under the code field, not on a page of its own
}

// Local problems that are no policy/api code.
const (
	LocalOffline   = "local.offline"    // the endpoint cannot be reached
	LocalNoDisplay = "local.nodisplay"  // nothing to capture
	LocalCapture   = "local.permission" // the system does not let us capture
	LocalNoView    = "local.view"       // the helper's window cannot show pictures
	LocalBurnt     = "local.burnt"      // the code died without more being known
)

// row is one code for both readers; an empty Helper means the same as Sharer.
type row struct{ sharer, helper ErrorText }

// errorTable is every code that can end an attempt or a session.
var errorTable = map[string]row{
	// B-1xxx: policy.
	api.TenantOff:       {sharer: ErrorText{"power", ui.Neutral, "x.off", "x.off.d", ActionClose, "B-1101", false}},
	api.LicenceMissing:  {sharer: ErrorText{"file-text", ui.Neutral, "x.licence", "x.licence.d", ActionClose, "B-1102", false}},
	api.AccountRefused:  {sharer: ErrorText{"users", ui.Warn, "x.account", "x.account.d", ActionSignIn, "B-1103", false}},
	api.TokenRefused:    {sharer: ErrorText{"key-round", ui.Note, "x.signin", "x.signin.d", ActionSignIn, "B-1104", false}},
	api.OfferMissing:    {ErrorText{"users", ui.Warn, "x.scope.s", "x.scope.s.d", ActionClose, "B-1201", false}, ErrorText{"users", ui.Neutral, "x.norole", "x.norole.d", ActionClose, "B-1201", false}},
	api.ScopeOutside:    {ErrorText{"users", ui.Warn, "x.scope.s", "x.scope.s.d", ActionClose, "B-1204", false}, ErrorText{"users", ui.Warn, "x.scope", "x.scope.d", ActionClose, "B-1204", false}},
	api.DeviceUnenroled: {ErrorText{"shield-off", ui.Warn, "x.unenrolled", "x.unenrolled.d", ActionClose, "B-1205", false}, ErrorText{"shield-off", ui.Warn, "x.unenrolled.h", "x.unenrolled.h.d", ActionClose, "B-1205", false}},
	api.NotPermitted:    {ErrorText{"lock", ui.Warn, "x.scope.s", "x.perm.s.d", ActionClose, "B-1206", false}, ErrorText{"lock", ui.Warn, "x.perm", "x.perm.d", ActionClose, "B-1206", false}},
	api.DeviceUnproven:  {ErrorText{"lock", ui.Warn, "x.scope.s", "x.perm.s.d", ActionClose, "B-1208", false}, ErrorText{"lock", ui.Warn, "x.perm", "x.perm.d", ActionClose, "B-1208", false}},
	api.SelfHelp:        {ErrorText{"users", ui.Warn, "x.self", "x.self.s.d", ActionClose, "B-1207", false}, ErrorText{"users", ui.Warn, "x.self", "x.self.d", ActionCode, "B-1207", false}},
	api.PolicyDenied:    {ErrorText{"lock", ui.Warn, "x.scope.s", "x.scope.s.d", ActionClose, "B-1200", false}, ErrorText{"lock", ui.Warn, "x.perm", "x.perm.d", ActionClose, "B-1200", false}},
	api.GrantInvalid:    {ErrorText{"shield-alert", ui.Bad, "x.secure", "x.secure.d", ActionClose, "B-1301", false}, ErrorText{"shield-alert", ui.Bad, "x.secure.h", "x.secure.h.d", ActionClose, "B-1301", false}},
	api.GrantExpired:    {sharer: ErrorText{"timer", ui.Neutral, "x.time", "x.time.d", ActionClose, "B-1302", false}},
	api.DirectoryDown:   {sharer: ErrorText{"users", ui.Neutral, "x.directory", "x.directory.d", ActionRetry, "B-1401", false}},
	api.RateLimited:     {sharer: ErrorText{"timer", ui.Neutral, "x.rate", "x.rate.d", ActionRetry, "B-1402", false}},

	// B-2xxx: code and pairing.
	api.CodeInvalid:   {ErrorText{"key-round", ui.Warn, "x.burnt", "x.burnt.d", ActionCode, "B-2001", true}, ErrorText{"timer", ui.Warn, "code.expired", "code.burnt.d", ActionCode, "B-2001", false}},
	api.CodeUsed:      {ErrorText{"key-round", ui.Warn, "x.used", "x.used.d", ActionCode, "B-2002", true}, ErrorText{"timer", ui.Warn, "code.expired", "code.expired.d", ActionCode, "B-2002", false}},
	api.CodeMismatch:  {ErrorText{"key-round", ui.Warn, "x.wrong", "x.wrong.d", ActionCode, "B-2003", true}, ErrorText{"timer", ui.Warn, "code.expired", "code.burnt.d", ActionCode, "B-2003", false}},
	api.CodeTooMany:   {sharer: ErrorText{"timer", ui.Warn, "x.many", "x.many.d", ActionClose, "B-2004", true}},
	api.PairTimeout:   {ErrorText{"clock", ui.Warn, "x.late", "x.late.d", ActionCode, "B-2005", true}, ErrorText{"clock", ui.Warn, "x.late", "x.late.h.d", ActionCode, "B-2005", false}},
	"expired":         {ErrorText{"timer", ui.Warn, "x.expired", "x.expired.d", ActionCode, "B-2006", true}, ErrorText{"timer", ui.Warn, "code.expired", "code.expired.d", ActionCode, "B-2006", false}},
	LocalBurnt:        {ErrorText{"key-round", ui.Warn, "x.burnt", "x.burnt.d", ActionCode, "B-2007", true}, ErrorText{"timer", ui.Warn, "code.expired", "code.burnt.d", ActionCode, "B-2007", false}},
	api.CardsMismatch: {ErrorText{"shield-alert", ui.Bad, "x.secure", "x.secure.d", ActionClose, "B-2101", false}, ErrorText{"shield-alert", ui.Bad, "x.secure.h", "x.secure.h.d", ActionClose, "B-2101", false}},
	api.LinkMismatch:  {ErrorText{"shield-alert", ui.Bad, "x.secure", "x.secure.d", ActionClose, "B-2102", false}, ErrorText{"shield-alert", ui.Bad, "x.secure.h", "x.secure.h.d", ActionClose, "B-2102", false}},
	api.Declined:      {ErrorText{"hand", ui.Neutral, "x.declined.s", "e.sharer.body", ActionClose, "", false}, ErrorText{"hand", ui.Neutral, "x.declined", "x.declined.d", ActionCode, "", false}},

	// B-3xxx: network.
	LocalOffline:       {sharer: ErrorText{"wifi-off", ui.Neutral, "x.offline", "x.offline.d", ActionRetry, "B-3001", false}},
	api.EndLost:        {ErrorText{"wifi-off", ui.Neutral, "x.lost", "x.lost.d", ActionClose, "B-3002", false}, ErrorText{"wifi-off", ui.Neutral, "x.lost.h", "x.lost.h.d", ActionCode, "B-3002", false}},
	api.EndLeft:        {ErrorText{"users", ui.Neutral, "x.left", "x.left.d", ActionClose, "", false}, ErrorText{"users", ui.Neutral, "x.end.helper", "x.end.helper.d", ActionCode, "", false}},
	api.EndStopped:     {ErrorText{"users", ui.Neutral, "x.left", "x.left.d", ActionClose, "", false}, ErrorText{"users", ui.Neutral, "x.end.helper", "x.end.helper.d", ActionCode, "", false}},
	api.EndAdmin:       {ErrorText{"users", ui.Neutral, "x.admin", "x.admin.d", ActionClose, "", false}, ErrorText{"users", ui.Neutral, "x.end.helper", "x.admin.d", ActionCode, "", false}},
	api.ProtocolBroken: {ErrorText{"wifi-off", ui.Neutral, "x.other", "x.other.d", ActionClose, "B-3003", false}, ErrorText{"wifi-off", ui.Neutral, "x.other", "x.other.d", ActionCode, "B-3003", false}},
	api.NotFound:       {ErrorText{"key-round", ui.Neutral, "x.burnt", "x.burnt.d", ActionCode, "B-3004", true}, ErrorText{"wifi-off", ui.Neutral, "x.lost.h", "x.lost.h.d", ActionCode, "B-3004", false}},
	api.Internal:       {sharer: ErrorText{"circle-alert", ui.Neutral, "x.other", "x.other.d", ActionClose, "B-3005", false}},
	api.VersionTooOld:  {sharer: ErrorText{"refresh-cw", ui.Note, "x.version", "x.version.d", ActionClose, "B-3006", false}},

	// B-4xxx: this device.
	LocalNoDisplay: {ErrorText{"monitor-off", ui.Warn, "x.nodisplay", "x.nodisplay.d", ActionRetry, "B-4001", false}, ErrorText{"monitor-off", ui.Warn, "x.nodisplay", "x.nodisplay.h.d", ActionClose, "B-4001", false}},
	LocalCapture:   {ErrorText{"monitor-off", ui.Warn, "x.capture", "x.capture.d", ActionPrivacy, "B-4002", false}, ErrorText{"monitor-off", ui.Warn, "x.nodisplay", "x.capture.h.d", ActionClose, "B-4002", false}},
	LocalNoView:    {sharer: ErrorText{"monitor-off", ui.Warn, "x.view", "x.view.d", ActionClose, "B-4003", false}},

	api.DeviceKey:    {sharer: ErrorText{"key-round", ui.Warn, "x.devkey", "x.devkey.d", ActionClose, "B-4004", false}},
	api.EnrolInvalid: {sharer: ErrorText{"key-round", ui.Warn, "x.enrol", "x.enrol.d", ActionClose, "B-4005", false}},
}

// ErrorFor is what role reads about a code. A code nobody foresaw gets friendly words too.
func ErrorFor(code string, role Role) ErrorText {
	r, ok := errorTable[code]
	if !ok {
		return ErrorText{"circle-alert", ui.Neutral, "x.other", "x.other.d", ActionClose, "B-3099", false}
	}
	if role == Helper && r.helper.Title != "" {
		return r.helper
	}
	e := r.sharer
	if role == Helper {
		e.Field = false
	}
	return e
}

// actionKey is the word on the button.
func actionKey(a Action, r Role) string {
	switch a {
	case ActionRetry:
		return "retry"
	case ActionCode:
		if r == Helper {
			return "code.getnew"
		}
		return "x.newcode"
	case ActionSignIn:
		return "x.signin.go"
	case ActionPrivacy:
		return "x.capture.go"
	case ActionClose:
	}
	return "close"
}

// ErrorData is an error page.
type ErrorData struct {
	Text     ErrorText
	Role     Role
	Names    ui.M      // helper, first, account, n …
	Ref      string    // from the endpoint; Text.Ref if ""
	At       time.Time // stands beside the reference
	OnAction func()    // the button, if it is not Close
	OnClose  func()
}

// ErrorPage says what happened, that nothing is shared, and what to do: one filled button.
func ErrorPage(d ErrorData) Screen {
	do := d.OnAction
	if d.Text.Action == ActionClose || do == nil {
		d.Text.Action, do = ActionClose, d.OnClose
	}
	key := actionKey(d.Text.Action, d.Role)
	b := ui.Btn(ui.Filled, "", key, ui.T(key), do)
	foot := []fyne.CanvasObject{b}
	if d.Text.Action != ActionClose {
		foot = append(foot, ui.Btn(ui.Quiet, "", "close", ui.T("close"), d.OnClose))
	}
	ref := d.Ref
	if ref == "" {
		ref = d.Text.Ref
	}
	if ref != "" {
		foot = append(foot, ui.PC(ui.T("details", ui.M{"ref": ref + " · " + d.At.Format("15:04")}), ui.Caption, ui.Text3).ID("details"))
	}
	o := ui.Frame(head(nil, 0), body(ui.Flex(), ui.StateIcon(d.Text.Tone, d.Text.Icon),
		ui.PC(ui.T(d.Text.Title, d.Names), ui.Title, ui.Text1).ID(d.Text.Title),
		ui.PC(ui.T(d.Text.Body, d.Names), ui.Lead, ui.Text2).ID(d.Text.Body), ui.Flex(), ui.Flex()), ui.VStack(10, foot...))
	return Screen{Object: o, Focus: b, Escape: d.OnClose, Size: sizeStart.Add(fyne.NewSize(0, -40))}
}
