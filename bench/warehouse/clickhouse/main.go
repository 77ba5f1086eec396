// Command clickhouse runs statements in a new database of chDB, the ClickHouse server
// as a library: it reads them as JSON and writes the processor time of each, which says what
// it costs also where others use the machine. The library is at
// CHDB_LIB_PATH, and functions are described in the folder FUNCTIONS.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	chdb "github.com/chdb-io/chdb-go/chdb-purego"
)

type statement struct{ SQL, File string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var list []statement
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		return err
	}
	data, err := os.MkdirTemp("", "chdb")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(data) }()
	functions := os.Getenv("FUNCTIONS")
	args := []string{"--path=" + data, "--", "--user_scripts_path=" + functions, "--user_defined_executable_functions_config=" + functions + "/*.xml"}
	connection, err := chdb.NewConnection(len(args), args) //nolint:staticcheck // the other one takes no arguments behind --
	if err != nil {
		return err
	}
	defer connection.Close()
	did := struct {
		Version string
		Seconds []float64
	}{}
	version, err := connection.Query("SELECT version()", "TSVRaw")
	if err != nil {
		return err
	}
	did.Version = string(version.Buf()[:len(version.Buf())-1])
	for _, s := range list {
		start := processor()
		result, err := connection.Query(s.SQL, "TSVRaw")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, s.SQL)
		}
		did.Seconds = append(did.Seconds, (processor() - start).Seconds())
		if s.File != "" {
			if err := os.WriteFile(s.File, result.Buf(), 0o644); err != nil {
				return err
			}
		}
		result.Free()
	}
	return json.NewEncoder(os.Stdout).Encode(did)
}

func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // there is no other who
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
