// Package slack lets Linux delay the timers of a program by a quarter of a millisecond, so that
// fewer of them wake it; importing it is all there is to do.
//
// Go's runtime has a thread that looks after the others every 20 µs while anything runs. Each look
// costs a wake-up, which for a program that runs for a millisecond and sleeps for ten is a large
// part of all it uses: here 10 % while a film plays, and 30 % of an idle session. The thread's
// sleeps, like those of all threads, inherit the slack that the first thread has before the
// runtime starts, which is why this is C and not Go. What waits for a file or a socket is woken as
// fast as before, and Go's own timers are no finer than a millisecond when nothing else runs.
//
// Without cgo, and on other systems, it does nothing.
package slack
