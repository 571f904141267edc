// Package directory says what is known about people and devices, whoever keeps the
// list: the endpoint's own file, or the organisation's directory service.
package directory
