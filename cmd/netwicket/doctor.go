package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// doctorFlags are how the service runs, and what it logged.
type doctorFlags struct {
	listen, metrics, grpc string
	log, proxy, at        string
}

func (c *commandLine) doctorCommand() *cobra.Command {
	var flags doctorFlags
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say on one screen whether netwicket serve can work",
		Long: `Looks at the policy as netwicket serve would run it: what is in force, how old
its data is, whether the edge can work with what listens, and what the machine
gives. Each line that is wrong says what to do. Nobody is asked, nothing is
opened and nothing is written, so that it may run beside the service. Run it as
the service's user, with the flags of the service.

With --log FILE, the log of serve (JSON), it also says what each proxy sent
last, and how that was understood; journalctl -u netwicket -o cat | netwicket
doctor --log - reads it from the journal.

Ends with 3 if anything keeps the service from working.`,
		Example: `  sudo -u netwicket netwicket doctor -c /etc/netwicket
  netwicket doctor -c policy/ --log serve.log --proxy 10.0.0.1`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.doctor(flags) },
	}
	command.Flags().StringVar(&flags.listen, "listen", "", "`ADDRESS` that serve is given with --listen (default serve.listen)")
	command.Flags().StringVar(&flags.metrics, "metrics", "", "`ADDRESS` that serve is given with --metrics (default serve.metrics)")
	command.Flags().StringVar(&flags.grpc, "grpc", "", "`ADDRESS` that serve is given with --grpc (default serve.grpc)")
	command.Flags().StringVar(&flags.log, "log", "", "`FILE` that serve has logged to, as JSON; - is standard input")
	command.Flags().StringVar(&flags.proxy, "proxy", "", "of the log, only what the proxy at `ADDRESS` sent last")
	command.Flags().StringVar(&flags.at, "at", "", "look as of this `TIME` (RFC 3339) instead of now")
	return command
}

// doctorJSON is what doctor prints.
type doctorJSON struct {
	Policy  string         `json:"policy"`
	At      time.Time      `json:"at"`
	Works   bool           `json:"works"`
	Checks  []doctor.Check `json:"checks"`
	Proxies []doctor.Asked `json:"proxies"`
}

func (c *commandLine) doctor(flags doctorFlags) error {
	options, err := c.doctorOptions(flags)
	if err != nil {
		return err
	}
	only, err := proxyOf(flags)
	if err != nil {
		return err
	}
	report := doctor.Examine(options)
	out := doctorJSON{Policy: "netwicket.json", At: options.Now.UTC(), Checks: report.Checks, Proxies: []doctor.Asked{}}
	if len(c.paths) > 0 {
		out.Policy = c.paths[0]
	}
	if flags.log != "" {
		asked, checks, err := c.lastAsked(flags.log, only, report.Edge)
		if err != nil {
			return err
		}
		out.Proxies = append(out.Proxies, asked...)
		out.Checks = append(out.Checks, checks...)
	}
	if out.Works = report.Works(); c.json {
		err = writeJSON(c.out, out)
	} else {
		err = c.printDoctor(&out)
	}
	if err == nil && !out.Works {
		return failed
	}
	return err
}

func (c *commandLine) doctorOptions(flags doctorFlags) (doctor.Options, error) {
	policy, err := c.policyOptions()
	if err != nil {
		return doctor.Options{}, err
	}
	options := doctor.Options{Policy: policy, Listen: flags.listen, Metrics: flags.metrics, GRPC: flags.grpc, Now: time.Now(), System: doctor.ThisSystem()}
	if flags.at != "" {
		if options.Now, err = time.Parse(time.RFC3339, flags.at); err != nil {
			return doctor.Options{}, fmt.Errorf("--at %q: expected a time such as 2026-01-31T00:00:00Z", flags.at)
		}
	}
	return options, nil
}

func proxyOf(flags doctorFlags) (netip.Addr, error) {
	if flags.proxy == "" {
		return netip.Addr{}, nil
	}
	if flags.log == "" {
		return netip.Addr{}, fmt.Errorf("--proxy %q: name the log that has it with --log", flags.proxy)
	}
	addr, err := netip.ParseAddr(flags.proxy)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("--proxy %q: expected an address such as 10.0.0.1", flags.proxy)
	}
	return addr, nil
}

// mostAsked is how many proxies one screen has room for; --json lists all.
const mostAsked = 10

// lastAsked reads the log.
func (c *commandLine) lastAsked(name string, only netip.Addr, parts *policyfile.Parts) ([]doctor.Asked, []doctor.Check, error) {
	inputs, _ := c.logInputs([]string{name})
	in, err := inputs[0].Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	defer in.Close()
	asked, used, err := doctor.ReadLog(in, only)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(asked) == 0 {
		text, do := fmt.Sprintf("%s has %s of serve, and nobody asked in them", name, plural(uint64(used), "line")), "ask once through the proxy; allows are logged with serve.logLevel debug"
		switch {
		case used == 0:
			text, do = name+" has no line of serve's log as JSON", "serve logs JSON where standard error is no terminal"
		case only.IsValid():
			text = fmt.Sprintf("%s has %s of serve, and none is of %s", name, plural(uint64(used), "line"), only)
		}
		return nil, []doctor.Check{{About: doctor.Proxies, State: doctor.Warning, Text: text, Do: do}}, nil
	}
	checks := make([]doctor.Check, 0, mostAsked+1)
	for i := range asked {
		if i == mostAsked {
			checks = append(checks, doctor.Check{About: doctor.Proxies, State: doctor.OK, Text: fmt.Sprintf("and %d more; --json lists them, --proxy shows one", len(asked)-i)})
			break
		}
		checks = append(checks, asked[i].Check(parts))
	}
	return asked, checks, nil
}

// printDoctor prints the screen: a part after the other, and under each line that is
// not good what to do.
func (c *commandLine) printDoctor(report *doctorJSON) error {
	s := &sheet{look: c.style()}
	fmt.Fprintf(&s.out, "%s as of %s\n", oneLine(report.Policy), report.At.Format(time.RFC3339))
	wrong := 0
	for i, check := range report.Checks {
		if i == 0 || report.Checks[i-1].About != check.About {
			s.out.WriteString("\n" + s.look.paint(bold, oneLine(check.About)) + "\n")
		}
		colour := map[doctor.State]string{doctor.OK: green, doctor.Warning: yellow, doctor.Error: red}[check.State]
		s.out.WriteString("  " + s.look.paint(colour, fmt.Sprintf("%-7s", oneLine(string(check.State)))) + "  " + oneLine(check.Text) + "\n")
		if check.Do != "" {
			s.out.WriteString("           -> " + oneLine(check.Do) + "\n")
		}
		if check.State == doctor.Error {
			wrong++
		}
	}
	if wrong == 0 {
		s.out.WriteString("\nnothing keeps it from working\n")
	} else {
		fmt.Fprintf(&s.out, "\n%s: it cannot work like this\n", plural(uint64(wrong), "error"))
	}
	_, err := c.out.Write(s.out.Bytes())
	return err
}
