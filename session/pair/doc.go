// Package pair proves that two apps hold the same security code, and turns that into keys.
//
// It is CPace (draft-irtf-cfrg-cpace-21, CPACE-RISTR255-SHA512, initiator/responder) with the
// identities, nonces, versions and DTLS fingerprints of Beside's protocol bound into it, explicit
// key confirmation with the helper first, and the sealed conversation that follows. Both a
// HelperRun and a SharerRun work once: an error at any step kills the run for ever, so that
// nobody, the endpoint included, gets a second guess at a code.
//
// HelperSAS and SharerSAS are the pairing of a session that is started from the admin site: nobody
// types anything, and people compare six digits. Their keys count only once people have.
//
// The package is pure: no network, no clock. The draft's vectors and Beside's own known answers
// are in testdata.
package pair
