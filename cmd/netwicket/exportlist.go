package main

import (
	"fmt"
	"io"
	"net/netip"
	"runtime"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// exportList writes networks that are denied as a whole, or all that are allowed.
func (c *commandLine) exportList(f *exportFlags, parts *policyfile.Parts, policy *decide.Policy, heading export.Heading) error {
	if err := export.CheckLimit(f.format, f.most); err != nil {
		return err
	}
	list, err := c.listOf(f, parts, policy)
	if err != nil {
		return err
	}
	if err := c.writeExport(f, func(out io.Writer) error { return export.WriteList(out, f.format, list, heading) }); err != nil {
		return err
	}
	if !f.deny {
		return nil
	}
	return c.noteHeading([]string{list.Coverage()})
}

func (c *commandLine) listOf(f *exportFlags, parts *policyfile.Parts, policy *decide.Policy) (export.List, error) {
	if !f.deny {
		list, err := export.AllowList(policy, f.format, f.families())
		if err == nil && f.most > 0 && len(list.Prefixes) > f.most {
			err = cutAllowList(len(list.Prefixes), f.most)
		}
		return list, err
	}
	denied, leftOut := export.Fit(f.format, export.Denied(policy, f.families()))
	var requests []uint64
	if len(f.weights) > 0 {
		var err error
		if requests, err = c.requestsFrom(f.weights, parts, policy, denied); err != nil {
			return export.List{}, err
		}
	}
	list := export.DenyList(denied, requests, f.most)
	list.Family, list.LeftOut = f.families(), leftOut
	return list, nil
}

func cutAllowList(allowed, most int) error {
	return fmt.Errorf("the allow list has %s networks, more than --max %s: one that is cut locks out, one that is widened lets in; --deny lists networks that are denied", number(uint64(allowed)), number(uint64(most)))
}

// requestsFrom counts the requests of logs whose client is in each of the networks,
// which are in order. Without all of the logs there is nothing to choose by.
func (c *commandLine) requestsFrom(logs []string, parts *policyfile.Parts, policy *decide.Policy, networks []netip.Prefix) ([]uint64, error) {
	parse, err := accesslog.New(accesslog.Options{})
	if err != nil {
		return nil, err
	}
	asked, err := subject(parts, policy)
	if err != nil {
		return nil, err
	}
	ranges := make([]netipx.IPRange, len(networks))
	for i := range networks {
		ranges[i] = netipx.RangeOfPrefix(networks[i])
	}
	inputs, bar := c.logInputs(logs)
	report := replay.Run(replay.Config{Parse: parse, Subject: asked, Watch: ranges, Workers: runtime.GOMAXPROCS(0)}, inputs)
	bar.finish()
	c.reportFaults(report)
	return report.Watched, replayStatus(report)
}
