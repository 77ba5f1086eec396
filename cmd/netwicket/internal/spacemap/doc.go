// Package spacemap draws what a policy decides about the whole address space:
// IPv4 on a Hilbert curve, where networks are squares and neighbours stay
// neighbours, and beside it the networks of IPv6 that anything names.
//
// [New] reads a policy's exact ranges, or those of two policies that are to be
// compared. The [Map] is then written as PNG, SVG, or as one HTML file to zoom,
// search and filter, which needs no network. [NewTiles] makes the same map in squares that
// are drawn when somebody looks at them, at every zoom, and works out nothing before.
//
//	special.go, ground.go     which addresses count: what is reserved, and what is named
//	segments.go               both spaces cut into ranges of one outcome
//	panel.go, hilbert.go      where addresses lie
//	raster.go, spots.go       pixels, and what would be too small among them
//	palette.go                the colours
//	layout.go, png.go, svg.go the sheet
//	html.go, encode.go        the page, and its runs in little space
//	coarse.go                 fewer runs, where they are too many for a page
//	space.js, page.js         the page's scripts: without the document, and with it
//	tiles.go, canvas.go       tiles, and how one is drawn
//	tileview.go               what is in view and under a pointer
//	painter.go, zonepainter.go, distinct.go  what tiles are coloured by
//	world.go                  where addresses lie at every zoom
//
// # Pixels
//
// An IPv4 pixel is a /20. A pixel has the colour of the decision about its
// addresses; where they differ, the colours are blended by share, but so that
// neither allow nor deny disappears. What would be lost to the eye
// nevertheless, a few pixels alone in a large area, gets a ring around it. What
// does not count is shown where nothing else is in a pixel.
//
// # Limits
//
// Decisions are those about requests of one hop. Addresses in Teredo, 2001::/32,
// and local NAT64, 64:ff9b:1::/48, are shown without the IPv4 address embedded in
// them (docs/semantics.md, range-1 and range-2), see [github.com/netwicket/netwicket/decide.Policy.Ranges].
//
// A Map is immutable and safe for concurrent use.
package spacemap
