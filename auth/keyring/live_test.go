//go:build keyring

package keyring

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
