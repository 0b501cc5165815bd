package main

import (
	"github.com/kataras/neffos"
)

var closeScenarios = []scenario{
	{"close-from-server", closeFromServer},
	{"close-from-client", closeFromClient},
}

// What the handlers see of a close, from whichever side it comes.
var closeTrace = []string{
	"_OnRoomLeave lobby local forced", "_OnRoomLeft lobby local forced", "_OnNamespaceDisconnect local forced",
}

func closeFromServer(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	p.join(ns, "lobby")
	p.trace()

	emit(ns.Emit("kick", nil), "kick")
	p.awaitClose()
	step("closed", field{"events", p.expectTrace("close", closeTrace...)}, field{"reason", p.readError()})

	expectUnusable(ns)
	step("unusable")
}

func closeFromClient(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	p.join(ns, "lobby")
	p.trace()

	p.idle()
	p.client.Close()
	p.awaitClose()
	step("closed", field{"events", p.expectTrace("close", closeTrace...)})

	expectUnusable(ns)
	step("unusable")

	next := s.dial(dialOptions{})
	next.echo(next.connect("default"), "default", "", "echo", "the server goes on")
	step("server-goes-on")
}

func (p *peer) awaitClose() {
	select {
	case <-p.client.NotifyClose:
	case <-p.ctx.Done():
		fail("NotifyClose: %v", p.ctx.Err())
	}
}

func (p *peer) readError() string {
	ended, err := p.socket.ReadError(p.ctx)
	if err != nil {
		fail("the read loop goes on: %v", err)
	}

	return ended.Error()
}

func expectUnusable(ns *neffos.NSConn) {
	expect("closed", ns.Conn.IsClosed(), true)
	expect("emit after the close", ns.Emit("chat", []byte("too late")), false)
}
