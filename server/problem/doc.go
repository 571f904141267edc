// Package problem makes the problem documents that the endpoint answers with.
package problem
