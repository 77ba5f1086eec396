package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"io"
	"iter"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/shown"
)

// Table is what to write as a table that a warehouse joins its logs with. The zero
// Table is every address, denied.
type Table struct {
	Policy     *decide.Policy
	Compare    bool           // write what Against says beside it
	Against    *decide.Policy // an older policy
	Family     int            // 4 or 6; 0: both
	NoEmbedded bool           // leave out the networks of [embedding], which hold IPv4 addresses
	NoBuckets  bool           // do not cut ranges where the bucket changes
}

// embedding are the networks of IPv6 whose addresses hold an IPv4 address: NAT64,
// its local part, Teredo and 6to4 (docs/semantics.md, embedded-1), in address order.
// They repeat the whole of IPv4, which is two thirds of a table.
func embedding() []netipx.IPRange {
	var list []netipx.IPRange
	for _, prefix := range []string{"64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"} {
		list = append(list, netipx.RangeOfPrefix(netip.MustParsePrefix(prefix)))
	}
	return list
}

// WriteTable writes CSV with a heading: ranges of equal decision in address order,
// with their bounds as text and as numbers. Numbers of IPv4 are decimal, those of
// IPv6 32 hexadecimal digits, which as text are in the same order. A bucket is the
// first 16 bits of an address, as a number or as 4 digits. Every bucket that has
// addresses has rows, and no row has addresses of two: who looks for one joins by
// the bucket, and compares the bounds of its rows alone.
func WriteTable(out io.Writer, table Table) error {
	w := tableWriter{out: bufio.NewWriterSize(out, 64<<10), table: table, texts: map[[2]decide.Judgment]string{}}
	heading := "family,start_ip,end_ip,start_int,end_int,network_bucket,decision,reason,zone,rule"
	if table.Compare {
		heading += ",was_decision,was_reason,was_zone,was_rule"
	}
	w.write(append([]byte(heading), '\n'))
	for r, said := range table.ranges() {
		if w.err != nil {
			return w.err
		}
		w.add(r, said)
	}
	w.close()
	return w.out.Flush() // which has the first error, too
}

// ranges are those that the table is about, with what both policies say of them.
func (t *Table) ranges() iter.Seq2[netipx.IPRange, [2]decide.Judgment] {
	return func(yield func(netipx.IPRange, [2]decide.Judgment) bool) {
		left := embedding()
		for r, said := range t.all() {
			if t.Family != 0 && r.From().Is4() != (t.Family == 4) {
				continue
			}
			from := r.From()
			for t.NoEmbedded && len(left) > 0 && left[0].From().Compare(r.To()) <= 0 {
				//   from .. r.To()
				// |-------|left[0]|---->
				if from.Compare(left[0].From()) < 0 && !yield(netipx.IPRangeFrom(from, left[0].From().Prev()), said) {
					return
				}
				if left[0].To().Compare(r.To()) > 0 {
					from = netip.Addr{} // the rest of r lies inside
					break
				}
				from, left = left[0].To().Next(), left[1:]
			}
			if from.IsValid() && from.Compare(r.To()) <= 0 && !yield(netipx.IPRangeFrom(from, r.To()), said) {
				return
			}
		}
	}
}

func (t *Table) all() iter.Seq2[netipx.IPRange, [2]decide.Judgment] {
	return func(yield func(netipx.IPRange, [2]decide.Judgment) bool) {
		if t.Compare {
			for r, d := range decide.SideBySide(t.Against, t.Policy) {
				if !yield(r, [2]decide.Judgment{d[1].Judgment, d[0].Judgment}) {
					return
				}
			}
			return
		}
		for r, d := range t.Policy.Ranges() {
			if !yield(r, [2]decide.Judgment{d.Judgment}) {
				return
			}
		}
	}
}

// tableWriter joins neighbours whose rows would say the same: a policy tells more
// decisions apart than a row shows, such as by what is unknown.
type tableWriter struct {
	out   *bufio.Writer
	err   error // the first one
	table Table
	texts map[[2]decide.Judgment]string // the ends of rows
	row   []byte

	from, to netip.Addr
	said     [2]decide.Judgment // what text is about
	text     string             // empty: there is no range yet
}

func (w *tableWriter) write(text []byte) {
	_, w.err = w.out.Write(text) // which keeps the first error
}

func (w *tableWriter) add(r netipx.IPRange, said [2]decide.Judgment) {
	text := w.text
	if text == "" || w.said != said {
		text = w.textOf(said)
	}
	if w.text != text || w.to.Next() != r.From() {
		w.close()
		w.from, w.text = r.From(), text
	}
	w.to, w.said = r.To(), said
}

// textOf is the end of a row, from the comma before the decision.
func (w *tableWriter) textOf(said [2]decide.Judgment) string {
	text, found := w.texts[said]
	if !found {
		count := 1
		if w.table.Compare {
			count = 2
		}
		for i := range said[:count] {
			d := &said[i]
			zone := ""
			if d.Zone != nil {
				zone = d.Zone.Name
			}
			text += cells(d.Verdict.String(), d.Reason.String(), zone, d.Rule)
		}
		text += "\n"
		w.texts[said] = text
	}
	return text
}

// cells are texts as CSV, each behind a comma. Names are on one line whatever they
// hold, so that a file can be cut between lines, as bulk loaders do.
func cells(texts ...string) string {
	var b bytes.Buffer
	row := csv.NewWriter(&b)
	for i := range texts {
		texts[i] = shown.Text(texts[i])
	}
	_ = row.Write(texts) // into memory
	row.Flush()
	return "," + strings.TrimSuffix(b.String(), "\n")
}

// close writes the range, a row for each bucket.
func (w *tableWriter) close() {
	if w.text == "" {
		return
	}
	first, last, family := addrnum.From(w.from), addrnum.From(w.to), addrnum.FamilyOf(w.from)
	for {
		to := last
		if end := bucketEnd(family, first); !w.table.NoBuckets && end.Less(last) {
			to = end
		}
		w.writeRow(family, first, to)
		if to == last || w.err != nil {
			return
		}
		first = to.Next()
	}
}

// bucketEnd is the last address of the bucket of n.
func bucketEnd(family addrnum.Family, n addrnum.Number) addrnum.Number {
	if family == addrnum.IPv4 {
		return addrnum.Number{Lo: n.Lo | 0xffff}
	}
	return addrnum.Number{Hi: n.Hi | math.MaxUint64>>16, Lo: math.MaxUint64}
}

func (w *tableWriter) writeRow(family addrnum.Family, first, last addrnum.Number) {
	row := append(w.row[:0], "4,"...)
	if family == addrnum.IPv6 {
		row[0] = '6'
	}
	row = append(family.Addr(first).AppendTo(row), ',')
	row = append(family.Addr(last).AppendTo(row), ',')
	if family == addrnum.IPv4 {
		row = append(strconv.AppendUint(row, first.Lo, 10), ',')
		row = append(strconv.AppendUint(row, last.Lo, 10), ',')
		row = strconv.AppendUint(row, first.Lo>>16, 10)
	} else {
		from, to := first.Addr6().As16(), last.Addr6().As16()
		row = append(hex.AppendEncode(row, from[:]), ',')
		row = append(hex.AppendEncode(row, to[:]), ',')
		row = hex.AppendEncode(row, from[:2])
	}
	w.row = append(row, w.text...)
	w.write(w.row)
}
