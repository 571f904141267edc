// Package assets embeds what the desktop app shows: fonts, icons, the mark and the words.
//
// Fonts are Inter (SIL Open Font License 1.1), icons are Lucide (ISC); the licences lie
// beside them. The mark and stop.svg are Beside's own. A translation is a flat JSON object
// from key to text in Fyne's format: {{.name}} is filled in.
package assets
