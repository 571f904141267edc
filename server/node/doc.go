// Package node puts the parts of a policy endpoint together and runs them: data folder,
// store, directory, keys, TLS, HTTP. Who signs in where is given by the commands.
package node
