package main

import (
	"errors"

	"github.com/kataras/neffos"
)

var roomScenarios = []scenario{
	{"rooms", rooms},
	{"room-refused", roomRefused},
	{"leave-not-joined", leaveNotJoined},
	{"broadcast-to-room", broadcastToRoom},
}

func rooms(s *session) {
	p, other := s.dial(dialOptions{}), s.dial(dialOptions{})
	ns, otherNS := p.connect("default"), other.connect("default")
	p.trace()

	room := p.join(ns, "room1")
	expect("name of the room", room.Name, "room1")
	step("join", field{"events", p.expectTrace("join", "_OnRoomJoin room1 local", "_OnRoomJoined room1 local")})

	// The server answers in a room only to those it has in it.
	reply := p.echo(ns, "default", "room1", "echo", "am I in?")
	step("server-sees-it", field{"room", reply.Room})

	otherRoom := other.join(otherNS, "room1")
	emit(room.Emit("chat", []byte("to the room")), "chat")
	msg := other.next("chat")
	expect("body", string(msg.Body), "to the room")
	expect("room", msg.Room, "room1")
	step("room-emit", field{"room", msg.Room}, field{"body", string(msg.Body)})

	p.leave(room)
	expect("the room is gone", ns.Room("room1") == nil, true)
	step("leave", field{"events", p.expectTrace("leave", "_OnRoomLeave room1", "_OnRoomLeft room1")})

	emit(otherRoom.Emit("chat", []byte("to the room again")), "chat")
	emit(otherNS.Emit("chat", []byte("to everybody")), "chat")
	msg = p.next("chat")
	expect("first body after leaving", string(msg.Body), "to everybody")
	step("left", field{"body", string(msg.Body)})
}

func roomRefused(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("noroom")
	p.trace()

	p.idle()
	_, err := ns.JoinRoom(p.ctx, "room1")
	expectError("join", err, "room closed")
	expect("not joined", ns.Room("room1") == nil, true)
	step("room-refused", field{"text", err.Error()}, field{"events", p.expectTrace("join")})
}

func leaveNotJoined(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	room := p.join(ns, "room1")
	p.leave(room)

	p.idle()
	err := room.Leave(p.ctx)
	expectError("second leave", err, "bad room")
	expect("the error is neffos.ErrBadRoom", errors.Is(err, neffos.ErrBadRoom), true)
	step("leave-twice", field{"text", err.Error()})

	// The client writes no leave for a room it is not in, so this one goes past it. neffos acknowledges it.
	const token = "$leave-never-joined"
	if err := p.socket.WriteText([]byte(token+";default;never;_OnRoomLeave;0;0;"), scenarioTimeout); err != nil {
		fail("write: %v", err)
	}
	frame, err := p.socket.Text(p.ctx, token)
	if err != nil {
		fail("leave on the wire: %v", err)
	}
	if frame != token+";;;;;;" && frame != token+";default;never;_OnRoomLeave;1;0;bad room" {
		fail("leave on the wire: answered with %q", frame)
	}
	step("leave-on-the-wire", field{"frame", frame})

	p.echo(ns, "default", "", "echo", "still here")
	step("alive")
}

func broadcastToRoom(s *session) {
	sender, joined, outsider := s.dial(dialOptions{}), s.dial(dialOptions{}), s.dial(dialOptions{})
	ns, joinedNS := sender.connect("default"), joined.connect("default")
	outsider.connect("default")
	room := sender.join(ns, "room1")
	joined.join(joinedNS, "room1")

	emit(room.Emit("chat", []byte("for the room")), "chat")
	msg := joined.next("chat")
	expect("body", string(msg.Body), "for the room")
	expect("room", msg.Room, "room1")
	step("joined-receives", field{"room", msg.Room}, field{"body", string(msg.Body)})

	emit(ns.Emit("chat", []byte("for all")), "chat")
	msg = outsider.next("chat")
	expect("first body the outsider gets", string(msg.Body), "for all")
	step("outsider-does-not", field{"body", string(msg.Body)})
}
