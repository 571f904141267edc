package link_test
import ("testing";"time";"beside/session/link";"beside/session/link/linktest")
func TestDbg(t *testing.T){
	p := linktest.New(t, 1, linktest.Net{Delay: 2 * far, Rate: 2e6}, link.SenderConfig{})
			left, ref := 200_000, uint32(0)
			p.Every(ms, 3*time.Second, func() {
				if n := min(left, p.S.Budget()); n > 0 && p.S.Ready() {
					ref++
					left -= n
					p.Send(link.Picture, ref, n)
				}
			})
	p.Every(50*ms, 2*time.Second, func(){ st:=p.S.Stats(); t.Logf("%v rate %.2f queue %v inflight %d rtt %v loss %.3f q %d",p.Now, st.Rate/1e6, st.Queue, st.InFlight, st.RTT, st.Loss, p.S.Queued())})
	p.Run(2 * time.Second)
}
