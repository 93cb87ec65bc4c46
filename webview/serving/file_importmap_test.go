package serving

import (
	"strings"
	"testing"
)

// Where the import map goes: ^ is the place, a document without it has one of its own.
func TestImportMapPlace(t *testing.T) {
	for _, marked := range []string{
		`<!doctype html><html><head>^<meta charset=utf-8>
			<script type=module>import '@tauri-apps/api/core'</script></head><body></body></html>`,
		`<!doctype html><HTML lang="a>b"><HEAD data-x='>'>^<title><script></title></HEAD>`,
		`<!doctype html>^<meta charset=utf-8><title>x</title>`,
		`<!-- <head> --><!doctype html><!-- <script> -->^<script src=x></script><head></head>`,
		`<html>^<body><p>text`,
		`^<p>text`,
		`only text, 1 < 2 <^`,
		`^`,
		`<?xml version="1.0"?>^<script>if (a<b) document.write('<head>')</script><p>`,
		`<head>^<style>/* <script type=importmap> */</style>`,
		`<head>^<script>var s = "<script type=importmap>"</script>`,
		`<head>^<script type="text/javascript" data-type="importmap"></script>`,
		`<head>^<!-- <script type="importmap"></script>`,
		`<head><script type="importmap">{}</script></head>`,
		`<head><SCRIPT TYPE='ImportMap'>{}</SCRIPT></head>`,
		`<p><script defer type = importmap>{}</script>`,
		`<script type="import&#109;ap">{}</script>`,
		`<head><script type=" importmap ">{}</script></head>`,
		"<head><script type=\"\tIMPORTMAP\r\n\">{}</script></head>",
		`<!--><head>^<script type=module src=a.js></script></head>`,
		`<!---><head>^<script type=module src=a.js></script></head>`,
		`<!----><head>^<script>`,
		`<!--x--!><head>^<script>`,
		`<!--<head>--->^<p>`,
		`<!---!><head>-->^<p>`,
		`<!--!><head>--!-><head>--!-->^<p>`,
		`<!--x--^`,
		`</p a='><head>'><head>^<script>`,
		`</p '><head>^<script>`,
		`<html a"b c=d"e f = '>'><head>^`,
	} {
		document := strings.Replace(marked, "^", "", 1)
		at, ok := importMapPlace([]byte(document))
		if want := strings.Index(marked, "^"); ok != (want >= 0) || ok && at != want {
			t.Errorf("%s: at %d, %v", marked, at, ok)
		}
	}
}

func FuzzTags(f *testing.F) {
	f.Add([]byte(`<!doctype html><html lang=en><head><script type = "importmap" x='/'>{}</script>`))
	f.Add([]byte("<a =b c==d/e"))
	f.Fuzz(func(t *testing.T, b []byte) {
		last := 0
		for tag := range tags(b) {
			if tag.begin < last || tag.end <= tag.begin || tag.end > len(b) || b[tag.begin] != '<' {
				t.Fatalf("tag at %d to %d after %d", tag.begin, tag.end, last)
			}
			tag.attribute("type")
			last = tag.end
		}
		if at, ok := importMapPlace(b); ok && (at < 0 || at > len(b)) {
			t.Fatalf("place %d", at)
		}
	})
}
