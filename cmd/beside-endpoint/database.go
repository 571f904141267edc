package main

import (
	"fmt"
	"net/url"

	"beside/server/manage"
)

// database finds the one URL among flag, file and environment; "" means SQLite. No error
// holds the URL, because it may hold a password.
func database(arg, file, env string) (string, error) {
	switch {
	case arg != "" && file != "":
		return "", fmt.Errorf("%w: -database and -database-file exclude each other", manage.ErrUsage)
	case arg != "":
		u, err := databaseURL(arg)
		if err != nil {
			return "", fmt.Errorf("%w: -database: %w", manage.ErrUsage, err)
		}
		if _, secret := u.User.Password(); secret || u.Query().Has("password") || u.Query().Has("sslpassword") {
			return "", fmt.Errorf("%w: a password in -database can be read by every user of this machine; use DATABASE_URL or -database-file", manage.ErrUsage)
		}
		return arg, nil
	case file != "":
		text, err := secretFile("-database-file", file)
		if err != nil {
			return "", err
		}
		if _, err := databaseURL(text); err != nil {
			return "", fmt.Errorf("%w: -database-file: %w", manage.ErrUsage, err)
		}
		return text, nil
	case env != "":
		if _, err := databaseURL(env); err != nil {
			return "", fmt.Errorf("%w: DATABASE_URL: %w", manage.ErrUsage, err)
		}
	}
	return env, nil
}

func databaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fmt.Errorf("not a postgres:// URL")
	}
	return u, nil
}
