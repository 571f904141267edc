// Package keys keeps what the endpoint signs with, in files of the data folder that only
// its owner may read, and signs grants, revocations and key statements.
//
// The files are grant.key (Ed25519, signs grants; never in a backup) and anchor.key with
// anchor.pub (Ed25519, signs the statement that names the grant key). For a quick start
// the anchor is made here; an organisation that wants the endpoint to be unable to change
// its own keys moves anchor.key elsewhere and leaves anchor.pub.
package keys
