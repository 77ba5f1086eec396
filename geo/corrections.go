package geo

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/netset"
)

// columns are what the header line of corrections must say.
var columns = []string{"network", "country", "region", "asn", "anonymizer", "services"}

// none is the cell that says that an address is known to have none of a datum.
// For country, region and ASN, which every routed address has, that is the same
// as unknown.
const none = "-"

// row is one line of corrections. There may be millions.
type row struct {
	interval
	v4     bool
	line   uint32
	said   uint32 // the number of what its cells say
	number uint32 // the number of that together with the rows around it
}

// csvReader reads corrections or a geofeed: RFC 4180 text as encoding/csv reads it.
type csvReader struct {
	textReader
	feed       bool
	csv        *csv.Reader
	vocabulary *vocabulary
	rows       []row
	layer      *layer // its statements are numbered first
	numbers    map[statement]uint32
}

// readCSV reads corrections or a geofeed into a layer. The errors are all that are wrong with
// it; beside an error the layer is of no use.
func readCSV(file string, content []byte, v *vocabulary) (*layer, Dataset, *textReader) {
	r := parseCSV(file, content, v)
	r.layer.supplied = r.supply() // what rows say alone, not what nesting makes of it
	r.layer.v4 = of4(r.nest(true, addrnum.IPv4.Last()))
	r.layer.v6 = r.nest(false, addrnum.IPv6.Last())
	slices.SortStableFunc(r.errors, func(a, b *Finding) int { return a.Line - b.Line })
	dataset := Dataset{Type: "csv", Networks: len(r.rows)}
	if r.feed {
		dataset.Type = "geofeed"
	}
	for i := range r.rows {
		if r.rows[i].v4 {
			dataset.Networks4++
		}
	}
	return r.layer, dataset, &r.textReader
}

// parseCSV reads the rows, and what each says, row by row.
func parseCSV(file string, content []byte, v *vocabulary) *csvReader {
	r := &csvReader{textReader: textReader{file: file}, vocabulary: v, layer: &layer{statements: make([]statement, 1)}}
	r.numbers = map[statement]uint32{}
	text := r.withoutMark(content)
	if r.longLine(text) {
		return r
	}
	if r.feed = isGeofeed(text); r.feed {
		text = withoutComments(text)
	}
	r.csv = csv.NewReader(bytes.NewReader(text))
	r.csv.FieldsPerRecord = -1 // counted here, with a better message
	r.csv.ReuseRecord = true
	if !r.feed && !r.header() {
		return r
	}
	for len(r.errors) < finding.Limit && r.next() {
	}
	return r
}

// supply is what the rows of each family list: a row that says that there is
// none speaks for its own network and provides nothing (docs/semantics.md, geo-5
// and geo-11).
func (r *csvReader) supply() supply {
	var stated families
	seen := make([][2]bool, len(r.layer.statements))
	for i := range r.rows {
		row := &r.rows[i]
		family, at := &stated.v6, 1
		if row.v4 {
			family, at = &stated.v4, 0
		}
		if !seen[row.said][at] {
			seen[row.said][at] = true
			family.add(r.lists(&r.layer.statements[row.said]))
		}
	}
	return supply{provided: stated, stated: stated}
}

// lists is what a row lists.
func (r *csvReader) lists(said *statement) Provided {
	listed := Provided{Fields: said.places(), Anonymizer: said.hides}
	if said.hides != 0 {
		listed.Fields |= AnonymizerField
	}
	for _, service := range r.vocabulary.sets[said.services].services {
		listed.Fields |= ServicesField
		listed.Services |= service.sorts()
		if !service.Unnamed() && service.Name != torCategory {
			listed.add(Provided{Operators: []string{service.Name}})
		}
	}
	return listed
}

// longLine looks for a line that no corrections have, before encoding/csv keeps it.
func (r *csvReader) longLine(text []byte) bool {
	line := 0
	for text := range bytes.Lines(text) {
		line++
		if length := len(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))); length > maxLineLength {
			r.fail(line, 1, "", "line-too-long", fmt.Errorf("a line of %d bytes; the limit is %d", length, maxLineLength))
			return true
		}
	}
	return false
}

func (r *csvReader) header() bool {
	want := strings.Join(columns, ",")
	cells, err := r.csv.Read()
	switch {
	case err == io.EOF:
		r.fail(1, 1, "", "bad-header", fmt.Errorf("an empty file; expected the header line %s", want))
		return false
	case err != nil:
		r.syntaxError(err)
		return false
	case !slices.Equal(cells, columns):
		line, _ := r.csv.FieldPos(0)
		r.fail(line, 1, strings.Join(cells, ","), "bad-header", fmt.Errorf("expected the header line %s", want))
		return false
	}
	return true
}

// next reads one row; false at the end.
func (r *csvReader) next() bool {
	cells, err := r.csv.Read()
	if err == io.EOF {
		return false
	}
	if err != nil {
		return r.syntaxError(err)
	}
	line, _ := r.csv.FieldPos(0)
	switch {
	case !r.feed && len(cells) != len(columns):
		r.fail(line, 1, strings.Join(cells, ","), "bad-row",
			fmt.Errorf("%d cells; expected %d: %s", len(cells), len(columns), strings.Join(columns, ",")))
		return true
	case len(r.rows) == maxRows:
		r.fail(line, 1, "", "too-many-rows", fmt.Errorf("more than %d rows", maxRows))
		return false
	case r.feed:
		r.feedRow(line, cells)
		return true
	}
	failed := len(r.errors)
	network := r.network(cells[0])
	said := r.statement(cells)
	if len(r.errors) > failed {
		return true
	}
	if said.states == 0 {
		r.warn(line, 1, cells[0], "states-nothing", errors.New("every cell of the row is empty; it has no effect"))
	}
	r.add(line, network, said)
	return true
}

func (r *csvReader) add(line int, network netipx.IPRange, said statement) {
	r.rows = append(r.rows, row{
		interval: interval{addrnum.From(network.From()), addrnum.From(network.To())},
		v4:       network.From().Is4(),
		line:     uint32(line),
		said:     r.number(said),
	})
}

// syntaxError reports what encoding/csv objects to; false if nothing can be
// read behind it.
func (r *csvReader) syntaxError(err error) bool {
	var syntax *csv.ParseError
	if !errors.As(err, &syntax) {
		r.fail(1, 1, "", "bad-csv", err)
		return false
	}
	r.fail(syntax.Line, syntax.Column, "", "bad-csv", syntax.Err)
	return true
}

// network reads the first cell.
func (r *csvReader) network(cell string) netipx.IPRange {
	network, hostBits, err := netset.Parse(cell)
	if err != nil {
		r.cellError(0, cell, netset.Code(cell), err)
		return netipx.IPRange{}
	}
	for _, caution := range netset.Cautions(network, hostBits) {
		if caution.Code == "host-bits" { // a row about all addresses, or most, is what the rows inside it correct
			line, column := r.csv.FieldPos(0)
			r.warn(line, column, cell, caution.Code, caution.Err)
		}
	}
	return network
}

func (r *csvReader) cellError(column int, cell, code string, err error) {
	line, at := r.csv.FieldPos(column)
	r.fail(line, at, cell, code, err)
}
