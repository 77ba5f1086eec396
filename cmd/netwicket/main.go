// Command netwicket decides who may come in: it reads Okta and SailPoint
// documents and geo databases, and answers allow or deny for addresses and
// requests. Run netwicket help for its commands.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
