//go:build unix

package files

import "syscall"

// nonblock keeps what became a pipe since it was looked at from being waited for.
const nonblock = syscall.O_NONBLOCK
