package main

import (
	"context"
	"slices"
	"sync"

	"github.com/kataras/neffos"

	"nefeli-interop/internal/watch"
)

// peer is one connection, with a record of the events that its handlers have seen.
type peer struct {
	ctx        context.Context
	namespaces neffos.Namespaces
	socket     *watch.Socket
	client     *neffos.Client

	mu       sync.Mutex
	unread   []neffos.Message
	received chan struct{}
}

func newPeer(ctx context.Context, options dialOptions) *peer {
	p := &peer{ctx: ctx, received: make(chan struct{})}
	p.namespaces = neffos.Namespaces{}
	// "nowhere" is declared here only, so that the refusal comes from the server.
	for _, name := range []string{"default", "refused", "noroom", "nowhere", "se;mi", ""} {
		p.namespaces[name] = neffos.Events{neffos.OnAnyEvent: p.record}
	}
	p.namespaces["default"]["question"] = func(_ *neffos.NSConn, msg neffos.Message) error {
		_ = p.record(nil, msg)
		return neffos.Reply([]byte(options.answer))
	}
	if options.native {
		p.namespaces[""][neffos.OnNativeMessage] = p.record
	}

	return p
}

func (p *peer) record(_ *neffos.NSConn, msg neffos.Message) error {
	p.mu.Lock()
	p.unread = append(p.unread, msg)
	close(p.received)
	p.received = make(chan struct{})
	p.mu.Unlock()

	return nil
}

// next returns the next unread message of that event, and leaves those of other events unread.
func (p *peer) next(event string) neffos.Message {
	msg, err := p.nextWithin(p.ctx, event)
	if err != nil {
		fail("event %q: %v", event, err)
	}

	return msg
}

func (p *peer) nextWithin(ctx context.Context, event string) (neffos.Message, error) {
	for {
		i, received := p.find(event)
		if i >= 0 {
			p.mu.Lock()
			defer p.mu.Unlock()
			msg := p.unread[i]
			p.unread = slices.Delete(p.unread, i, i+1)
			return msg, nil
		}

		select {
		case <-received:
		case <-ctx.Done():
			return neffos.Message{}, ctx.Err()
		}
	}
}

// await returns once a message of that event is there and its handler has returned. It leaves the message unread.
func (p *peer) await(event string) {
	for {
		i, received := p.find(event)
		if i >= 0 {
			p.idle()
			return
		}

		select {
		case <-received:
		case <-p.ctx.Done():
			fail("event %q: %v", event, p.ctx.Err())
		}
	}
}

// find returns the index of the first unread message of that event, or else -1 and what to wait for.
func (p *peer) find(event string) (int, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()

	return slices.IndexFunc(p.unread, func(msg neffos.Message) bool { return msg.Event == event }), p.received
}

// trace returns the unread system events as text, in their order, and marks them read.
func (p *peer) trace() []string {
	p.mu.Lock()
	defer p.mu.Unlock()

	trace, rest := []string{}, []neffos.Message(nil)
	for _, msg := range p.unread {
		if neffos.IsSystemEvent(msg.Event) {
			trace = append(trace, describe(msg))
		} else {
			rest = append(rest, msg)
		}
	}
	p.unread = rest

	return trace
}

func describe(msg neffos.Message) string {
	text := msg.Event
	if msg.Room != "" {
		text += " " + msg.Room
	}
	if msg.IsLocal {
		text += " local"
	}
	if msg.IsForced {
		text += " forced"
	}

	return text
}

// idle must come before everything that asks, see package watch.
func (p *peer) idle() {
	if err := p.socket.Idle(p.ctx); err != nil {
		fail("a handler does not return: %v", err)
	}
}

func (p *peer) tryConnect(namespace string) (*neffos.NSConn, error) {
	p.idle()
	return p.client.Connect(p.ctx, namespace)
}

func (p *peer) connect(namespace string) *neffos.NSConn {
	ns, err := p.tryConnect(namespace)
	if err != nil {
		fail("connect %q: %v", namespace, err)
	}

	return ns
}

func (p *peer) join(ns *neffos.NSConn, name string) *neffos.Room {
	p.idle()
	room, err := ns.JoinRoom(p.ctx, name)
	if err != nil {
		fail("join %q: %v", name, err)
	}

	return room
}

func (p *peer) leave(room *neffos.Room) {
	p.idle()
	if err := room.Leave(p.ctx); err != nil {
		fail("leave %q: %v", room.Name, err)
	}
}

func (p *peer) disconnect(ns *neffos.NSConn) {
	p.idle()
	if err := ns.Disconnect(p.ctx); err != nil {
		fail("disconnect: %v", err)
	}
}

func (p *peer) ask(ns *neffos.NSConn, msg neffos.Message) (neffos.Message, error) {
	p.idle()
	return ns.Conn.Ask(p.ctx, msg)
}

// answer asks what must succeed.
func (p *peer) answer(ns *neffos.NSConn, msg neffos.Message) neffos.Message {
	reply, err := p.ask(ns, msg)
	if err != nil {
		fail("ask %q: %v", msg.Event, err)
	}

	return reply
}

// echo asks the event that returns its body.
func (p *peer) echo(ns *neffos.NSConn, namespace, room, event, body string) neffos.Message {
	reply := p.answer(ns, neffos.Message{Namespace: namespace, Room: room, Event: event, Body: []byte(body)})
	expect("reply", string(reply.Body), body)
	expect("namespace of the reply", reply.Namespace, namespace)
	expect("room of the reply", reply.Room, room)
	expect("event of the reply", reply.Event, event)

	return reply
}

func emit(ok bool, what string) {
	if !ok {
		fail("emit %s: not written", what)
	}
}

func (p *peer) expectTrace(what string, want ...string) []string {
	got := p.trace()
	if len(got) != len(want) {
		fail("%s: events %q, expected %q", what, got, want)
	}
	for i := range got {
		expect(what, got[i], want[i])
	}

	return got
}
