module github.com/tailrace-go/tailrace

go 1.25

require (
	github.com/klauspost/compress v1.20.3
	github.com/puzpuzpuz/xsync/v3 v3.5.1
	github.com/valyala/fastjson v1.6.10
	github.com/webview/webview_go v0.0.0-20240831120633-6173450d4dd6
	golang.org/x/sys v0.40.0
)
