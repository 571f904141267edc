// Package packaging holds what IT deploys: packages for Linux, the container image, man pages,
// completions, unit files. The Go code in it is tests, and the command licences below it.
package packaging
