// Package staff says what the people may do who administer an endpoint, on the site and over the API.
package staff
