// Command server is a real neffos server for the interop tests.
//
// It prints "listening <port>" and serves, on 127.0.0.1:
//
//	/exchange   one server of a cluster, with -redis or -nats
//	/native     a native-only server
//	/scenarios  what the scenarios of the client command presume
//	/           everything else: the handlers of the golden transcripts
//
// It ends by itself after two minutes, or when its standard input closes.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	websocket "github.com/gorilla/websocket"
	"github.com/kataras/neffos"
	"github.com/kataras/neffos/gorilla"

	"nefeli-interop/internal/watch"
)

const lifetime = 120 * time.Second

func main() {
	log.SetFlags(0)
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}

	// A test run that dies must not leave servers behind.
	time.AfterFunc(lifetime, func() { os.Exit(0) })
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()

	mux := http.NewServeMux()
	mux.Handle("/", handler(goldenServer()))
	mux.Handle("/scenarios", handler(scenarioServer()))
	mux.Handle("/native", handler(newServer(nativeOnly)))
	if *redisAddr != "" || *natsURL != "" {
		server, err := exchangeServer()
		if err != nil {
			log.Fatal(err)
		}
		mux.Handle("/exchange", handler(server))
	}

	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, mux))
}

func newServer(namespaces neffos.ConnHandler) *neffos.Server {
	server := neffos.New(gorilla.Upgrader(websocket.Upgrader{
		CheckOrigin: func(*http.Request) bool { return true },
	}), namespaces)
	server.IDGenerator = idFromQuery
	// The default broadcaster drops messages that follow each other closely.
	server.SyncBroadcaster = true

	return server
}

func handler(server *neffos.Server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = server.Upgrade(w, r, func(socket neffos.Socket) neffos.Socket { return watch.Wrap(socket) }, nil)
	}
}

func idFromQuery(_ http.ResponseWriter, r *http.Request) string {
	if id := r.URL.Query().Get("id"); id != "" {
		return id
	}

	return "id1"
}

var nativeOnly = neffos.Events{
	neffos.OnNativeMessage: func(ns *neffos.NSConn, msg neffos.Message) error {
		ns.Conn.Write(neffos.Message{IsNative: true, SetBinary: msg.SetBinary, Body: append([]byte("native:"), msg.Body...)})
		return nil
	},
}
