package serving

import (
	"mime"
	"path"
	"strings"
)

// contentTypes are the types that must not depend on the machine's tables. A browser refuses
// scripts, modules and WebAssembly of another type. Those of documents run scripts.
var contentTypes = map[string]string{
	".aac":         "audio/aac",
	".avif":        "image/avif",
	".bmp":         "image/bmp",
	".css":         "text/css; charset=utf-8",
	".csv":         "text/csv; charset=utf-8",
	".flac":        "audio/flac",
	".gif":         "image/gif",
	".htm":         "text/html; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".m4a":         "audio/mp4",
	".map":         "application/json",
	".md":          "text/markdown; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".mp3":         "audio/mpeg",
	".mp4":         "video/mp4",
	".oga":         "audio/ogg",
	".ogg":         "audio/ogg",
	".ogv":         "video/ogg",
	".opus":        "audio/ogg",
	".otf":         "font/otf",
	".pdf":         "application/pdf",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".ttf":         "font/ttf",
	".txt":         "text/plain; charset=utf-8",
	".vtt":         "text/vtt; charset=utf-8",
	".wasm":        "application/wasm",
	".wav":         "audio/wav",
	".webm":        "video/webm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	".xhtml":       "application/xhtml+xml",
	".xml":         "text/xml; charset=utf-8",
}

// contentType gives the type of a file by its name, never by what is in it: a name that says
// nothing may have anything, and is bytes. The machine's tables say more, but make no document.
func contentType(name string) (t string, known bool) {
	ext := strings.ToLower(path.Ext(name))
	if t = contentTypes[ext]; t != "" {
		return t, true
	}
	if t = mime.TypeByExtension(ext); t != "" && !mayBeDocument(t) {
		return t, true
	}
	return "application/octet-stream", false
}

// mayBeDocument says whether WebKit may show that type as a document that runs scripts.
func mayBeDocument(contentType string) bool {
	contentType = strings.ToLower(contentType)
	for _, part := range []string{"html", "xml", "multipart/", "message/", "archive", "mht"} {
		if strings.Contains(contentType, part) {
			return true
		}
	}
	return false
}
