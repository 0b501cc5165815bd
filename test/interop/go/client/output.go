package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

type field struct {
	key   string
	value any
}

var output sync.Mutex

// printLine prints the fields as one JSON object, in their order.
func printLine(fields ...field) {
	var line bytes.Buffer
	line.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			line.WriteByte(',')
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&line, "%q:%s", f.key, value)
	}
	line.WriteString("}\n")

	output.Lock()
	_, _ = os.Stdout.Write(line.Bytes())
	output.Unlock()
}

// step reports one thing observed.
func step(name string, fields ...field) {
	printLine(append([]field{{"step", name}, {"ok", true}}, fields...)...)
}

// fail ends the program, as t.Fatal ends a test.
func fail(format string, args ...any) {
	printLine(field{"error", fmt.Sprintf(format, args...)})
	os.Exit(1)
}

func expect[T comparable](what string, got, want T) {
	if got != want {
		fail("%s: got %#v, expected %#v", what, got, want)
	}
}

func expectError(what string, err error, text string) {
	if err == nil {
		fail("%s: no error, expected %q", what, text)
	}
	expect(what, err.Error(), text)
}
