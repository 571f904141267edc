// Package selfca is a certificate authority of the endpoint's own, in its data folder, for
// those who have no certificate for it. Apps must be given ca.pem to trust it.
package selfca
