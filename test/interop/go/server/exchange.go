package main

import (
	"context"
	"flag"

	"github.com/kataras/neffos"
	exchangenats "github.com/kataras/neffos/stackexchange/nats"
	exchangeredis "github.com/kataras/neffos/stackexchange/redis"
)

var (
	redisAddr = flag.String("redis", "", "take part in a cluster over Redis at this address")
	natsURL   = flag.String("nats", "", "take part in a cluster over NATS at this URL")
	prefix    = flag.String("prefix", "neffos", "what the channels of the cluster begin with")
)

// exchangeServer is one of several servers, over the broker that the flags name.
func exchangeServer() (*neffos.Server, error) {
	server := newServer(neffos.Namespaces{
		"default": {
			"echo":    echo,
			"chat":    toOthers,
			"note":    toAll,
			"private": toOneID,
			"askall":  askFirst,
		},
		"private": {"chat": toOthers},
		"se;mi":   {"chat": toOthers},
	})

	if *redisAddr != "" {
		exchange, err := exchangeredis.NewStackExchange(exchangeredis.Config{Addr: *redisAddr}, *prefix)
		if err != nil {
			return nil, err
		}
		return server, server.UseStackExchange(exchange)
	}

	exchange, err := exchangenats.NewStackExchange(*natsURL)
	if err != nil {
		return nil, err
	}
	exchange.SubjectPrefix = *prefix

	return server, server.UseStackExchange(exchange)
}

// toAll sends the body to everybody in the room that it came in, or in the namespace.
func toAll(ns *neffos.NSConn, msg neffos.Message) error {
	ns.Conn.Server().Broadcast(nil, neffos.Message{
		Namespace: msg.Namespace,
		Room:      msg.Room,
		Event:     msg.Event,
		Body:      msg.Body,
	})

	return nil
}

// askFirst asks everybody in the cluster "question" and emits, as "answered", what comes first. The body is the id of whom to ask
// alone.
func askFirst(ns *neffos.NSConn, msg neffos.Message) error {
	outside(ns, func(ctx context.Context) {
		answer, err := ns.Conn.Server().Ask(ctx, neffos.Message{
			Namespace: msg.Namespace,
			Event:     "question",
			To:        string(msg.Body),
			Body:      []byte("?"),
		})
		text := string(answer.Body)
		if err != nil {
			text = "error: " + err.Error()
		}
		ns.Emit("answered", []byte(text))
	})

	return nil
}
