package main

import (
	"context"
	"net/url"
	"time"

	"github.com/kataras/neffos"
)

// What the server does to the client of its own accord.
var serverScenarios = []scenario{
	{"server-ask", serverAsk},
	{"forced-join", forcedJoin},
	{"forced-leave", forcedLeave},
	{"forced-disconnect", forcedDisconnect},
	{"forced-connect", forcedConnect},
	{"forced-then-at-once", forcedThenAtOnce},
}

func serverAsk(s *session) {
	p := s.dial(dialOptions{answer: "forty;two"})
	ns := p.connect("default")

	emit(ns.Emit("askme", nil), "askme")
	question := p.next("question")
	expect("question", string(question.Body), "?")
	step("question", field{"body", string(question.Body)})

	answered := p.next("answered")
	expect("answer", string(answered.Body), "forty;two")
	step("answered", field{"body", string(answered.Body)})
}

// Scenarios of a server that is one of several, and not on the list of what every server can be asked to do.
var clusterScenarios = []scenario{
	{"asked-from-elsewhere", askedFromElsewhere},
}

func askedFromElsewhere(s *session) {
	p := s.dial(dialOptions{answer: "forty;two"})
	ns := p.connect("default")

	question := p.next("question")
	step("question", field{"body", string(question.Body)})

	// Whoever has asked sends this when it has got the answer. Until then it asks again, and is answered again.
	for string(p.next("chat").Body) != "got it" {
	}
	p.echo(ns, "default", "", "echo", "still here")
	step("answered")
}

func forcedJoin(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	p.trace()

	emit(ns.Emit("forcejoin", nil), "forcejoin")
	note := p.next("note")
	expect("room", note.Room, "lobby")
	expect("joined", ns.Room("lobby") != nil, true)
	step("joined", field{"events", p.expectTrace("join", "_OnRoomJoin lobby", "_OnRoomJoined lobby")})
	step("note", field{"room", note.Room}, field{"body", string(note.Body)})

	p.echo(ns, "default", "lobby", "echo", "am I in?")
	step("server-sees-it")
}

func forcedLeave(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	p.join(ns, "lobby")
	p.trace()

	emit(ns.Emit("forceleave", nil), "forceleave")
	p.await(neffos.OnRoomLeft)
	expect("the room is gone", ns.Room("lobby") == nil, true)
	step("left", field{"events", p.expectTrace("leave", "_OnRoomLeave lobby", "_OnRoomLeft lobby")})

	p.echo(ns, "default", "", "echo", "still in the namespace")
	step("alive")
}

func forcedDisconnect(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	p.join(ns, "lobby")
	p.trace()

	emit(ns.Emit("forcedisconnect", nil), "forcedisconnect")
	p.await(neffos.OnNamespaceDisconnect)
	expect("the namespace is gone", ns.Conn.Namespace("default") == nil, true)
	step("disconnected", field{"events", p.expectTrace("disconnect",
		"_OnRoomLeave lobby forced", "_OnRoomLeft lobby forced", "_OnNamespaceDisconnect")})

	// The server of neffos v0.0.x takes a reconnect that comes too soon for one of a namespace that is still connected.
	time.Sleep(100 * time.Millisecond)
	p.echo(p.connect("default"), "default", "", "echo", "back")
	step("reconnect")
}

func forcedConnect(s *session) {
	p := s.dial(dialOptions{query: url.Values{"force": {"default"}}})
	ns, err := p.client.WaitServerConnect(p.ctx, "default")
	if err != nil {
		fail("the server does not connect: %v", err)
	}
	p.idle()
	step("connected", field{"events", p.expectTrace("connect", "_OnNamespaceConnect", "_OnNamespaceConnected")})

	// A greeting is not asked for. It must be out of the way, though, before this side asks.
	ctx, cancel := context.WithTimeout(p.ctx, 300*time.Millisecond)
	greeting, err := p.nextWithin(ctx, "chat")
	cancel()
	step("greeting", field{"received", err == nil}, field{"body", string(greeting.Body)})

	p.echo(ns, "default", "", "echo", "connected by the server")
	step("alive")
}

// forcedThenAtOnce sends the next frame right behind the acknowledgement of what the server forced: the server has to
// carry out what was acknowledged before it reads on. That of neffos v0.0.x does not.
func forcedThenAtOnce(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")

	emit(ns.Emit("forcejoin", nil), "forcejoin")
	p.await(neffos.OnRoomJoined)
	p.echo(ns, "default", "lobby", "echo", "am I in?")
	step("join-then-ask")

	p.next("note")
	p.trace()
	emit(ns.Emit("forceleave", nil), "forceleave")
	p.await(neffos.OnRoomLeft)
	p.join(ns, "lobby")
	p.echo(ns, "default", "lobby", "echo", "am I in again?")
	step("leave-then-join")

	emit(ns.Emit("forcedisconnect", nil), "forcedisconnect")
	p.await(neffos.OnNamespaceDisconnect)
	p.echo(p.connect("default"), "default", "", "echo", "am I back?")
	step("disconnect-then-connect")
}
