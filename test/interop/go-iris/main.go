// Command go-iris is a server of Iris v11.1.1, the last version with websockets of its own, for tests of what speaks to it. It prints
// `listening <port>` and ends when its standard input closes.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/kataras/iris/context"
	"github.com/kataras/iris/websocket"
)

const room = "room1"

type point struct {
	X int    `json:"x"`
	S string `json:"s"`
}

func main() {
	ws := websocket.New(websocket.Config{MaxMessageSize: 1 << 20})
	ws.OnConnection(serve)
	handle := ws.Handler()
	// Without the rest of Iris, which needs modules that cannot be had any more.
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		ctx := context.NewContext(nil)
		ctx.BeginRequest(w, r)
		handle(ctx)
	})
	http.HandleFunc("/iris-ws.js", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(ws.ClientSource) })

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	time.AfterFunc(2*time.Minute, func() { os.Exit(1) })
	log.Fatal(http.Serve(listener, nil))
}

// serve is what test/interop/iris-app.ts does with our own server.
func serve(c websocket.Connection) {
	c.Join(room)
	c.On("chat", func(message string) { _ = c.To(room).Emit("chat", "From: "+message) })
	c.On("others", func(message string) { _ = c.To(websocket.Broadcast).Emit("others", message) })
	c.On("all", func(message string) { _ = c.To(websocket.All).Emit("all", message) })
	c.On("me", func() { _ = c.To(c.ID()).Emit("me", "only you") })
	c.On("raw", func(message string) { _ = c.To(room).EmitMessage([]byte(message)) })
	c.On("leave", func() { c.Leave(room); _ = c.Emit("leave", c.IsJoined(room)) })
	c.On("values", func() {
		_ = c.Emit("text", "a;b")
		_ = c.Emit("bool", true)
		_ = c.Emit("bytes", []byte("bytes"))
		_ = c.Emit("json", point{X: 1, S: ";"})
	})
	c.On("kind", func(value interface{}) { _ = c.Emit("kind", fmt.Sprintf("%T %v", value, value)) })
	c.OnMessage(func(message []byte) { _ = c.EmitMessage(append([]byte("raw: "), message...)) })
	c.On("disconnect", func() { _ = c.Disconnect() })
}
