package graph

import (
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrUnavailable means there is no answer that can be used: the service is away, throttles,
	// refuses the endpoint or makes no sense.
	ErrUnavailable = errors.New("graph: unavailable")
	// ErrNotFound means the service answered that there is no such thing.
	ErrNotFound = errors.New("graph: not found")
	// ErrConfig means that credentials or addresses cannot be used as they are configured.
	ErrConfig = errors.New("graph: configuration")
)

// StatusError is an answer that is no success. It wraps ErrNotFound or ErrUnavailable.
type StatusError struct {
	Status int
	Code   string // the service's short word, e.g. Authorization_RequestDenied; "" if it had none
}

// Error names the status and the service's word; its sentences are not repeated, as they may
// quote what was asked.
func (e *StatusError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("graph: status %d", e.Status)
	}
	return fmt.Sprintf("graph: status %d, %s", e.Status, e.Code)
}

// Unwrap says what the status means for the asker.
func (e *StatusError) Unwrap() error {
	if e.Status == http.StatusNotFound {
		return ErrNotFound
	}
	return ErrUnavailable
}

// nonsense is an answer that does not have the shape it must have.
func nonsense(what string) error { return fmt.Errorf("%w: %s", ErrUnavailable, what) }

// word is what may be shown of a service's error code: short, and of plain letters.
func word(s string) string {
	if len(s) > 60 {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.' {
			return ""
		}
	}
	return s
}
