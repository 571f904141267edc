package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colour tokens. Screens name tokens, never values.
const (
	Bg            fyne.ThemeColorName = "besideBg"            // window
	Surface       fyne.ThemeColorName = "besideSurface"       // card, toolbar, outline button
	Sunken        fyne.ThemeColorName = "besideSunken"        // code cell, neutral chip, disabled button
	Line          fyne.ThemeColorName = "besideLine"          // card border, rule: decoration only
	LineStrong    fyne.ThemeColorName = "besideLineStrong"    // border of what can be operated
	Text1         fyne.ThemeColorName = "besideText1"         // titles, body
	Text2         fyne.ThemeColorName = "besideText2"         // supporting text
	Text3         fyne.ThemeColorName = "besideText3"         // captions
	Primary       fyne.ThemeColorName = "besidePrimary"       // the one action
	PrimaryHover  fyne.ThemeColorName = "besidePrimaryHover"  // under the pointer
	OnPrimary     fyne.ThemeColorName = "besideOnPrimary"     // text on Primary
	PrimaryText   fyne.ThemeColorName = "besidePrimaryText"   // link, chosen icon
	PrimarySoft   fyne.ThemeColorName = "besidePrimarySoft"   // chosen background
	Success       fyne.ThemeColorName = "besideSuccess"       // verified, compliant, exact
	SuccessSoft   fyne.ThemeColorName = "besideSuccessSoft"   // behind Success
	Warning       fyne.ThemeColorName = "besideWarning"       // not enrolled, expired
	WarningSoft   fyne.ThemeColorName = "besideWarningSoft"   // behind Warning
	Danger        fyne.ThemeColorName = "besideDanger"        // not compliant, wrong code
	DangerSoft    fyne.ThemeColorName = "besideDangerSoft"    // behind Danger
	DangerFill    fyne.ThemeColorName = "besideDangerFill"    // Stop and End only
	DangerHover   fyne.ThemeColorName = "besideDangerHover"   // under the pointer
	OnDanger      fyne.ThemeColorName = "besideOnDanger"      // text on DangerFill
	FocusRing     fyne.ThemeColorName = "besideFocus"         // around what has the keyboard
	HoverTint     fyne.ThemeColorName = "besideHover"         // laid over a surface
	BarBg         fyne.ThemeColorName = "besideBarBg"         // session bar: dark in both variants
	BarText       fyne.ThemeColorName = "besideBarText"       // names on the bar
	BarText2      fyne.ThemeColorName = "besideBarText2"      // what they can do
	BarLine       fyne.ThemeColorName = "besideBarLine"       // borders on the bar
	RightView     fyne.ThemeColorName = "besideRightView"     // stripe: can see
	RightControl  fyne.ThemeColorName = "besideRightControl"  // stripe: can control
	RightElevated fyne.ThemeColorName = "besideRightElevated" // stripe: administrator
	Stage         fyne.ThemeColorName = "besideStage"         // around the remote picture
	MarkA         fyne.ThemeColorName = "besideMarkA"         // the helper's arch
	MarkB         fyne.ThemeColorName = "besideMarkB"         // the sharer's arch
)

// palette is token -> light, dark, as 0xRRGGBB; HoverTint alone carries alpha in the top byte.
var palette = map[fyne.ThemeColorName][2]uint32{
	Bg: {0xF5F6F8, 0x101317}, Surface: {0xFFFFFF, 0x181C22}, Sunken: {0xEDEFF3, 0x222831},
	Line: {0xDDE1E8, 0x2C333D}, LineStrong: {0x858E9C, 0x6E7988},
	Text1: {0x14181F, 0xF2F4F7}, Text2: {0x475160, 0xBCC4CF}, Text3: {0x5C6675, 0x97A1AF},
	Primary: {0x3446D0, 0x5163F0}, PrimaryHover: {0x2938B0, 0x4555DE}, OnPrimary: {0xFFFFFF, 0xFFFFFF},
	PrimaryText: {0x2F40C4, 0xA9B4FF}, PrimarySoft: {0xECEEFC, 0x232845},
	Success: {0x0A6E44, 0x5CD19A}, SuccessSoft: {0xE3F4EA, 0x14291F},
	Warning: {0x855000, 0xF2BC5C}, WarningSoft: {0xFCF1DC, 0x2F2512},
	Danger: {0xB4232A, 0xFF9088}, DangerSoft: {0xFCEBEA, 0x361C1D},
	DangerFill: {0xC62B31, 0xCF3A3F}, DangerHover: {0xA82228, 0xB93238}, OnDanger: {0xFFFFFF, 0xFFFFFF},
	FocusRing: {0x3446D0, 0xA9B4FF}, HoverTint: {0x0D14181F, 0x12FFFFFF},
	BarBg: {0x161A21, 0x1C2129}, BarText: {0xFFFFFF, 0xFFFFFF}, BarText2: {0xB9C1CD, 0xB9C1CD}, BarLine: {0x3B4350, 0x3B4350},
	RightView: {0x7F8EFF, 0x7F8EFF}, RightControl: {0xF5B33F, 0xF5B33F}, RightElevated: {0xFF6B64, 0xFF6B64},
	Stage: {0x23272E, 0x0A0C0F}, MarkA: {0x3446D0, 0x8592FF}, MarkB: {0xFF7A59, 0xFF8E70},
}

// avatarHues carry white initials at 5:1 or more.
var avatarHues = [...]uint32{0x3D4FC4, 0x00695C, 0x8A3A86, 0x8F4A21, 0x2F608F, 0x98305A}

// meterHues are the five stages of the meter's stacked bar; the figures say the same.
var meterHues = [...]uint32{0x7F8EFF, 0x37A6C8, 0xF5B33F, 0x8BC34A, 0xD77BBA}

func rgb(v uint32) color.NRGBA {
	a := uint8(v >> 24)
	if a == 0 {
		a = 255
	}
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: a}
}

// colour resolves a token with the theme in force; "" is transparent.
func colour(n fyne.ThemeColorName) color.Color {
	if n == "" {
		return color.Transparent
	}
	return theme.Color(n)
}
