package main

import (
	"errors"
	"net/url"

	"github.com/kataras/neffos"
)

var connectScenarios = []scenario{
	{"dial-id", dialID},
	{"refused-dial", refusedDial},
	{"connect", connect},
	{"connect-unknown", connectUnknown},
	{"connect-refused", connectRefused},
	{"disconnect", disconnect},
	{"empty-namespace", emptyNamespace},
	{"semicolon-names", semicolonNames},
}

func dialID(s *session) {
	p := s.dial(dialOptions{})
	if p.client.ID == "" {
		fail("dial: the id is empty")
	}
	step("dial", field{"id", p.client.ID})
}

func refusedDial(s *session) {
	_, err := s.tryDial(dialOptions{query: url.Values{"refuse": {"1"}}})
	if err == nil {
		fail("dial: not refused")
	}
	step("refused", field{"text", err.Error()})
}

func connect(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	step("connect", field{"events", p.expectTrace("connect",
		"_OnNamespaceConnect local", "_OnNamespaceConnected local")})

	again := p.connect("default")
	expect("second connect gives the same NSConn", again == ns, true)
	p.echo(ns, "default", "", "echo", "still here")
	step("connect-again", field{"events", p.expectTrace("second connect")})
}

func connectUnknown(s *session) {
	p := s.dial(dialOptions{})
	_, err := p.tryConnect("nowhere")
	expectError("connect", err, "bad namespace")
	expect("the error is neffos.ErrBadNamespace", errors.Is(err, neffos.ErrBadNamespace), true)
	step("connect-unknown", field{"text", err.Error()})

	p.echo(p.connect("default"), "default", "", "echo", "still here")
	step("alive")
}

func connectRefused(s *session) {
	p := s.dial(dialOptions{})
	_, err := p.tryConnect("refused")
	expectError("connect", err, "not allowed")
	step("connect-refused", field{"text", err.Error()},
		field{"events", p.expectTrace("connect", "_OnNamespaceConnect local")})

	p.echo(p.connect("default"), "default", "", "echo", "still here")
	step("alive")
}

func disconnect(s *session) {
	p, other := s.dial(dialOptions{}), s.dial(dialOptions{})
	ns, otherNS := p.connect("default"), other.connect("default")
	p.join(ns, "lobby")
	room := other.join(otherNS, "lobby")
	p.trace()

	p.disconnect(ns)
	expect("the namespace is gone", ns.Conn.Namespace("default") == nil, true)
	step("disconnect", field{"events", p.expectTrace("disconnect",
		"_OnRoomLeave lobby local forced", "_OnRoomLeft lobby local forced", "_OnNamespaceDisconnect local")})

	ns = p.connect("default")
	expect("rooms after reconnecting", len(ns.Rooms()), 0)
	p.echo(ns, "default", "", "echo", "back")
	step("reconnect", field{"events", p.expectTrace("reconnect",
		"_OnNamespaceConnect local", "_OnNamespaceConnected local")})

	emit(room.Emit("chat", []byte("for the room")), "chat")
	emit(otherNS.Emit("chat", []byte("for all")), "chat")
	msg := p.next("chat")
	expect("first body after reconnecting", string(msg.Body), "for all")
	step("out-of-the-room", field{"body", string(msg.Body)})
}

func emptyNamespace(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("")
	step("connect", field{"events", p.expectTrace("connect",
		"_OnNamespaceConnect local", "_OnNamespaceConnected local")})

	reply := p.echo(ns, "", "", "echo", "in the empty namespace")
	step("ask", field{"body", string(reply.Body)})

	p.join(ns, "lobby")
	reply = p.echo(ns, "", "lobby", "echo", "in a room")
	step("room", field{"room", reply.Room})

	p.disconnect(ns)
	step("disconnect")
}

func semicolonNames(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("se;mi")
	step("connect")

	reply := p.echo(ns, "se;mi", "", "ev;ent", "a;b")
	step("ask", field{"namespace", reply.Namespace}, field{"event", reply.Event}, field{"body", string(reply.Body)})

	room := p.join(ns, "ro;om")
	reply = p.echo(ns, "se;mi", "ro;om", "ev;ent", "c;d")
	step("room", field{"room", reply.Room})

	p.leave(room)
	expect("the room is gone", ns.Room("ro;om") == nil, true)
	step("leave")
}
