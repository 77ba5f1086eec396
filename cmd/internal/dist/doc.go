// Package dist tests what scripts/dist makes: archives, packages, bills of materials.
// It holds no code. The packages are made only where NETWICKET_DIST is set, since that
// takes minutes: `1` makes those of linux/amd64, `all` those of every platform.
// scripts/dist-check sets it; with -keep what it said stays in results.txt.
//
// The .deb is installed, asked, upgraded, removed and purged in a folder that debootstrap
// fills with a Debian from its mirror, which takes root and the network; the .rpm is
// held to it by rpm's own tools. A test is skipped where what it needs is not there.
package dist
