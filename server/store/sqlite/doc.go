// Package sqlite opens a store in one SQLite file: one node, nothing to install.
package sqlite
