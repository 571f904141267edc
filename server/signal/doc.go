// Package signal is where two apps meet: it opens and claims codes, relays what it cannot
// read, asks policy at every step, hands out grants and takes them back.
//
// A session goes waiting (a code) → claimed (two accounts) → met (paired; cards shown) →
// ended. What must survive a restart of the endpoint is in the store; undelivered pushes
// are not. The hub is trusted only to refuse: nothing here can put it between the two apps.
package signal
