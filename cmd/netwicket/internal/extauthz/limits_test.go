package extauthz_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

// The limits of docs/operations.md.
const (
	streamLimit   = 100
	questionLimit = 256 << 10
	headerLimit   = 16 << 10
	windowLimit   = 64 << 10 // of a question, before it is read
)

// TestLongQuestions are refused, and never allowed.
func TestLongQuestions(t *testing.T) {
	connection := envoy(t, "127.0.0.1", serve(t, blocking("")).listen(t, nil))
	long := func(size int) *authv3.CheckRequest {
		r := check("198.51.100.7")
		r.Attributes.Request.Http.Headers["cookie"] = strings.Repeat("x", size-proto.Size(r)-30)
		return r
	}
	largest := long(questionLimit)
	require.Less(t, proto.Size(largest), questionLimit)
	require.True(t, passes(t, asked(t, connection, largest)))
	for _, size := range []int{questionLimit + 100, 1 << 20} {
		answer, err := ask(t, connection, long(size))
		require.Equal(t, codes.ResourceExhausted, status.Code(err), size)
		require.Nil(t, answer)
	}
	many := check("198.51.100.7")
	for i := range 100_000 {
		many.Attributes.Request.Http.Headers["x-"+strings.Repeat("y", i%50)+string(rune('a'+i%26))+time.Duration(i).String()] = "z"
	}
	_, err := ask(t, connection, many)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
}

// frames is a client of HTTP/2 that keeps to nothing.
type frames struct {
	*http2.Framer
	conn     net.Conn
	settings map[http2.SettingID]uint32
	headers  bytes.Buffer
	encoder  *hpack.Encoder
	stream   uint32
}

// pumped is a connection whose writes do not wait for the other side to read, as those of
// a connection in memory do.
type pumped struct {
	net.Conn
	waiting chan []byte
	closed  chan struct{}
	once    sync.Once
}

func pump(conn net.Conn) *pumped {
	p := &pumped{Conn: conn, waiting: make(chan []byte, 1000), closed: make(chan struct{})}
	go func() {
		for {
			select {
			case text := <-p.waiting:
				if _, err := conn.Write(text); err != nil {
					return
				}
			case <-p.closed:
				return
			}
		}
	}()
	return p
}

func (p *pumped) Write(text []byte) (int, error) {
	select {
	case p.waiting <- bytes.Clone(text):
		return len(text), nil
	case <-p.closed:
		return 0, net.ErrClosed
	}
}

func (p *pumped) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Conn.Close()
}

// speak begins HTTP/2 on a connection.
func speak(t testing.TB, conn net.Conn) *frames {
	t.Helper()
	f := &frames{Framer: http2.NewFramer(conn, conn), conn: conn, settings: map[http2.SettingID]uint32{}, stream: 1}
	f.encoder = hpack.NewEncoder(&f.headers)
	_, err := io.WriteString(conn, http2.ClientPreface)
	require.NoError(t, err)
	require.NoError(t, f.WriteSettings())
	for {
		frame, err := f.ReadFrame()
		require.NoError(t, err)
		if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
			require.NoError(t, settings.ForeachSetting(func(s http2.Setting) error { f.settings[s.ID] = s.Val; return nil }))
			return f
		}
	}
}

// open begins a question without an end and gives its stream.
func (f *frames) open(more ...hpack.HeaderField) (uint32, error) {
	f.headers.Reset()
	for _, field := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: authv3.Authorization_Check_FullMethodName},
		{Name: ":authority", Value: "netwicket"}, {Name: "content-type", Value: "application/grpc"}, {Name: "te", Value: "trailers"},
	}, more...) {
		if err := f.encoder.WriteField(field); err != nil {
			return 0, err
		}
	}
	stream, block, first := f.stream, f.headers.Bytes(), true
	f.stream += 2
	for { // a block longer than a frame goes on in others
		part := block[:min(len(block), 16_000)]
		block = block[len(part):]
		var err error
		if first {
			err = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: part, EndHeaders: len(block) == 0})
		} else {
			err = f.WriteContinuation(stream, len(block) == 0, part)
		}
		if first = false; err != nil || len(block) == 0 {
			return stream, err
		}
	}
}

// say sends a question whole.
func (f *frames) say(r *authv3.CheckRequest, more ...hpack.HeaderField) error {
	stream, err := f.open(more...)
	if err != nil {
		return err
	}
	text, err := proto.Marshal(r)
	if err != nil {
		return err
	}
	return f.WriteData(stream, true, append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text))), text...))
}

// until reads frames up to one of a kind, acknowledging pings as everybody has to.
func (f *frames) until(wanted http2.FrameType) (http2.Frame, error) {
	for {
		frame, err := f.ReadFrame()
		if err != nil || frame.Header().Type == wanted {
			return frame, err
		}
		if ping, ok := frame.(*http2.PingFrame); ok && !ping.IsAck() {
			if err := f.WritePing(true, ping.Data); err != nil {
				return nil, err
			}
		}
	}
}

// TestManyStreams: a client that opens ten thousand has a hundred, and then gets its answer.
func TestManyStreams(t *testing.T) {
	s := serve(t, blocking(""))
	conn, err := net.Dial("tcp", s.listen(t, nil))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	f := speak(t, conn)
	require.EqualValues(t, streamLimit, f.settings[http2.SettingMaxConcurrentStreams])
	require.EqualValues(t, headerLimit, f.settings[http2.SettingMaxHeaderListSize])
	require.EqualValues(t, windowLimit, f.settings[http2.SettingInitialWindowSize])
	var writer sync.WaitGroup
	defer writer.Wait()
	const streams = 10_000
	writer.Go(func() {
		for range streams {
			if _, err := f.open(); err != nil {
				return
			}
		}
	})
	refused := map[uint32]bool{}
	for len(refused) < streams-streamLimit {
		frame, err := f.until(http2.FrameRSTStream)
		require.NoError(t, err, "after %d refusals", len(refused))
		require.Equal(t, http2.ErrCodeRefusedStream, frame.(*http2.RSTStreamFrame).ErrCode)
		refused[frame.Header().StreamID] = true
	}
	for i := range uint32(streamLimit) {
		require.False(t, refused[2*i+1], "the first are under way")
	}
	require.True(t, passes(t, asked(t, envoy(t, "127.0.0.1", conn.RemoteAddr().String()), check("198.51.100.7"))), "others get their answers")
}

// TestLongHeadersOfACall are not read, whoever sends them.
func TestLongHeadersOfACall(t *testing.T) {
	s := serve(t, blocking(""))
	conn, err := net.Dial("tcp", s.listen(t, nil))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	f := speak(t, conn)
	require.NoError(t, f.say(check("198.51.100.7"), hpack.HeaderField{Name: "x-long", Value: strings.Repeat("x", headerLimit-1000)}))
	_, err = f.until(http2.FrameData)
	require.NoError(t, err)
	_ = f.say(check("198.51.100.7"), hpack.HeaderField{Name: "x-long", Value: strings.Repeat("x", headerLimit+1000)}) // the end may come meanwhile
	_, err = f.until(http2.FrameData)
	require.Error(t, err, "the connection ends without an answer")
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

// bubble serves in memory, where no time passes but where everybody waits for it.
func bubble(t *testing.T, test func(t *testing.T, listener *doorwaytest.Listener)) {
	t.Helper()
	files := blocking("")
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, files)
		listener := doorwaytest.New()
		server := extauthz.ServerOn(s.Service, listener, nil, nil)
		done := make(chan error, 1)
		go func() { done <- server.Serve() }()
		defer func() {
			_ = server.Shutdown()
			require.NoError(t, <-done)
			s.journal.Close()
		}()
		test(t, listener)
	})
}

// TestTimes: who says nothing has no connection for long, and a stranger none at all.
func TestTimes(t *testing.T) {
	question := func(t *testing.T, f *frames) {
		require.NoError(t, f.say(check("198.51.100.7")))
		_, err := f.until(http2.FrameData)
		require.NoError(t, err)
	}
	for _, test := range []struct {
		name, from string
		speaks     bool
		says       func(*testing.T, *frames)
		ends       time.Duration
	}{
		{"a proxy that says nothing", "127.0.0.1", false, nil, 5 * time.Second},
		{"a proxy without a question", "127.0.0.1", true, nil, 5 * time.Minute},
		{"a proxy without a further question", "127.0.0.1", true, question, 5 * time.Minute},
		{"a stranger who says nothing", "127.0.0.2", false, nil, 5 * time.Second},
		{"a stranger without a question", "127.0.0.2", true, nil, 5 * time.Second},
		{"a stranger with one", "127.0.0.2", true, question, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, listener *doorwaytest.Listener) {
				dialed, end := listener.Dial(test.from)
				conn := pump(dialed)
				defer conn.Close()
				begun := time.Now()
				if test.speaks {
					f := speak(t, conn)
					if test.says != nil {
						test.says(t, f)
					}
					go func() {
						_, _ = f.until(http2.FrameGoAway)
						_, _ = f.until(http2.FrameGoAway) // the second one closes
						_ = conn.Close()
					}()
				}
				require.Equal(t, test.ends, (<-end).Sub(begun).Truncate(time.Second))
			})
		})
	}
}

// TestPings: every ten seconds is seldom enough, also for who asks nothing; more is not.
func TestPings(t *testing.T) {
	for every, kept := range map[time.Duration]bool{11 * time.Second: true, time.Second: false} {
		bubble(t, func(t *testing.T, listener *doorwaytest.Listener) {
			dialed, _ := listener.Dial("127.0.0.1")
			conn := pump(dialed)
			defer conn.Close()
			f := speak(t, conn)
			goneAway := make(chan http2.ErrCode, 1)
			go func() {
				defer close(goneAway)
				if frame, err := f.until(http2.FrameGoAway); err == nil {
					goneAway <- frame.(*http2.GoAwayFrame).ErrCode
				}
				_, _ = io.Copy(io.Discard, conn)
			}()
			for range 10 {
				if f.WritePing(false, [8]byte{1}) != nil {
					break
				}
				time.Sleep(every)
			}
			_ = conn.Close()
			code, gone := <-goneAway
			require.Equal(t, !kept, gone, every)
			if gone {
				require.Equal(t, http2.ErrCodeEnhanceYourCalm, code)
			}
		})
	}
}

// TestGoneWithoutAWord: a proxy whose pings are not answered is taken for gone.
func TestGoneWithoutAWord(t *testing.T) {
	bubble(t, func(t *testing.T, listener *doorwaytest.Listener) {
		dialed, end := listener.Dial("127.0.0.1")
		conn := pump(dialed)
		defer conn.Close()
		begun := time.Now()
		f := speak(t, conn)
		_, err := f.open() // so that it is not idle
		require.NoError(t, err)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		require.Equal(t, 70*time.Second, (<-end).Sub(begun).Truncate(time.Second))
	})
}

// TestStrangersMakeRoom for each other, and take none of a proxy's.
func TestStrangersMakeRoom(t *testing.T) {
	s := serve(t, blocking(""))
	address := s.listen(t, nil)
	proxy := envoy(t, "127.0.0.1", address)
	require.True(t, passes(t, asked(t, proxy, check("198.51.100.7"))))
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	var first net.Conn
	for i := range s.Admit(nil).Crowd.Room + 1 {
		conn, err := dialer.Dial("tcp", address)
		require.NoError(t, err)
		defer conn.Close()
		if i == 0 {
			first = conn
		}
	}
	require.NoError(t, first.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.Copy(io.Discard, first)
	require.NoError(t, err, "it is closed")
	require.True(t, passes(t, asked(t, proxy, check("198.51.100.7"))))
	require.NotContains(t, s.metrics(), "netwicket_connections_evicted_total 0\n")
}
