package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"beside/server/manage"
	"beside/server/node"
	"beside/server/sink"
)

// siemFlags say where the audit log is sent.
type siemFlags struct {
	syslog, webhook, secretFile, ca string
}

func (s *siemFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&s.syslog, "syslog", "", "syslog receiver of the audit log: tls://host:port, or tcp://host:port without protection; none if empty")
	fs.StringVar(&s.webhook, "webhook", "", "https:// URL that the audit log is posted to; none if empty")
	fs.StringVar(&s.secretFile, "webhook-secret-file", "", "file with the secret that signs what is posted, readable by its owner only")
	fs.StringVar(&s.ca, "siem-ca", "", "file with the authority of those receivers, if it is none of the system's")
}

// shortSecret is what a webhook's secret must have at least.
const shortSecret = 16

// config is what the node is told. host is what the endpoint calls itself.
func (s *siemFlags) config(host string) (node.SIEM, error) {
	var out node.SIEM
	var wrong faults
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.ca != "" {
		pem, err := os.ReadFile(s.ca)
		conf.RootCAs = x509.NewCertPool()
		wrong.add(err)
		wrong.when(err == nil && !conf.RootCAs.AppendCertsFromPEM(pem), "-siem-ca: there is no certificate in it")
	}
	if s.syslog != "" {
		u, err := url.Parse(s.syslog)
		if err != nil || u.Scheme != "tls" && u.Scheme != "tcp" || u.Hostname() == "" || u.Port() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			wrong.add(fmt.Errorf("-syslog must be tls://host:port or tcp://host:port"))
		} else {
			out.Syslog = &sink.Syslog{Address: net.JoinHostPort(u.Hostname(), u.Port()), Host: host}
			if u.Scheme == "tls" {
				out.Syslog.TLS = conf
			}
		}
	}
	if s.webhook == "" {
		wrong.when(s.secretFile != "", "-webhook-secret-file needs -webhook")
		return out, wrong.err()
	}
	u, err := url.Parse(s.webhook)
	wrong.when(err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "", "-webhook must be an https:// URL without a name or password in it")
	if s.secretFile == "" {
		wrong.add(fmt.Errorf("%w: -webhook needs -webhook-secret-file", manage.ErrUsage))
		return out, wrong.err()
	}
	secret, err := secretFile("-webhook-secret-file", s.secretFile)
	wrong.add(err)
	wrong.when(err == nil && len(secret) < shortSecret, "-webhook-secret-file: a secret has 16 characters or more")
	out.Webhook = &sink.Webhook{
		URL: s.webhook, Secret: []byte(secret), Now: time.Now,
		HTTP: sink.NewHTTPClient(&http.Transport{TLSClientConfig: conf, Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}),
	}
	return out, wrong.err()
}
