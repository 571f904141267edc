// Package archtest keeps the architecture true: import rules, package comments, file
// sizes, and what may not be inside a release binary. It has tests only.
package archtest
