// Package devidptest signs in on the pages of devidp as a person would, without a browser.
package devidptest
