//go:build keyring

package keyring

// These want a Secret Service of their own:
//
//	go test -c -tags keyring -o k.test ./auth/keyring
//	dbus-run-session -- sh -c 'printf pw | gnome-keyring-daemon --unlock --components=secrets --daemonize; ./k.test -test.run "TestLive$"'
//	dbus-run-session -- ./k.test -test.run TestLiveLocked
//
// with HOME and XDG_RUNTIME_DIR in an empty folder.

import "testing"

// TestLive runs against the Secret Service of the session it is started in.
func TestLive(t *testing.T) {
	c := config(t)
	c.ClientID = t.Name()
	one := open(t, c)
	if ok, why := one.Persistent(); !ok {
		t.Fatal(why)
	}
	put(t, one)
	if got := get(t, open(t, c)); got != secret {
		t.Errorf("next start: %q", got)
	}
}

// TestLiveLocked runs where the keyring is locked.
func TestLiveLocked(t *testing.T) {
	k := open(t, config(t))
	if ok, why := k.Persistent(); ok || why == nil {
		t.Errorf("persistent: %v, %v", ok, why)
	} else {
		t.Log(why)
	}
}
