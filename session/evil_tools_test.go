package session_test

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"
)

// read decodes what a hook of the endpoint was given.
func read[T any](b []byte) (v T) {
	_ = json.Unmarshal(b, &v)
	return v
}

// noLeak fails the test if goroutines are left when everything else of it is done.
func noLeak(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for limit := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				buf := make([]byte, 1<<16)
				t.Errorf("goroutines were left:\n%s", buf[:runtime.Stack(buf, true)])
				return
			}
		}
	})
}
