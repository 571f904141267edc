// Package prom writes figures in the text format of Prometheus.
package prom
