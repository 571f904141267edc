package assets

import "embed"

// Fonts holds fonts/Inter-Regular.otf and fonts/Inter-SemiBold.otf.
//
//go:embed fonts
var Fonts embed.FS

// Icons holds icons/NAME.svg: 24 by 24, drawn with currentColor.
//
//go:embed icons
var Icons embed.FS

// Translations holds translations/LANGUAGE.json.
//
//go:embed translations/*.json
var Translations embed.FS

// Mark is the product mark as SVG, in its light colours #3446D0 and #FF7A59.
//
//go:embed mark.svg
var Mark []byte
