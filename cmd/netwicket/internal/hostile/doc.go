// Package hostile holds every parser of netwicket against the same documents of
// somebody who means harm, or whose disk does: too large, too deep, said twice,
// not text. It has tests and nothing else; docs/guarantees.md lists the limits.
package hostile
