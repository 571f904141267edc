// Package graph is an organisation's directory in Microsoft Graph: accounts and groups of Entra
// ID, devices of Intune.
//
// What decides is asked for when it is needed and kept for a minute: long enough for the few
// decisions of a session's beginning to share one question, short enough that, with the decision
// every five minutes, somebody who leaves a group loses what it gave them within six. When the
// service has no answer there is none here either; nothing old stands in for it.
//
// The lists of the admin site decide nothing. They come from a copy of ids, names and states that
// Run reads every few minutes, because the service can neither find a part of a word nor begin
// in the middle; each page is then asked for as it is now.
package graph
