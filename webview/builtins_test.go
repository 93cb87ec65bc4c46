//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// breaking replaces, in the page, every method, and every global that the client knows, by a
// function that throws. It gives what puts them back.
const breaking = `
	const breakAll = () => {
		const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object,
			{ ownKeys } = Reflect, from = Array.from;
		const throwing = function () { throw new TypeError('it is broken') };
		const names = ['Array', 'Object', 'Function', 'String', 'Number', 'RegExp', 'Math', 'JSON',
			'Reflect', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakRef', 'ArrayBuffer', 'DataView',
			'Uint8Array', 'Uint32Array', 'Error', 'TextEncoder', 'TextDecoder', 'AbortController',
			'AbortSignal', 'EventTarget', 'Event', 'MessageChannel', 'MessagePort', 'MessageEvent',
			'Response', 'Headers', 'Performance'];
		const objects = [getPrototypeOf(Uint8Array), getPrototypeOf(Uint8Array.prototype),
			getPrototypeOf([][Symbol.iterator]())];
		for (const name of names) objects.push(globalThis[name], globalThis[name].prototype ?? {});
		const changes = [];
		for (const object of objects) {
			for (const key of ownKeys(object)) {
				const before = getOwnPropertyDescriptor(object, key);
				if (key === 'constructor' || key === 'prototype' || key === '__proto__') continue;
				if (!before.configurable) continue;
				let after;
				if (typeof before.value === 'function') after = { ...before, value: throwing };
				else if (before.get !== undefined) after = { ...before, get: throwing };
				if (after) changes.push({ object, key, before, after });
			}
		}
		for (const key of [...names, 'fetch', 'setTimeout', 'clearTimeout', 'queueMicrotask',
			'addEventListener', 'structuredClone']) {
			const object = globalThis;
			const before = getOwnPropertyDescriptor(object, key) ??
				{ value: object[key], writable: true, configurable: true };
			const after = { value: throwing, writable: true, configurable: true };
			changes.push({ object, key, before, after });
		}
		const { length } = changes;
		const set = (which) => {
			for (let i = 0; i < length; i++) {
				defineProperty(changes[i].object, changes[i].key, changes[i][which]);
			}
		};
		set('after');
		return () => { set('before'); return length };
	};`

// TestBrokenBuiltins: calls, channels in both directions and events go on in a page that breaks its
// built-ins after the start.
func TestBrokenBuiltins(t *testing.T) {
	const messages = 3000
	type args struct {
		Stream *transport.Stream[int, []byte]
	}
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			p := conversation(t, Options{Carrier: kind}, func(e *transport.Engine) {
				transport.Handle(e, "echo", func(ctx context.Context, a args) (string, error) {
					for n := range messages {
						b, err := a.Stream.Receive(ctx)
						if err != nil {
							return "", err
						}
						if len(b) != n {
							return "", fmt.Errorf("message %d has %d bytes", n, len(b))
						}
						if err := a.Stream.Send(ctx, n); err != nil {
							return "", err
						}
						if n%100 == 0 {
							if err := Caller(ctx).Emit("hundred", n); err != nil {
								return "", err
							}
						}
					}
					return "done", nil
				})
			})
			var got struct {
				Result, Large    string
				Wrong, N, Events int
				Said, Changes    int
				Refused          string
			}
			p.runLong(breaking+`
				let n = 0, wrong = 0, events = 0, said = 0;
				const messages = `+fmt.Sprint(messages)+`, bytes = [],
					buffer = new ArrayBuffer(messages);
				for (let i = 0; i < messages; i++) bytes.push(new Uint8Array(buffer, 0, i));
				await tailrace.listen('hundred', ({ payload }) => {
					if (payload !== 100 * events++) wrong++ });
				await tailrace.listen('said', ({ payload }) => { if (payload.list[1] === 'x') said++
					});
				const { invoke, emit, Channel, currentWindow } = tailrace, here = currentWindow();
				const after = breakAll();
				let result, large, refused;
				try {
					const stream = new Channel((m) => { if (m !== n++) wrong++ });
					const call = invoke('echo', { stream });
					for (let i = 0; i < messages; i++) await stream.send(bytes[i]);
					result = await call;
					large = await invoke('caller');
					await here.emit('said', { list: [1, 'x'] });
					try { await invoke('nobody') } catch (e) { refused = e.code }
				} finally {
					globalThis.changes = after();
				}
				return { result, large, wrong, n, events, said, changes, refused };`, &got)
			if got.Result != "done" || got.Large != "main "+Origin || got.Wrong != 0 ||
				got.N != messages ||
				got.Events != messages/100 || got.Said != 1 ||
				got.Refused != "unknown_command" {
				t.Errorf("the page has %+v", got)
			}
			if got.Changes < 500 {
				t.Errorf("%d built-ins were replaced", got.Changes)
			}
		})
	}
}

// changedBefore change a page's built-ins before the client starts, each so that programs go on.
var changedBefore = map[string]string{
	"frozen": `for (const name of Object.getOwnPropertyNames(globalThis)) {
		const { value } = Object.getOwnPropertyDescriptor(globalThis, name);
		if (typeof value === 'function') {
			Object.freeze(value);
			if (value.prototype) Object.freeze(value.prototype);
		}
	}
	globalThis.changed = Object.isFrozen(Promise.prototype) && Object.isFrozen(Map);`,
	"wrapped": `for (const { prototype } of [Object, Function, Array, String, RegExp, Promise, Map,
		Set, ArrayBuffer, Object.getPrototypeOf(Uint8Array), Error, TextEncoder, TextDecoder,
		AbortSignal, EventTarget, Headers]) {
		const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
		for (const key of ownKeys(prototype)) {
			const { value, configurable } = getOwnPropertyDescriptor(prototype, key);
			if (typeof value !== 'function' || !configurable || key === 'constructor') continue;
			defineProperty(prototype, key, { value(...args) { return apply(value, this, args) } });
		}
	}
	globalThis.changed = !String(Map.prototype.get).includes('native');`,
}

// TestBuiltinsChangedBefore: the client starts in a page whose built-ins are not what they were.
func TestBuiltinsChangedBefore(t *testing.T) {
	type args struct {
		Stream *transport.Stream[int, []byte]
	}
	for name, before := range changedBefore {
		for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
			t.Run(fmt.Sprintf("%s, %v", name, kind), func(t *testing.T) {
				l := newAttached(t, Options{Carrier: kind}, before)
				l.carriedBy(carrierNames[kind])
				e := l.app.Engine()
				transport.Handle(e, "lengths", func(ctx context.Context, a args) (int, error) {
					n := 0
					for m, err := range a.Stream.All(ctx) {
						if err != nil {
							return n, err
						}
						if err := a.Stream.Send(ctx, len(m)); err != nil {
							return n, err
						}
						n++
					}
					return n, nil
				})
				var got struct {
					Changed   bool
					Wrong, N  int
					Heard     []int
					Requested string
				}
				l.run(`const { invoke, listen, emit, Channel } = tailrace, heard = [];
					let wrong = 0, answers = 0, over, said;
					const event = new Promise((resolve) => { said = resolve });
					await listen('said', ({ payload }) => { heard.push(...payload); said() });
					const all = new Promise((resolve) => { over = resolve });
					const stream = new Channel((m) => {
						if (m !== answers++) wrong++;
						if (answers === 300) over();
					});
					const call = invoke('lengths', { stream });
					for (let i = 0; i < 300; i++) await stream.send(new Uint8Array(i));
					await all;
					stream.close();
					const n = await call;
					await emit('said', [1, 2]);
					await event;
					const requested = await invoke('nobody').catch((e) => e.code);
					return { changed, wrong, n, heard, requested };`, &got)
				if fmt.Sprint(got) != "{true 0 300 [1 2] unknown_command}" {
					t.Errorf("the page has %+v", got)
				}
			})
		}
	}
}
