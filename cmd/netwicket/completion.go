package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (c *commandLine) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Prints a completion script. To use it:

  bash        source <(netwicket completion bash)
  zsh         netwicket completion zsh > "${fpath[1]}/_netwicket"
  fish        netwicket completion fish > ~/.config/fish/completions/netwicket.fish
  powershell  netwicket completion powershell | Out-String | Invoke-Expression`,
		Args:                  cobra.ExactArgs(1),
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.out, true)
			case "zsh":
				return root.GenZshCompletion(c.out)
			case "fish":
				return root.GenFishCompletion(c.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(c.out)
			default:
				return fmt.Errorf("unknown shell %q; expected bash, zsh, fish or powershell", args[0])
			}
		},
	}
}

// offerValues has the shell complete a flag by its values.
func offerValues(command *cobra.Command, flag string, values ...string) {
	offer := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := command.RegisterFlagCompletionFunc(flag, offer); err != nil {
		panic(err) // the flag was not defined
	}
}
