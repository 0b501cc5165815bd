package main

import (
	"context"
	"net/http"
	"net/url"

	gobwasws "github.com/gobwas/ws"
	websocket "github.com/gorilla/websocket"
	"github.com/kataras/neffos"
	"github.com/kataras/neffos/gobwas"
	"github.com/kataras/neffos/gorilla"

	"nefeli-interop/internal/watch"
)

// session is what one scenario runs in.
type session struct {
	ctx      context.Context
	endpoint *url.URL
	dialer   string
}

type dialOptions struct {
	query  url.Values
	header http.Header
	// Declares OnNativeMessage, which changes how malformed frames are read.
	native bool
	answer string
}

func (s *session) dial(options dialOptions) *peer {
	p, err := s.tryDial(options)
	if err != nil {
		fail("dial: %v", err)
	}

	return p
}

func (s *session) tryDial(options dialOptions) (*peer, error) {
	p := newPeer(s.ctx, options)
	dial := s.socketDialer(options.header)
	client, err := neffos.Dial(s.ctx, func(ctx context.Context, address string) (neffos.Socket, error) {
		socket, err := dial(ctx, address)
		if err != nil {
			return nil, err
		}
		p.socket = watch.Wrap(socket)
		return p.socket, nil
	}, s.address(options.query), p.namespaces)
	p.client = client

	return p, err
}

func (s *session) socketDialer(header http.Header) neffos.Dialer {
	switch s.dialer {
	case "gorilla":
		return gorilla.Dialer(websocket.DefaultDialer, header)
	case "gobwas":
		return gobwas.Dialer(gobwasws.Dialer{Header: gobwas.Header(header)})
	default:
		fail("unknown dialer %q", s.dialer)
		return nil
	}
}

// address is the endpoint with the parameters of query in place of its own of the same name.
func (s *session) address(query url.Values) string {
	endpoint := *s.endpoint
	merged := endpoint.Query()
	for name, values := range query {
		merged[name] = values
	}
	endpoint.RawQuery = merged.Encode()

	return endpoint.String()
}
