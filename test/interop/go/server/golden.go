package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/kataras/neffos"

	"nefeli-interop/internal/watch"
)

// What the server asks of a client has this long to be answered.
const answerTimeout = 5 * time.Second

const defaultRoom = "lobby"

func goldenServer() *neffos.Server {
	server := newServer(neffos.Namespaces{
		"default": {
			neffos.OnNamespaceConnected: welcome,
			"reply":                     prefixed,
			"replyempty":                replyWith(nil),
			"fail":                      failWith("bad; thing"),
			"silent":                    nothing,
			"chat":                      toOthers,
			"note":                      toRoom,
			"forcejoin":                 force(forceJoin),
			"forceleave":                force(forceLeave),
			"forcedisconnect":           force(forceDisconnect),
			"askme":                     force(askMe),
		},
		"any":       {neffos.OnAnyEvent: echoUnlessSystem},
		"noconnect": {neffos.OnNamespaceConnect: failWith("not allowed")},
		"noroom":    {neffos.OnRoomJoin: failWith("room closed")},
		"noleave":   {neffos.OnRoomLeave: failWith("no leaving")},
		"nodisc":    {neffos.OnNamespaceDisconnect: failWith("stay")},
		"se;mi":     {"reply": prefixed, "ev;ent": prefixed},
		"":          {"reply": prefixed},
	})
	server.OnConnect = refuseOrForceConnect

	return server
}

// refuseOrForceConnect obeys the query parameters refuse=1 and force=<namespace>.
func refuseOrForceConnect(c *neffos.Conn) error {
	query := c.Socket().Request().URL.Query()
	if query.Get("refuse") == "1" {
		return errors.New("nope; sorry")
	}
	if namespace, ok := query["force"]; ok {
		ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
		defer cancel()

		if _, err := c.Connect(ctx, namespace[0]); err != nil {
			log.Printf("force connect %q: %v", namespace[0], err)
		}
	}

	return nil
}

func welcome(ns *neffos.NSConn, msg neffos.Message) error {
	if msg.IsLocal {
		ns.Emit("chat", []byte("welcome"))
	}

	return nil
}

func prefixed(_ *neffos.NSConn, msg neffos.Message) error {
	return neffos.Reply(append([]byte("re:"), msg.Body...))
}

func replyWith(body []byte) neffos.MessageHandlerFunc {
	return func(*neffos.NSConn, neffos.Message) error { return neffos.Reply(body) }
}

func failWith(text string) neffos.MessageHandlerFunc {
	return func(*neffos.NSConn, neffos.Message) error { return errors.New(text) }
}

func nothing(*neffos.NSConn, neffos.Message) error { return nil }

func echo(_ *neffos.NSConn, msg neffos.Message) error { return neffos.Reply(msg.Body) }

// echoUnlessSystem leaves system events alone: OnAnyEvent gets them too, and a Reply to one refuses it.
func echoUnlessSystem(ns *neffos.NSConn, msg neffos.Message) error {
	if neffos.IsSystemEvent(msg.Event) {
		return nil
	}

	return echo(ns, msg)
}

// toOthers sends the message on, into the room it came in. The copy is made by hand because the message itself
// carries the sender's wait token.
func toOthers(ns *neffos.NSConn, msg neffos.Message) error {
	ns.Conn.Server().Broadcast(ns.Conn, neffos.Message{
		Namespace: msg.Namespace,
		Room:      msg.Room,
		Event:     msg.Event,
		Body:      msg.Body,
		SetBinary: msg.SetBinary,
	})

	return nil
}

// toRoom sends the body to everybody in the room of the message, or in the lobby.
func toRoom(ns *neffos.NSConn, msg neffos.Message) error {
	ns.Conn.Server().Broadcast(nil, neffos.Message{
		Namespace: msg.Namespace,
		Room:      orLobby(msg.Room),
		Event:     "note",
		Body:      msg.Body,
	})

	return nil
}

func orLobby(room string) string {
	if room == "" {
		return defaultRoom
	}

	return room
}

type operation func(ctx context.Context, ns *neffos.NSConn, body string) (text string, err error)

func forceJoin(ctx context.Context, ns *neffos.NSConn, body string) (string, error) {
	_, err := ns.JoinRoom(ctx, orLobby(body))
	return "", err
}

func forceLeave(ctx context.Context, ns *neffos.NSConn, body string) (string, error) {
	room := ns.Room(orLobby(body))
	if room == nil {
		return "", neffos.ErrBadRoom
	}

	return "", room.Leave(ctx)
}

func forceDisconnect(ctx context.Context, ns *neffos.NSConn, _ string) (string, error) {
	return "", ns.Disconnect(ctx)
}

func askMe(ctx context.Context, ns *neffos.NSConn, _ string) (string, error) {
	answer, err := ns.Ask(ctx, "q", []byte("?"))
	return string(answer.Body), err
}

// force runs an operation that asks the client something, and emits what came of it as "done": "<event> ok",
// "<event> ok: <text>" or "<event> error: <text>".
func force(do operation) neffos.MessageHandlerFunc {
	return func(ns *neffos.NSConn, msg neffos.Message) error {
		outside(ns, func(ctx context.Context) {
			outcome := msg.Event + " ok"
			text, err := do(ctx, ns, string(msg.Body))
			if err != nil {
				outcome = msg.Event + " error: " + err.Error()
			} else if text != "" {
				outcome += ": " + text
			}

			report(ns, msg.Namespace, outcome)
		})

		return nil
	}
}

// outside runs do once the handler that calls it has returned, see package watch.
func outside(ns *neffos.NSConn, do func(ctx context.Context)) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
		defer cancel()

		if err := ns.Conn.Socket().(*watch.Socket).Idle(ctx); err != nil {
			log.Printf("handler does not return: %v", err)
			return
		}
		do(ctx)
	}()
}

// report emits "done" in the namespace that asked for the operation or, where that is gone by now, in "any" or "".
func report(ns *neffos.NSConn, namespace, outcome string) {
	for _, name := range []string{namespace, "any", ""} {
		if there := ns.Conn.Namespace(name); there != nil {
			there.Emit("done", []byte(outcome))
			return
		}
	}
}
