module nefeli-bench

go 1.24

require (
	github.com/gorilla/websocket v1.5.3
	github.com/kataras/neffos v0.0.24
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/mediocregopher/radix/v3 v3.8.1 // indirect
	golang.org/x/xerrors v0.0.0-20191011141410-1b5146add898 // indirect
)
