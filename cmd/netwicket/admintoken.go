package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/shown"
)

// adminTokenFlags say what a new token may do.
type adminTokenFlags struct {
	scopes, networks []string
	callers          string
}

func (c *commandLine) adminTokenCommand() *cobra.Command {
	var flags adminTokenFlags
	command := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for a caller of admin",
		Long: `Makes a token for admin and prints it: once, since only its SHA-256 is kept.
With --callers the file gets the new caller, and is made if it is not there;
without, its line is printed as well.

A token has all scopes to manage unless --scope names others.`,
		Example: `  netwicket admin token terraform --callers callers.json
  netwicket admin token reader --scope okta.networkZones.read --network 10.0.0.0/8`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return c.adminToken(flags, args[0]) },
	}
	command.Flags().StringArrayVar(&flags.scopes, "scope", nil, "`SCOPE` that the token has (repeatable)")
	command.Flags().StringArrayVar(&flags.networks, "network", nil, "`NETWORK` that the caller may ask from (repeatable; default anywhere)")
	command.Flags().StringVar(&flags.callers, "callers", "", "callers' `FILE` to add the token to")
	offerValues(command, "scope", callers.Scopes()...)
	return command
}

func (c *commandLine) adminToken(flags adminTokenFlags, name string) error {
	scopes := flags.scopes
	if len(scopes) == 0 {
		for _, scope := range callers.Scopes() {
			if !strings.HasSuffix(scope, "read") {
				scopes = append(scopes, scope)
			}
		}
	}
	made := callers.Make(name, scopes, flags.networks)
	text := "{\"tokens\": [\n  " + string(made.Line) + "\n], \"clients\": []}\n"
	if flags.callers != "" {
		old, err := callers.ReadText(flags.callers)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		default:
			added, err := callers.Add(flags.callers, old, made.Line)
			if err != nil {
				return err
			}
			text = string(added)
		}
	}
	if err := callers.Check(flags.callers, []byte(text)); err != nil {
		return err
	}
	if flags.callers == "" {
		fmt.Fprintf(c.err, "The token, which is shown this once, and its line for the list tokens of the callers' file:\n")
		_, err := fmt.Fprintf(c.out, "%s\n%s\n", made.Token, shown.JSON(made.Line))
		return err
	}
	if err := writeSecretly(flags.callers, text); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "The token, which is shown this once; %s has it as %q:\n", oneLine(flags.callers), name)
	_, err := fmt.Fprintln(c.out, made.Token)
	return err
}

// writeSecretly writes a file that only its owner may read, from its first byte on.
func writeSecretly(path, text string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	isNew := err == nil
	switch {
	case isNew:
		file.Close() // nothing was written
	case !errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	err = atomicfile.WriteBytes(path, []byte(text))
	if err != nil && isNew {
		_ = os.Remove(path) // an empty file would be one with an error
	}
	return err
}
