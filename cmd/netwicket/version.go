package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
)

// version is set by release builds: -ldflags "-X main.version=v1.2.3".
var version string //nolint:gochecknoglobals // the linker can set nothing else

// versionText is the version of this build: the release's, or what the build knows.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return builtText(info)
}

// builtText is the version of the module that go install fetched, or the commit.
func builtText(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "devel " + setting.Value[:min(len(setting.Value), 12)]
		}
	}
	return "devel"
}

// programText says on one line what program this is.
func programText() string {
	return fmt.Sprintf("netwicket %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionJSON is the version, and the policy if one was named.
type versionJSON struct {
	Version string             `json:"version"`
	Go      string             `json:"go"`
	System  string             `json:"system"`
	Policy  *versionPolicyJSON `json:"policy,omitempty"`
}

type versionPolicyJSON struct {
	explained.Policy
	Zones       int `json:"zones"`
	ActiveZones int `json:"activeZones"`
	Rules       int `json:"rules"`
	Classes     int `json:"classes"`
	Intervals4  int `json:"intervals4"`
	Intervals6  int `json:"intervals6"`
}

func (c *commandLine) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and with -c what a policy is made of",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			out := versionJSON{Version: versionText(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
			var info decide.Info
			if named := len(c.paths)+len(c.geo)+len(c.services)+len(c.threats) > 0; named {
				_, policy, err := c.openPolicy()
				if err != nil {
					return err
				}
				info = policy.Info()
				out.Policy = &versionPolicyJSON{
					Policy: explained.NewPolicy(info), Zones: info.Zones, ActiveZones: info.ActiveZones, Rules: info.Rules,
					Classes: info.Classes, Intervals4: info.Intervals4, Intervals6: info.Intervals6,
				}
			}
			if c.json {
				return writeJSON(c.out, out)
			}
			return c.printVersion(out, info)
		},
	}
}

func (c *commandLine) printVersion(v versionJSON, info decide.Info) error {
	s := &sheet{look: c.style()}
	s.out.WriteString(programText())
	if v.Policy != nil {
		rows := explained.PolicyRows(info)
		rows = append(rows,
			[]string{"zones", fmt.Sprintf("%d, %d ACTIVE", info.Zones, info.ActiveZones)},
			[]string{"rules", fmt.Sprint(info.Rules)},
			[]string{"classes", fmt.Sprint(info.Classes)},
			[]string{"intervals", fmt.Sprintf("%d IPv4, %d IPv6", info.Intervals4, info.Intervals6)},
		)
		s.table("Policy", rows)
	}
	_, err := c.out.Write(s.out.Bytes())
	return err
}
