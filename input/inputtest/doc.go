// Package inputtest holds an input.Injector that remembers, and the contract that every
// filter in front of one must pass.
package inputtest
