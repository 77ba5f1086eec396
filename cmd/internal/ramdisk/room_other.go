//go:build !linux

package ramdisk

func hasRoom() bool { return false }
