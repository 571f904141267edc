//go:build cgo

package slack

/*
#include <sys/prctl.h>

// PR_SET_TIMERSLACK takes nanoseconds. When it fails, everything works as it does without.
__attribute__((constructor)) static void beside_slack(void) { prctl(PR_SET_TIMERSLACK, 250000UL, 0, 0, 0); }
*/
import "C"
