//go:build linux && cgo

package snippets

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// client is the folder of the TypeScript package, absolute, with what `npm ci` installs.
func client(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join(root, "client"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"esbuild", "typescript"} {
		if _, err := os.Stat(filepath.Join(folder, "node_modules", tool,
			"package.json")); err != nil {
			t.Fatalf("%s is missing: run `npm ci` in the folder client (make test does)", tool)
		}
	}
	return folder
}

// stripTypes gives the JavaScript of each source, in their order: what they are without types, by
// esbuild.
func stripTypes(t *testing.T, all []source) []string {
	t.Helper()
	var texts, scripts []string
	for _, s := range all {
		texts = append(texts, s.text)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	output := node(t, bytes.NewReader(input), "strip.mjs", filepath.Join(client(t), "package.json"))
	if err := json.Unmarshal(output, &scripts); err != nil || len(scripts) != len(all) {
		t.Fatalf("strip.mjs gave %s: %v", output, err)
	}
	return scripts
}

func node(t *testing.T, input *bytes.Reader, args ...string) []byte {
	t.Helper()
	var output, complaint bytes.Buffer
	c := exec.CommandContext(t.Context(), "node", args...)
	if input != nil {
		c.Stdin = input
	}
	c.Stdout, c.Stderr = &output, &complaint
	if err := c.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s%s", strings.Join(args, " "), err, &output, &complaint)
	}
	return output.Bytes()
}

// wrong has calls that the types forbid, so that a check against types that allow everything fails.
const wrong = `import { invoke, Channel } from '@tauri-apps/api/core';
import { emit, listen, once } from '@tauri-apps/api/event';
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';
import { appWindow, WebviewWindow } from '@tauri-apps/api/window';
// @ts-expect-error
await listen(5, () => {});
// @ts-expect-error
await listen<string>('x', (event) => event.payload.toFixed());
// @ts-expect-error
const unlisten: number = await once('x', () => {});
// @ts-expect-error
await emit();
// @ts-expect-error
new Channel<string>().onmessage = (message: number) => {};
// @ts-expect-error
await invoke('x', 5);
// @ts-expect-error
getCurrentWebviewWindow().listen('x');
// @ts-expect-error
appWindow.emit(new WebviewWindow('x'));
export { unlisten };
`

// Every program passes tsc --strict against the types of our modules.
func TestTypes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range sources(t) {
		write(strings.ReplaceAll(s.name, "/", "-")+".ts", s.text)
	}
	write("wrong.ts", wrong)
	config, err := json.Marshal(map[string]any{"compilerOptions": map[string]any{
		"strict": true, "noEmit": true, "types": []string{},
		"target": "es2022", "module": "esnext", "moduleResolution": "bundler",
		"lib": []string{
			"es2022", "dom",
		},
		"paths": map[string][]string{
			"@tauri-apps/api/*": {filepath.Join(client(t), "dist/tauri/*")},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	write("tsconfig.json", string(config))
	node(t, nil, filepath.Join(client(t), "node_modules/typescript/bin/tsc"), "-p", folder)
}
