package session_test

import "encoding/json"

// read decodes what a hook of the endpoint was given.
func read[T any](b []byte) (v T) {
	_ = json.Unmarshal(b, &v)
	return v
}
