//go:build !linux

// The compiler accepts a function without a body only beside an assembly file. On Linux
// cgo does the same.
