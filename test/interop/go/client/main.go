// Command client runs one scenario of the interop tests with the real neffos client.
//
//	client [-dialer gorilla|gobwas] <ws-url> <scenario>
//	client -list
//
// It prints one JSON object per line, {"step":"...","ok":true,...} for each thing observed and {"done":true} at the end. The
// first thing that is not as expected ends it with {"error":"..."} and exit code 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"
)

const scenarioTimeout = 10 * time.Second

// A little more than the scenario has: an ask that runs into the deadline should get to say so itself.
const watchdogTimeout = scenarioTimeout + 500*time.Millisecond

type scenario struct {
	name string
	run  func(*session)
}

var scenarios = slices.Concat(connectScenarios, eventScenarios, roomScenarios, serverScenarios, closeScenarios)

func main() {
	dialer := flag.String("dialer", "gorilla", "websocket implementation: gorilla or gobwas")
	list := flag.Bool("list", false, "print the names of the scenarios")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: client [-dialer gorilla|gobwas] <ws-url> <scenario>\n       client -list")
		flag.PrintDefaults()
	}
	flag.Parse()

	if *list {
		for _, s := range scenarios {
			fmt.Println(s.name)
		}
		return
	}
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}

	run(*dialer, flag.Arg(0), flag.Arg(1))
}

func run(dialer, address, name string) {
	all := slices.Concat(scenarios, clusterScenarios)
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
	if i < 0 {
		fail("unknown scenario %q", name)
	}
	endpoint, err := url.Parse(address)
	if err != nil {
		fail("url: %v", err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), scenarioTimeout)
	defer cancel()
	// Dial of neffos v0.0.x does not watch its context while it waits for the acknowledgement.
	time.AfterFunc(watchdogTimeout, func() { fail("%s: not finished after %s", name, scenarioTimeout) })

	all[i].run(&session{ctx: ctx, endpoint: endpoint, dialer: dialer})
	printLine(field{"done", true})
}
