package pause_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"beside/internal/pause"
)

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := pause.For(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := pause.For(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v, with a second of time", err, time.Since(began))
		}
		if err := pause.For(t.Context(), -1); err != nil {
			t.Errorf("no time at all: %v", err)
		}
	})
}
