// Command beside-endpoint is an organisation's policy endpoint: it decides who may help
// whom, brings the two apps together and keeps the records.
package main
