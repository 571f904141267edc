// Package storetest is the contract every store passes, whatever database is under it.
package storetest
