package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ask gets the passphrase; twice gets it again, from a person who may mistype.
func (o options) ask(ctx context.Context, twice bool) ([]byte, error) {
	if o.passphrase != "" {
		fi, err := os.Stat(o.passphrase)
		if err != nil {
			return nil, err
		}
		if !ownerOnly(fi) {
			return nil, fmt.Errorf("%s may be read by others than its owner", o.passphrase)
		}
		b, err := readFile(o.passphrase)
		return bytes.TrimRight(b, "\r\n"), err
	}
	fi, err := o.in.Stat()
	if err != nil {
		return nil, err
	}
	if fi.Mode()&fs.ModeCharDevice == 0 {
		return line(bufio.NewReader(o.in))
	}
	first, err := o.hidden(ctx, "Passphrase: ")
	if err != nil || !twice {
		return first, err
	}
	again, err := o.hidden(ctx, "Again: ")
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passphrases differ")
	}
	clear(again)
	return first, err
}

// hidden reads a line that is not shown.
func (o options) hidden(ctx context.Context, prompt string) ([]byte, error) {
	show, err := hide(o.in)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, show)() // a terminal is never left without an echo
	defer show()
	fmt.Fprint(o.errs, prompt)
	defer fmt.Fprintln(o.errs)
	return line(bufio.NewReader(o.in))
}

func line(r *bufio.Reader) ([]byte, error) {
	b, err := r.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimRight(b, "\r\n"), nil
}
