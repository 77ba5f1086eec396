package spacemap

import (
	"fmt"
	"sort"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
)

// fontKey is what of a lettering selects a font.
type fontKey struct {
	size       int
	bold, mono bool
}

func (look lettering) font() fontKey { return fontKey{look.size, look.bold, look.mono} }

// fonts are those of the sheet. An SVG is shown in whatever font the viewer has;
// the Go fonts, which are wider than most, tell what fits there too.
type fonts map[fontKey]font.Face

func loadFonts() (fonts, error) {
	loaded := make(fonts)
	for _, key := range []fontKey{{24, true, false}, {14, true, false}, {14, false, false}, {13, false, false}, {13, false, true}, {12, false, false}} {
		file := goregular.TTF
		switch {
		case key.bold:
			file = gobold.TTF
		case key.mono:
			file = gomono.TTF
		}
		parsed, err := opentype.Parse(file)
		if err != nil {
			return nil, fmt.Errorf("the font of the picture: %w", err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(key.size), DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, fmt.Errorf("the font of the picture: %w", err)
		}
		loaded[key] = face
	}
	return loaded, nil
}

func (f fonts) width(text string, look lettering) int {
	return font.MeasureString(f[look.font()], text).Ceil()
}

// shortened is text that fits its room.
func (f fonts) shortened(text string, look lettering) string {
	if look.room == 0 || f.width(text, look) <= look.room {
		return text
	}
	runes := []rune(text)
	runes = runes[:min(len(runes), look.room)] // a letter is wider than a pixel
	long := sort.Search(len(runes), func(n int) bool { return f.width(string(runes[:n+1])+"...", look) > look.room })
	return string(runes[:long]) + "..."
}
