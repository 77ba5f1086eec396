package spacemap

import (
	"image"
	"image/color"
)

// What is too small to be seen, which spots are so close to each other that they
// take one ring, and how many rings a picture takes before they hide it.
const (
	spotPixels = 40
	closeBy    = 6
	manySpots  = 100
)

// spot is a place where a few pixels stand out of an area that does not, or the
// other way round.
type spot struct {
	centre image.Point
	radius int
	paint  color.RGBA // of what is there
}

// spots are none if there are many: then they are no exceptions.
func (p *picture) spots() []spot {
	marked := p.sides[1]
	if count(p.sides[1]) > count(p.sides[0]) {
		marked = p.sides[0]
	}
	seen := make([]bool, len(marked))
	var found []spot
	for start := range marked {
		if marked[start].A == 0 || seen[start] {
			continue
		}
		area, bounds := p.cluster(marked, seen, start)
		if area > spotPixels {
			continue
		}
		if len(found) == manySpots {
			return nil
		}
		middle := bounds.Min.Add(bounds.Max).Div(2)
		found = append(found, spot{centre: middle, radius: max(bounds.Dx(), bounds.Dy()) / 2, paint: marked[start]})
	}
	return found
}

// cluster visits what is marked and close to the pixel start, and what is close
// to that, and so on.
func (p *picture) cluster(marked []color.RGBA, seen []bool, start int) (area int, bounds image.Rectangle) {
	side := p.side()
	square := image.Rect(0, 0, side, side)
	queue := []int{start}
	seen[start] = true
	for len(queue) > 0 {
		at := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		area++
		pixel := image.Rect(at%side, at/side, at%side+1, at/side+1)
		bounds = bounds.Union(pixel)
		around := pixel.Inset(-closeBy).Intersect(square)
		for y := around.Min.Y; y < around.Max.Y; y++ {
			for i := y*side + around.Min.X; i < y*side+around.Max.X; i++ {
				if marked[i].A != 0 && !seen[i] {
					seen[i] = true
					queue = append(queue, i)
				}
			}
		}
	}
	return area, bounds
}

func count(side []color.RGBA) int {
	n := 0
	for _, c := range side {
		if c.A != 0 {
			n++
		}
	}
	return n
}

// side is how many pixels a row has.
func (p *picture) side() int { return p.panel.across << p.panel.order }
