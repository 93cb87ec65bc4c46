module github.com/tailrace-go/tailrace/examples/websocket

go 1.25

require (
	github.com/coder/websocket v1.8.15
	github.com/tailrace-go/tailrace v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
	github.com/valyala/fastjson v1.6.10 // indirect
	github.com/webview/webview_go v0.0.0-20240831120633-6173450d4dd6 // indirect
	golang.org/x/sys v0.40.0 // indirect
)

replace github.com/tailrace-go/tailrace => ../..
