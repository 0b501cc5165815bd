// Command neffos is the server of the benchmark on neffos itself.
//
// It speaks to the benchmark as the servers in JavaScript do: a line with its port, then an answer to each line that it
// reads: "cpu" or "memory". It ends when its standard input closes. With BROKER_PORT it is one of several over the Redis there.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	websocket "github.com/gorilla/websocket"
	"github.com/kataras/neffos"
	"github.com/kataras/neffos/gorilla"
	"github.com/kataras/neffos/stackexchange/redis"
)

var events = neffos.Namespaces{
	"bench": neffos.Events{
		"echo": func(ns *neffos.NSConn, msg neffos.Message) error {
			ns.Emit("echo", msg.Body)
			return nil
		},
		"ask": func(ns *neffos.NSConn, msg neffos.Message) error {
			return neffos.Reply(msg.Body)
		},
		"cast": func(ns *neffos.NSConn, msg neffos.Message) error {
			ns.Conn.Server().Broadcast(nil, neffos.Message{Namespace: "bench", Event: "cast", Body: msg.Body})
			return nil
		},
		"say": func(ns *neffos.NSConn, msg neffos.Message) error {
			ns.Conn.Server().Broadcast(nil, neffos.Message{Namespace: "bench", Room: msg.Room, Event: "say", Body: msg.Body})
			return nil
		},
	},
}

var start = time.Now()

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}

	server := neffos.New(gorilla.Upgrader(websocket.Upgrader{}), events)
	// The default broadcaster drops messages that follow each other closely.
	server.SyncBroadcaster = true

	if port := os.Getenv("BROKER_PORT"); port != "" {
		exchange, err := redis.NewStackExchange(redis.Config{Addr: "127.0.0.1:" + port}, "bench")
		if err != nil {
			log.Fatal(err)
		}
		if err := server.UseStackExchange(exchange); err != nil {
			log.Fatal(err)
		}
	}

	http.Handle("/ws", server)
	go func() { log.Fatal(http.Serve(listener, nil)) }()

	answer(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var command struct{ Name string }
		if err := json.Unmarshal(commands.Bytes(), &command); err != nil {
			log.Fatal(err)
		}
		switch command.Name {
		case "cpu":
			answer(map[string]any{"cpuUs": cpuUs(), "atUs": time.Since(start).Microseconds()})
		case "memory":
			answer(memory())
		}
	}
}

func cpuUs() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1_000
}

// What the collector still holds is given back first: the servers in JavaScript collect before they answer, too.
func memory() map[string]any {
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	var size, resident int64
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		fmt.Sscan(string(statm), &size, &resident)
	}
	return map[string]any{
		"heapBytes": stats.HeapAlloc + stats.StackInuse,
		"rssBytes":  resident * int64(os.Getpagesize()),
	}
}

func answer(fields map[string]any) {
	line, err := json.Marshal(fields)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
