// Package input carries pointer and keyboard events to the machine being shared,
// and the filters that stand between a helper and the operating system:
// LocalWins, OwnWindows and Held, each an Injector that holds the next one.
package input
