// Package postgres opens a store in a PostgreSQL database that several nodes may share.
package postgres
