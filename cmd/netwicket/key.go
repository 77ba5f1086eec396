package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// keyJSON is a key that was made.
type keyJSON struct {
	KeyID   string `json:"keyid"`
	Private string `json:"private"`
	Public  string `json:"public"`
}

func (c *commandLine) keyCommand() *cobra.Command {
	var name string
	command := &cobra.Command{
		Use:   "key",
		Short: "Make a key that signs releases",
		Long: `Makes an ed25519 key: NAME, which signs and which nobody else may read, and
NAME.pub, which those who fetch trust. They are the files that openssl genpkey
-algorithm ed25519 and openssl pkey -pubout write, so that a key of openssl's
does as well. Prints the id that signatures call the key by. What is there is
never written over.`,
		Example: `  netwicket key -o release
  netwicket publish --key release --to /srv/policies --channel prod policy.nws
  netwicket fetch --trust release.pub --from https://policies.example/prod.json
      --state /var/lib/netwicket`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.key(name) },
	}
	command.Flags().StringVarP(&name, "output", "o", "", "write the key to `NAME` and NAME.pub")
	return command
}

func (c *commandLine) key(name string) error {
	if name == "" {
		return errors.New("-o NAME is missing: where to write the key")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	secret, err := release.EncodePrivateKey(private)
	if err != nil {
		return err
	}
	trusted, err := release.EncodePublicKey(public)
	if err != nil {
		return err
	}
	made := keyJSON{KeyID: release.KeyID(public), Private: name, Public: name + ".pub"}
	if err := writeNew(made.Private, secret, 0o600); err != nil {
		return err
	}
	if err := writeNew(made.Public, trusted, 0o644); err != nil {
		_ = os.Remove(made.Private) // half a pair is none, and it was made just now
		return err
	}
	if c.json {
		return writeJSON(c.out, made)
	}
	_, err = fmt.Fprintf(c.out, "%s %s\n", made.KeyID, oneLine(made.Public))
	return err
}

// writeNew writes a file that is not there yet, with its permissions from the first byte on.
func writeNew(path string, content []byte, permissions fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, permissions)
	if err != nil {
		return fmt.Errorf("%s: %w", oneLine(path), files.Cause(err))
	}
	file.Close() // nothing was written
	err = atomicfile.WriteBytes(path, content)
	if err != nil {
		_ = os.Remove(path) // an empty file would stand in the way
	}
	return err
}
