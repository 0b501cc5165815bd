package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/kataras/neffos"
)

var eventScenarios = []scenario{
	{"emit-echo", emitEcho},
	{"ask", ask},
	{"ask-error", askError},
	{"ask-silent", askSilent},
	{"ask-unknown-event", askUnknownEvent},
	{"ask-many", askMany},
	{"ask-big", askBig},
	{"binary", binary},
	{"native", native},
	{"to-one-id", toOneID},
}

func emitEcho(s *session) {
	listener, sender := s.dial(dialOptions{}), s.dial(dialOptions{})
	listenerNS, senderNS := listener.connect("default"), sender.connect("default")

	emit(senderNS.Emit("chat", []byte("hello")), "chat")
	msg := listener.next("chat")
	expect("body", string(msg.Body), "hello")
	step("received", field{"body", string(msg.Body)})

	// What comes back to the sender first tells whether its own message came back, too.
	emit(listenerNS.Emit("chat", []byte("hello yourself")), "chat")
	msg = sender.next("chat")
	expect("first body the sender gets", string(msg.Body), "hello yourself")
	step("not-to-the-sender", field{"body", string(msg.Body)})
}

func ask(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	reply := p.echo(ns, "default", "", "echo", "a;b;c")
	step("ask", field{"body", string(reply.Body)})

	reply = p.echo(ns, "default", "", "echo", "")
	step("ask-empty-body", field{"body", string(reply.Body)})
}

func askError(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	_, err := p.ask(ns, neffos.Message{Namespace: "default", Event: "fail", Body: []byte("x")})
	expectError("ask", err, "bad; thing")
	step("ask-error", field{"text", err.Error()})

	p.echo(ns, "default", "", "echo", "still here")
	step("alive")
}

func askSilent(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	reply := p.answer(ns, neffos.Message{Namespace: "default", Event: "silent", Body: []byte("x")})
	expect("body", string(reply.Body), "")
	step("ask-silent", field{"body", string(reply.Body)})
}

func askUnknownEvent(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	_, err := p.ask(ns, neffos.Message{Namespace: "default", Event: "nosuchevent", Body: []byte("x")})
	expectError("ask", err, "bad event")
	step("ask-unknown-event", field{"text", err.Error()})

	p.echo(ns, "default", "", "echo", "still here")
	step("alive")
}

func askMany(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	for i := 1; i <= 6; i++ {
		reply := p.echo(ns, "default", "", "echo", fmt.Sprintf("PONG MESSAGE %d", i))
		step("ask", field{"n", i}, field{"body", string(reply.Body)})
	}
}

func askBig(s *session) {
	const size = 64 * 1024
	const pattern = ";;;\nκαλημέρα;漢字;🙂\r\n\t;1;0;@%!semicolon@%!;"
	body := strings.Repeat(pattern, size/len(pattern))
	body += strings.Repeat(";", size-len(body))

	p := s.dial(dialOptions{})
	p.echo(p.connect("default"), "default", "", "echo", body)
	step("ask-big", field{"bytes", len(body)}, field{"semicolons", strings.Count(body, ";")},
		field{"newlines", strings.Count(body, "\n")})
}

// everyByte holds each byte value, and runs of the two that a careless reader trips over.
func everyByte() []byte {
	body := []byte{0x00, ';', ';', 0x00, ';', ';', ';', ';', ';', ';', ';'}
	for b := range 256 {
		body = append(body, byte(b))
	}

	return append(body, 0x00)
}

func binary(s *session) {
	p := s.dial(dialOptions{})
	ns := p.connect("default")
	body := everyByte()

	emit(ns.EmitBinary("bin", body), "bin")
	expectBinary("emit", p.next("bin"), body)
	step("emit-binary", field{"bytes", len(body)})

	reply := p.answer(ns, neffos.Message{Namespace: "default", Event: "bin", Body: body, SetBinary: true})
	expectBinary("ask", reply, body)
	step("ask-binary", field{"bytes", len(body)})

	p.echo(ns, "default", "", "echo", "text again")
	step("text-again")
}

func expectBinary(what string, msg neffos.Message, body []byte) {
	expect(what+": comes as binary", msg.SetBinary, true)
	expect(what+": bytes are intact", bytes.Equal(msg.Body, body), true)
}

func native(s *session) {
	p := s.dial(dialOptions{native: true})
	ns := p.connect("")

	emit(ns.Conn.Write(neffos.Message{IsNative: true, Body: []byte("hello")}), "native")
	msg := p.next(neffos.OnNativeMessage)
	expect("body", string(msg.Body), "native:hello")
	expect("native", msg.IsNative, true)
	step("native", field{"body", string(msg.Body)})

	p.echo(ns, "", "", "echo", "framed")
	step("framed-beside-native")
}

func toOneID(s *session) {
	alice := s.dial(dialOptions{header: http.Header{"X-Username": {"alice"}}})
	expect("id from the header", alice.client.ID, "alice")
	step("id-from-header", field{"id", alice.client.ID})

	bob := s.dial(dialOptions{query: url.Values{"X-Websocket-Header-X-Username": {"bob"}}})
	expect("id from the url parameter", bob.client.ID, "bob")
	step("id-from-url", field{"id", bob.client.ID})

	sender := s.dial(dialOptions{header: http.Header{"X-Username": {"carol"}}})
	alice.connect("default")
	bob.connect("default")
	ns := sender.connect("default")

	// Each body goes to one id, so whoever gets it besides shows it in place of its own.
	for _, to := range []struct {
		name string
		peer *peer
	}{{"bob", bob}, {"alice", alice}, {"carol", sender}, {"bob", bob}} {
		text := "for " + to.name
		emit(ns.Emit("private", neffos.Marshal(map[string]string{"to": to.name, "text": text})), "private")
		msg := to.peer.next("private")
		expect("body", string(msg.Body), text)
		step("private", field{"to", to.name}, field{"body", string(msg.Body)})
	}
}
