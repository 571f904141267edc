package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"

	"beside/auth"
	"beside/auth/machinekey"
	"beside/policy/api"
	"beside/policy/client"
)

// deviceFile is where the device's key is.
func (s *settings) deviceFile() string { return filepath.Join(s.state, "device.json") }

// deviceKey is the key of an enrolled device, nil if there is none that counts here: the app works
// without, and is then believed less.
func deviceKey(file, origin, tenant string, log *slog.Logger) *machinekey.Key {
	k, err := machinekey.Load(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		log.Warn("the key of this device cannot be used", "err", err)
		return nil
	case !k.For(origin, tenant):
		log.Warn("this device is enrolled with another endpoint")
		return nil
	}
	return k
}

// enrol enrols this device. The token comes from a file or in, never from an argument, which others can read.
func (s *settings) enrol(ctx context.Context, from string, in io.Reader, out io.Writer) error {
	if s.endpoint == "" || s.tenant == "" {
		return errors.New("-endpoint and -tenant are needed to enrol")
	}
	web, err := s.dev.web()
	if err != nil {
		return err
	}
	c, err := client.New(client.Config{Endpoint: s.endpoint, HTTP: web, Token: func(context.Context) (string, error) { return "", auth.ErrSignInNeeded }})
	if err != nil {
		return err
	}
	token, err := readToken(from, in)
	if err != nil {
		return err
	}
	got, err := enrolWith(ctx, c, strings.ToLower(s.tenant), token, s.deviceFile())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "This device is enrolled as %q (%s). Its key is in %s and is not protected by hardware yet.\n", got.Name, got.Device, s.deviceFile())
	return err
}

func readToken(from string, in io.Reader) (string, error) {
	if from != "-" {
		return machinekey.ReadToken(from)
	}
	line, err := bufio.NewReader(io.LimitReader(in, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the token: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// enrolWith makes a key, has it enrolled and keeps it. A key that was there stays until the new one counts.
func enrolWith(ctx context.Context, c *client.Client, tenant, token, file string) (api.Enrolled, error) {
	if token == "" {
		return api.Enrolled{}, errors.New("no token was given")
	}
	k, err := machinekey.New(c.Origin(), tenant)
	if err != nil {
		return api.Enrolled{}, err
	}
	d := thisDevice()
	got, err := c.Enrol(ctx, api.Enrol{Tenant: tenant, Token: token, Public: k.Public(), Signature: k.Ask(token), Name: d.Name, OS: d.OS})
	var p *api.Problem
	switch {
	case errors.As(err, &p) && p.Code == api.EnrolInvalid:
		return api.Enrolled{}, errors.New("that token is not accepted: it was used, it ran out, or it is of another endpoint; ask your administrator for a new one")
	case err != nil:
		return api.Enrolled{}, err
	}
	return got, k.Enrolled(got.Device).Save(file)
}
