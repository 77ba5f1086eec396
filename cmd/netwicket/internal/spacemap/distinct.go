package spacemap

import (
	"image/color"
	"math"
)

// distinct is the colour of the one that comes so many places behind the first, of
// things that have no colour of their own. The first twelve are told apart by people with
// any of the common colour deficiencies, by lightness where not by hue; behind them they
// repeat.
func distinct(place int) color.RGBA {
	all := [...]uint32{
		0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7, 0xd55e00, 0x56b4e9,
		0x6a3d9a, 0x8c6d31, 0x1b5e20, 0xf0e442, 0x7f1d3f, 0x3f4f9f,
	}
	return rgb(all[place%len(all)])
}

// paintOfCountry is the colour of a country: the same one on every map. There are more
// countries than colours that an eye tells apart, so that neighbours may look alike.
func paintOfCountry(code string) color.RGBA {
	number := 0
	for i := range len(code) {
		number = number*26 + int(code[i]-'A')
	}
	const golden = 0.6180339887498949 // steps of it never come near to each other soon
	_, hue := math.Modf(float64(number) * golden)
	return hsl(360*hue, 0.45+0.15*float64(number%3), 0.38+0.1*float64(number/3%4))
}

// hsl is a colour by hue in degrees, saturation and lightness.
func hsl(hue, saturation, lightness float64) color.RGBA {
	span := (1 - math.Abs(2*lightness-1)) * saturation
	part := func(shift float64) uint8 {
		at := math.Mod(hue/60+shift, 6)
		return uint8(255*(lightness+span*(min(max(math.Abs(at-3)-1, 0), 1)-0.5)) + 0.5)
	}
	return color.RGBA{R: part(0), G: part(4), B: part(2), A: 255}
}
