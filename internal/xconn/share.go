package xconn

import (
	"fmt"

	"github.com/gen2brain/shm"
	"github.com/jezek/xgb"
	xshm "github.com/jezek/xgb/shm"
)

// Share makes n bytes of memory that only this user and the X server can reach, and that vanishes
// with the last of them even if we crash. With readOnly the server does not write into it. Detach
// ends the server's side, as the end of the connection does, and Unshare ours.
func Share(c *xgb.Conn, n int, readOnly bool) (xshm.Seg, []byte, error) {
	id, err := shm.Get(shm.IPC_PRIVATE, n, shm.IPC_CREAT|0o600)
	if err != nil {
		return 0, nil, fmt.Errorf("make shared memory: %w", err)
	}
	defer shm.Rm(id) //nolint:errcheck // at once: it lives while somebody is attached
	mem, err := shm.At(id, 0, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("attach shared memory: %w", err)
	}
	seg, err := xshm.NewSegId(c)
	if err == nil {
		err = xshm.AttachChecked(c, seg, uint32(id), readOnly).Check()
	}
	if err != nil {
		Unshare(mem)
		return 0, nil, fmt.Errorf("attach shared memory in the X server: %w", err)
	}
	return seg, mem, nil
}

// Unshare gives our side of shared memory back; nothing may touch mem any more.
func Unshare(mem []byte) { _ = shm.Dt(mem) }
