package eventlog

// ID is an event's stable number, 1 to 1000: Windows's generic message file has no more.
type ID uint16

// The events. A number is never given another meaning; docs/event-log.md lists them.
const (
	SettingsRefused ID = 101
	TrustRefused    ID = 102
	AppFailed       ID = 103
	Paired          ID = 201
	Started         ID = 202
	Ended           ID = 203
	Lost            ID = 204
	NotStarted      ID = 205
	Asked           ID = 211
	Given           ID = 212
	Declined        ID = 213
	RightsChanged   ID = 214
	Unreachable     ID = 221
	Back            ID = 222
	Expiring        ID = 223
	CodeRefused     ID = 311
	VerifyFailed    ID = 312
	PolicyRefused   ID = 313
)

// Level is how serious an event is, as syslog counts.
type Level uint8

// Levels.
const (
	Error   Level = 3
	Warning Level = 4
	Notice  Level = 5
	Info    Level = 6
)

// Kind is what is the same for all events of one ID.
type Kind struct {
	ID      ID
	Name    string
	Level   Level
	Message string // for people, without details
	Journal string // MESSAGE_ID in the journal
}

// kinds are all events, by number.
var kinds = []Kind{
	{SettingsRefused, "settings.refused", Error, "Settings or managed policy are not valid; the app did not start", "b6151e9116d35c35b23480371654fa72"},
	{TrustRefused, "trust.refused", Error, "The endpoint names an organisation key that this device does not trust", "53858221ac3c51ceba8f7cb93007432b"},
	{AppFailed, "app.failed", Error, "The app stopped with an error", "81684dc8873f5b06bc77f521ba08ab6b"},
	{Paired, "session.paired", Info, "Two people are connected; nothing is shared yet", "40622188926b5d93bc2f2def86b6bf3d"},
	{Started, "session.started", Notice, "A session started", "e80c5b68dc1a592787d0265c341d0ec4"},
	{Ended, "session.ended", Notice, "A session ended", "f19cece66d7d5ed08f847a90384cec5a"},
	{Lost, "session.lost", Warning, "A session ended unexpectedly", "696c77d92dce5c00bae8785bb3817dee"},
	{NotStarted, "session.notstarted", Info, "An attempt ended before anything was shared", "d2231a03dbab5b0a961e2121620f2db0"},
	{Asked, "consent.asked", Info, "The sharer is asked for consent", "1242f7e0df9c59deb1895e1ff09ee1e6"},
	{Given, "consent.given", Notice, "Allow was pressed", "a56c2e442df252cfb5d8150dcdb8084d"},
	{Declined, "consent.declined", Notice, "The sharer did not give consent", "16e2f601d60451419830f9f58bead990"},
	{RightsChanged, "rights.changed", Notice, "The rights of a session changed", "c7870b6064345b18a0f3d385ec0dc803"},
	{Unreachable, "link.silent", Warning, "The other side cannot be reached", "91d95781f7ff501eb37cdb2391303287"},
	{Back, "link.back", Info, "The other side can be reached again", "8f249f6bdec05adf8d40199204697c88"},
	{Expiring, "grant.expiring", Info, "The permission runs out in a minute", "00d99d68920e59ffbc170091350c52be"},
	{CodeRefused, "code.refused", Warning, "A code was refused", "b7b2b44ccc7658d78f5a47a57633aee8"},
	{VerifyFailed, "verify.failed", Error, "Something could not be verified, and the attempt was ended", "51074ebe06155122950d338caee9441e"},
	{PolicyRefused, "policy.refused", Notice, "Policy does not allow it", "31170a8440cb5f17a8be528f434b7e7c"},
}

// Kinds are all events, by number.
func Kinds() []Kind { return append([]Kind(nil), kinds...) }

// kind finds an event; an unknown number is one without a name.
func kind(id ID) Kind {
	for _, k := range kinds {
		if k.ID == id {
			return k
		}
	}
	return Kind{ID: id, Name: "unknown", Level: Warning, Message: "An event without a name"}
}
