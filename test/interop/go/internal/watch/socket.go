// Package watch wraps a neffos.Socket so that callers can see what the read loop of neffos is doing.
//
// neffos v0.0.x decides how an ask waits for its answer from a flag that says whether the read loop is inside a
// handler, on whatever goroutine the ask is made. An ask made from outside at such a moment reads the socket itself, next
// to the read loop, and takes the next frame for its answer. The flag is private, but it is down whenever the loop
// is inside ReadData, and that can be watched.
package watch

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/kataras/neffos"
)

// Socket is a neffos.Socket whose reads can be waited for.
type Socket struct {
	neffos.Socket

	// One reader at a time: neither gorilla nor gobwas survives two.
	turn sync.Mutex

	mu      sync.Mutex
	reading bool
	texts   []string
	err     error
	changed chan struct{}
}

// Wrap returns socket with its reads watched.
func Wrap(socket neffos.Socket) *Socket {
	return &Socket{Socket: socket, changed: make(chan struct{})}
}

// ReadData reads from the wrapped socket.
func (s *Socket) ReadData(timeout time.Duration) ([]byte, neffos.MessageType, error) {
	s.turn.Lock()
	defer s.turn.Unlock()

	s.update(func() { s.reading = true })
	body, kind, err := s.Socket.ReadData(timeout)
	s.update(func() {
		s.reading = false
		s.err = err
		if err == nil && kind == neffos.TextMessage {
			s.texts = append(s.texts, string(body))
		}
	})

	return body, kind, err
}

// Idle returns once no handler is running: the read loop waits for a frame, or the socket has ended.
func (s *Socket) Idle(ctx context.Context) error {
	return s.until(ctx, func() bool { return s.reading || s.err != nil })
}

// Text returns the first text frame received so far, or from now on, that begins with prefix.
func (s *Socket) Text(ctx context.Context, prefix string) (found string, err error) {
	err = s.until(ctx, func() bool {
		for _, text := range s.texts {
			if strings.HasPrefix(text, prefix) {
				found = text
				return true
			}
		}
		return false
	})

	return found, err
}

// ReadError returns what ended the read loop, once it has ended.
func (s *Socket) ReadError(ctx context.Context) (ended error, err error) {
	err = s.until(ctx, func() bool {
		ended = s.err
		return ended != nil
	})

	return ended, err
}

func (s *Socket) update(change func()) {
	s.mu.Lock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
}

func (s *Socket) until(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := done(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}

		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
