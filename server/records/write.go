package records

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// Row is what stands in one line of a table.
type Row interface{ Row() []string }

// Format is how an export is written.
type Format string

// The formats; the values are the ends of file names.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// FormatOf is the format that the end of a path names.
func FormatOf(path string) Format {
	if strings.HasSuffix(path, "."+string(JSONLines)) {
		return JSONLines
	}
	return CSV
}

// flushEvery is after how many rows the reader gets what is there.
const flushEvery = 500

// patience is how long a reader may take for as many.
const patience = time.Minute

// Serve sends rows as a file of that name, as they come. An error before the first row is returned
// and nothing was sent; after it the connection is broken off, so that half a file does not look
// like a whole one.
func Serve[R Row](w http.ResponseWriter, name string, f Format, header []string, rows iter.Seq2[R, error]) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	row, err, more := next()
	if more && err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", map[Format]string{CSV: "text/csv; charset=utf-8", JSONLines: "application/x-ndjson"}[f])
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+"."+string(f)))
	w.WriteHeader(http.StatusOK)
	put, flush := writer(w, f, header)
	out := http.NewResponseController(w)
	longer := func() { _ = out.SetWriteDeadline(time.Now().Add(patience)) } // a long file, not a slow reader
	longer()
	for n := 1; more; n++ {
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if put(row) != nil {
			return nil // the reader went away
		}
		if n%flushEvery == 0 {
			flush()
			_ = out.Flush()
			longer()
		}
		row, err, more = next()
	}
	flush()
	return nil
}

func writer(w io.Writer, f Format, header []string) (put func(Row) error, flush func()) {
	if f == JSONLines {
		enc := json.NewEncoder(w)
		return func(r Row) error { return enc.Encode(r) }, func() {}
	}
	c := csv.NewWriter(w)
	_ = c.Write(header) // it is buffered; the first row says if it went wrong
	return func(r Row) error {
		cells := r.Row()
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		if err := c.Write(cells); err != nil {
			return err
		}
		return c.Error()
	}, c.Flush
}

// Cell is a text as a cell of a table that a spreadsheet will not take for a formula. Spaces and
// characters of no width are looked through, as spreadsheets do.
func Cell(s string) string {
	t := strings.TrimLeft(s, " \u00a0\u200b\ufeff\x00")
	if t == "" || !strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(t)[0]) {
		return s
	}
	return "'" + s
}
