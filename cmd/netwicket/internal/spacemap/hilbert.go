package spacemap

// The Hilbert curve of an order visits every point of a square of 2^order by
// 2^order points once, from the upper left to the upper right, each next to the
// one before. An aligned block of 4^k steps is a square. Of a step no more than its last
// 2*order bits count, and of a point the last order ones: what is above them says in which
// of many squares it is. The curve of an order runs through the squares of 2 by 2 points as the
// curve of the order before does through points, so that a block of addresses has the same
// square whatever the order is.

// pointAt is the point that the curve visits at a step.
func pointAt(order int, step uint64) (x, y int) {
	for side := uint64(1); side < 1<<order; side *= 2 {
		right := step / 2 & 1
		down := (step ^ right) & 1
		x, y = turned(int(side), x, y, right, down)
		x += int(side * right)
		y += int(side * down)
		step /= 4
	}
	return x, y
}

// stepAt is the step at which the curve visits a point.
func stepAt(order, x, y int) uint64 {
	var step uint64
	for side := 1 << order >> 1; side > 0; side /= 2 {
		var right, down uint64
		if x&side != 0 {
			right = 1
		}
		if y&side != 0 {
			down = 1
		}
		step += uint64(side) * uint64(side) * ((3 * right) ^ down)
		x, y = turned(1<<order, x, y, right, down)
	}
	return step
}

// turned turns a quadrant as the curve runs through it: the upper ones are
// transposed, the right one of them is mirrored as well.
func turned(side, x, y int, right, down uint64) (int, int) {
	if down == 1 {
		return x, y
	}
	if right == 1 {
		x, y = side-1-x, side-1-y
	}
	return y, x
}
