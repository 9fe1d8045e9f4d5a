package ldap_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
)

// directory is a small LDAP server in the test's process.
type directory struct {
	t       *testing.T
	entries map[string]entry // by the search filter that finds them
	binds   map[string]string
	tls     *tls.Config
	listen  net.Listener
	running sync.WaitGroup

	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	filters []string
	plain   []string // passwords that came over a connection without TLS
}

type entry struct {
	dn         string
	attributes map[string][]string
}

// newDirectory starts a server that knows ada, who may command, and bob.
func newDirectory(t *testing.T, secure bool) *directory {
	d := &directory{t: t, conns: map[net.Conn]struct{}{}, tls: certificate(t),
		binds: map[string]string{"uid=svc,dc=example": "service secret", "uid=ada,cn=users,dc=example": "ada's secret", "uid=bob,cn=users,dc=example": "bob's secret"},
		entries: map[string]entry{
			"(uid=ada)": {"uid=ada,cn=users,dc=example", map[string][]string{"uid": {"ada"}, "mail": {"ada@example.org"}, "givenName": {"Ada"}, "sn": {"Lovelace"},
				"memberOf": {"cn=others,cn=groups,dc=example", "cn=love_ops,cn=groups,dc=example"}}},
			"(uid=bob)": {"uid=bob,cn=users,dc=example", map[string][]string{"uid": {"bob"}, "memberOf": {"cn=love_ops_not,cn=groups,dc=example"}}},
		}}
	d.entries["(uid=ADA)"] = d.entries["(uid=ada)"]
	var err error
	d.listen, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if secure {
		d.listen = tls.NewListener(d.listen, d.tls)
	}
	d.running.Go(func() {
		for {
			c, err := d.listen.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.conns[c] = struct{}{}
			d.mu.Unlock()
			d.running.Go(func() { d.serve(c, secure) })
		}
	})
	t.Cleanup(d.close)
	return d
}

func (d *directory) close() {
	d.listen.Close()
	d.mu.Lock()
	for c := range d.conns {
		c.Close()
	}
	d.mu.Unlock()
	d.running.Wait()
}

func (d *directory) serve(c net.Conn, secured bool) {
	defer func() { c.Close() }()
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, op := p.Children[0].Value.(int64), p.Children[1]
		switch op.Tag {
		case ldap.ApplicationBindRequest:
			dn, password := op.Children[1].Value.(string), op.Children[2].Data.String()
			if !secured {
				d.mu.Lock()
				d.plain = append(d.plain, password)
				d.mu.Unlock()
			}
			code := int64(ldap.LDAPResultInvalidCredentials)
			if want, ok := d.binds[dn]; ok && want == password || password == "" { // servers take that for an anonymous log-in
				code = ldap.LDAPResultSuccess
			}
			answer(c, id, result(ldap.ApplicationBindResponse, code))
		case ldap.ApplicationSearchRequest:
			filter, err := ldap.DecompileFilter(op.Children[6])
			if err != nil {
				return
			}
			d.mu.Lock()
			d.filters = append(d.filters, filter)
			e, ok := d.entries[filter]
			d.mu.Unlock()
			if ok {
				answer(c, id, found(e))
			}
			answer(c, id, result(ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess))
		case ldap.ApplicationExtendedRequest: // StartTLS
			answer(c, id, result(ldap.ApplicationExtendedResponse, ldap.LDAPResultSuccess))
			c, secured = tls.Server(c, d.tls), true
		default:
			return
		}
	}
}

func answer(c net.Conn, id int64, op *ber.Packet) {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(op)
	_, _ = c.Write(p.Bytes())
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func result(tag ber.Tag, code int64) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(text(""))
	p.AppendChild(text(""))
	return p
}

func found(e entry) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(text(e.dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, values := range e.attributes {
		attribute := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		attribute.AppendChild(text(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(text(v))
		}
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	p.AppendChild(list)
	return p
}

// certificate is a certificate for 127.0.0.1 that no authority signed.
func certificate(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "directory"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}}
}

// client is the TLS configuration of a client that trusts the server's certificate.
func (d *directory) client() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(d.tls.Certificates[0].Leaf)
	return &tls.Config{RootCAs: pool}
}
