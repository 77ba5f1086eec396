package replay_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

// watched is a log that says when it is open.
type watched struct {
	io.Reader
	open *int
	err  error // of Close
}

func (w watched) Close() error {
	*w.open--
	return w.err
}

func packed(t *testing.T, text string, pack func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var out bytes.Buffer
	w := pack(&out)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

// Of many logs one is open at a time and none in the end, whatever is in
// them; one that cannot be closed was not read.
func TestRunClosesItsInputs(t *testing.T) {
	text := line("192.0.2.7", 0)
	zip := packed(t, text, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	kinds := []string{
		text, "", "rubbish\n", zip, zip[:len(zip)-5], "\x1f\x8b rubbish", "[{\"remote_addr\":\"192.0.2.7\"}]",
		packed(t, text, func(w io.Writer) io.WriteCloser {
			encoder, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return encoder
		}), "\x28\xb5\x2f\xfd rubbish", "#Fields: c-ip\n192.0.2.7\n",
	}
	const logs = 250
	open, opened := 0, 0
	var inputs []replay.Input
	for i := range logs {
		inputs = append(inputs, replay.Input{Name: fmt.Sprint(i), Open: func() (io.ReadCloser, error) {
			require.Zero(t, open, "another log is open")
			open++
			opened++
			reader := io.Reader(strings.NewReader(kinds[i%len(kinds)]))
			log := watched{Reader: reader, open: &open}
			switch i {
			case 200:
				log.Reader = iotest.ErrReader(errors.New("the disk is gone"))
			case 210:
				log.err = errors.New("the disk is full")
			}
			return log, nil
		}})
	}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}, Workers: 2}, inputs)
	require.Equal(t, logs, opened)
	require.Zero(t, open)
	const broken = 3 // of the kinds
	require.Len(t, report.Failed, logs/len(kinds)*broken+2)
	require.ErrorContains(t, errors.Join(report.Failed...), "200: the disk is gone")
	require.ErrorContains(t, errors.Join(report.Failed...), "210: the disk is full")
	require.EqualValues(t, logs/len(kinds), report.Unreadable)
}

// A line that is too long is one that is no record.
func TestRunCountsLinesThatAreTooLong(t *testing.T) {
	log := line("192.0.2.7", 0) + strings.Repeat("x", accesslog.MaxLine+1) + "\n" + line("192.0.2.7", 1)
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}}, []replay.Input{input("log", log)})
	require.EqualValues(t, 3, report.Lines)
	require.EqualValues(t, 2, report.Decided)
	require.EqualValues(t, 1, report.Unreadable)
	require.Equal(t, []replay.Fault{{Name: "log", Line: 2, Err: accesslog.ErrTooLong}}, report.Faults)
}
