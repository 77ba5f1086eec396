package spacemap_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

func TestAmountsInWords(t *testing.T) {
	for n, want := range map[float64]string{
		0: "< 0.1 %", 0.00099: "< 0.1 %", 0.001: "0.1 %", 0.0123: "1.2 %", 0.5: "50.0 %", 0.999: "99.9 %", 0.9991: "> 99.9 %", 0.99999: "> 99.9 %", 1: "100.0 %",
	} {
		require.Equal(t, want, spacemap.Percent(n), n)
	}
	for n, want := range map[float64]string{
		0: "< 0.1", 0.09: "< 0.1", 0.1: "0.1", 0.25: "0.2", 1: "1", 9: "9", 9.96: "10.0", 10: "10", 10.5: "11", 10.4: "10", 999.6: "1,000", 1234.4: "1,234", 1e9 - 1: "999,999,999",
		1e9: "1.0 billion", 2.55e9: "2.5 billion", 999.9e9: "999.9 billion", 1e12: "1 trillion", 1.5e12: "2 trillion", 1.4e12: "1 trillion", 4.5e15: "4,500 trillion",
	} {
		require.Equal(t, want, spacemap.Rounded(n), n)
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1001: "1,001", 999_999: "999,999", 1_000_000: "1,000,000", 1_002_003: "1,002,003"} {
		require.Equal(t, want, spacemap.Thousands(n))
	}
}

// Words stand in as few lines as can be, in order.
func TestWrappedText(t *testing.T) {
	require.Empty(t, spacemap.Wrapped(" ", 5))
	require.Equal(t, []string{"ab cd"}, spacemap.Wrapped(" ab  cd ", 5))
	require.Equal(t, []string{"ab", "cd"}, spacemap.Wrapped("ab cd", 4))
	require.Equal(t, []string{"a", "longer", "b c"}, spacemap.Wrapped("a longer b c", 5))
}

// A text that does not fit is cut where it just does.
func TestShortenedText(t *testing.T) {
	text := "many letters, narrow iiii and wide WWWW"
	whole, width := spacemap.Shortened(t, text, 14, false, 0)
	require.Equal(t, text, whole)
	same, _ := spacemap.Shortened(t, text, 14, false, width)
	require.Equal(t, text, same)
	for room := width - 1; room > 12; room -= 7 {
		shown, takes := spacemap.Shortened(t, text, 14, false, room)
		begin, cut := strings.CutSuffix(shown, "...")
		require.True(t, cut && strings.HasPrefix(text, begin), shown)
		require.LessOrEqual(t, takes, room)
		_, more := spacemap.Shortened(t, text[:len(begin)+1]+"...", 14, false, 0)
		require.Greater(t, more, room, shown)
	}
	require.Equal(t, spacemap.Width(t, "iiii", 13, true), spacemap.Width(t, "WWWW", 13, true), "of a fingerprint all letters are as wide")
	require.Less(t, spacemap.Width(t, "iiii", 13, false), spacemap.Width(t, "WWWW", 13, false))
	_, bold := spacemap.Shortened(t, text, 14, true, 0)
	require.NotEqual(t, width, bold)
	_, large := spacemap.Shortened(t, text, 13, false, 0)
	require.Less(t, large, width)
	long, takes := spacemap.Shortened(t, strings.Repeat("i", 5000), 14, false, 900)
	require.Less(t, len(long), 5000)
	require.Greater(t, takes, 890)
}

// Whatever names are like, no text leaves its place: the sheet, the width of the picture
// that it is about, or the column on the right.
func TestTextsStayInTheirPlaces(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 61))
	name := func(letters int) string {
		b := make([]byte, letters)
		for i := range b {
			b[i] = "iljtfrabcdeghmWMO .-"[random.IntN(20)]
		}
		return string(b)
	}
	cut := 0
	for range 60 {
		subject := spacemap.Subject{Name: name(90 + random.IntN(60)), Notes: []string{name(400)}}
		m := spacemap.New(subject)
		m.Blank()
		for _, text := range m.Texts(t) {
			right := 1088 + 512 // of the column
			switch {
			case text.Y == 46:
				right = 1628 - 28
			case text.X < 1088:
				right = 28 + 1024
			}
			from, to := text.X, text.X+text.Width
			if text.ToLeft {
				from, to = text.X-text.Width, text.X
			}
			require.LessOrEqual(t, to, right, "%+v", text)
			require.GreaterOrEqual(t, from, 28, "%+v", text)
			if strings.HasSuffix(text.Text, "...") {
				cut++
			}
		}
	}
	require.Greater(t, cut, 30)
}

// The legend has reserved space where there is some in IPv4, of which all is shown.
func TestReservedOnTheSheet(t *testing.T) {
	whole := entriesOf("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2600::/32")
	for n, want := range map[int]bool{len(whole): false, len(whole) - 3: true, 0: true} {
		m := spacemap.New(spacemap.Subject{Config: decide.Config{SailPoint: &zone.NetworkConfig{Range: whole[len(whole)-n:]}}})
		m.Blank()
		has := slices.ContainsFunc(m.Texts(t), func(text spacemap.Lettered) bool { return text.Text == "reserved: not counted" })
		require.Equal(t, want, has, n)
	}
}
