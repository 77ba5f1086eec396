package sailpoint_test

import (
	"os"
	"testing"

	"github.com/netwicket/netwicket/cmd/internal/ramdisk"
)

func TestMain(m *testing.M) { os.Exit(ramdisk.Run(m)) }
