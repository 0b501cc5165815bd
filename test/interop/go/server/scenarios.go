package main

import (
	"context"
	"net/http"

	"github.com/kataras/neffos"
)

// scenarioServer offers what the scenarios of the client command presume, as far as neffos v0.0.x can: it leaves an ask
// unanswered when the handler returns nothing or the event is unknown.
func scenarioServer() *neffos.Server {
	server := newServer(neffos.Namespaces{
		"default": {
			"echo":            echo,
			"bin":             echo,
			"fail":            failWith("bad; thing"),
			"silent":          nothing,
			"chat":            toOthers,
			"private":         toOneID,
			"askme":           askQuestion,
			"forcejoin":       joinAndNote,
			"forceleave":      leaveLobby,
			"forcedisconnect": disconnect,
			"kick":            kick,
		},
		"refused": {neffos.OnNamespaceConnect: failWith("not allowed")},
		"noroom":  {neffos.OnRoomJoin: failWith("room closed")},
		"se;mi":   {"ev;ent": echo},
		"": {
			"echo": echo,
			// Not Reply: neffos v0.0.x answers a native message with the body that came in.
			neffos.OnNativeMessage: nativeOnly[neffos.OnNativeMessage],
		},
	})
	server.OnConnect = refuseOrForceConnect
	server.IDGenerator = idFromUsername

	return server
}

func idFromUsername(w http.ResponseWriter, r *http.Request) string {
	if name := r.Header.Get("X-Username"); name != "" {
		return name
	}
	if id := r.URL.Query().Get("id"); id != "" {
		return id
	}

	return neffos.DefaultIDGenerator(w, r)
}

func toOneID(ns *neffos.NSConn, msg neffos.Message) error {
	var private struct{ To, Text string }
	if err := msg.Unmarshal(&private); err != nil {
		return err
	}

	ns.Conn.Server().Broadcast(nil, neffos.Message{
		Namespace: msg.Namespace,
		Event:     msg.Event,
		To:        private.To,
		Body:      []byte(private.Text),
	})

	return nil
}

func askQuestion(ns *neffos.NSConn, _ neffos.Message) error {
	outside(ns, func(ctx context.Context) {
		answer, err := ns.Ask(ctx, "question", []byte("?"))
		if err != nil {
			answer.Body = []byte("error: " + err.Error())
		}
		ns.Emit("answered", answer.Body)
	})

	return nil
}

func joinAndNote(ns *neffos.NSConn, msg neffos.Message) error {
	outside(ns, func(ctx context.Context) {
		if !succeeds(ctx, ns, forceJoin) {
			return
		}
		ns.Broadcast(neffos.Message{
			Namespace: msg.Namespace,
			Room:      defaultRoom,
			Event:     "note",
			Body:      []byte("joined by the server"),
		})
	})

	return nil
}

func leaveLobby(ns *neffos.NSConn, _ neffos.Message) error {
	outside(ns, func(ctx context.Context) { succeeds(ctx, ns, forceLeave) })
	return nil
}

func disconnect(ns *neffos.NSConn, _ neffos.Message) error {
	outside(ns, func(ctx context.Context) { succeeds(ctx, ns, forceDisconnect) })
	return nil
}

// succeeds runs the operation in the lobby and tells the client, as "failed", when it did not work.
func succeeds(ctx context.Context, ns *neffos.NSConn, do operation) bool {
	_, err := do(ctx, ns, defaultRoom)
	if err != nil {
		ns.Emit("failed", []byte(err.Error()))
	}

	return err == nil
}

func kick(ns *neffos.NSConn, _ neffos.Message) error {
	ns.Conn.Close()
	return nil
}
