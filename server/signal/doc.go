// Package signal is where two apps meet: it opens and claims codes, relays what it cannot
// read, asks policy at every step, hands out grants and takes them back.
//
// A session goes waiting (a code) → claimed (two accounts) → met (paired; cards shown) →
// ended. A hub that is alone keeps sessions in memory, with what must survive a restart in the
// store; undelivered pushes must not. Hubs that share a store keep nothing but sockets: each
// request is one transaction that holds the session's row (see hold), pushes are numbered
// rows, and a note tells the node that has the other side. The hub is trusted only to refuse: nothing here can put it between the two apps.
package signal
