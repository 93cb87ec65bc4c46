// Events: every target, once, unlisten, order, names, payloads, handlers that throw, and Go's
// listeners.

import { invoke } from '@tauri-apps/api/core';
import { emit, emitTo, listen, once, TauriEvent } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';
import { getCurrentWindow } from '@tauri-apps/api/window';

const rejection = (promise) =>
  promise.then(
    () => 'it resolved',
    (error) => `${typeof error} ${error}`,
  );

async function targets(note) {
  const heard = [];
  const hear = (who) => (event) => heard.push(`${who} ${event.payload}`);
  const other = (kind) => ({ target: { kind, label: 'elsewhere' } });
  const unlisten = [
    await listen('x', hear('plain')),
    await listen('x', hear('Any'), { target: { kind: 'Any' } }),
    await listen('x', hear('App'), { target: { kind: 'App' } }),
    await listen('x', hear('string'), { target: 'main' }),
    await listen('x', hear('AnyLabel'), { target: { kind: 'AnyLabel', label: 'main' } }),
    await listen('x', hear('Window'), { target: { kind: 'Window', label: 'main' } }),
    await listen('x', hear('Webview'), { target: { kind: 'Webview', label: 'main' } }),
    await listen('x', hear('WebviewWindow'), { target: { kind: 'WebviewWindow', label: 'main' } }),
    await getCurrentWindow().listen('x', hear('getCurrentWindow')),
    await getCurrentWebview().listen('x', hear('getCurrentWebview')),
    await getCurrentWebviewWindow().listen('x', hear('getCurrentWebviewWindow')),
    await listen('x', hear('elsewhere'), { target: 'elsewhere' }),
    await listen('x', hear('elsewhere Window'), other('Window')),
    await listen('x', hear('elsewhere WebviewWindow'), other('WebviewWindow')),
  ];
  const heardFrom = async (what, promise) => {
    const problem = await promise.then(() => undefined, String);
    note(what, heard.splice(0), problem ?? '');
  };
  const to = (kind, label) => (label === undefined ? { kind } : { kind, label });
  const all = [to('Any'), to('App')];
  for (const kind of ['AnyLabel', 'Window', 'Webview', 'WebviewWindow']) all.push(to(kind, 'main'));
  all.push(to('Window', 'elsewhere'), to('AnyLabel', 'elsewhere'), to('Window', 'nowhere'));

  await heardFrom('emit', emit('x', 1));
  await heardFrom('emitTo a string', emitTo('main', 'x', 2));
  for (const target of all)
    await heardFrom(`emitTo ${target.kind} ${target.label ?? ''}`, emitTo(target, 'x', 3));
  for (const target of all) {
    await heardFrom(
      `Go to ${target.kind} ${target.label ?? ''}`,
      invoke('emit_from_go', { to: target, event: 'x', payload: 4 }),
    );
  }
  for (const current of [getCurrentWindow(), getCurrentWebview(), getCurrentWebviewWindow()]) {
    await heardFrom('emit of a window', current.emit('x', 5));
    await heardFrom('emitTo of a window', current.emitTo('elsewhere', 'x', 6));
  }
  await Promise.all(unlisten.map((end) => end()));
  await heardFrom('unlistened', emit('x', 7));
}

async function listeners(note) {
  const heard = [];
  const say = (text) => () => heard.push(text);
  const heardFrom = async (what, ...promises) => {
    await Promise.all(promises);
    note(what, heard.splice(0));
  };

  await once('x', say('once'));
  await getCurrentWebviewWindow().once('x', say('once as window'));
  const never = await once('x', say('never'));
  never();
  await heardFrom('once', emit('x'), emit('x'), emit('x'));

  let endSecond;
  const endFirst = await listen('x', () => {
    heard.push('first');
    endSecond();
  });
  endSecond = await listen('x', say('second'));
  const endThird = await listen('x', say('third'));
  await heardFrom('unlisten in a handler', emit('x'), emit('x'));
  await heardFrom('unlisten twice', endSecond(), endSecond(), emit('x'));
  endFirst();
  endThird();
  await heardFrom('unlisten', emit('x'));

  const endThrowing = await listen('x', () => {
    throw new Error('a listener threw');
  });
  const endNext = await listen('x', say('the next'));
  await heardFrom('after it threw', emit('x'));
  endThrowing();
  endNext();

  const endNested = await listen('x', async ({ payload }) => {
    heard.push(payload);
    if (payload < 3) await emit('x', payload + 1);
    else done();
  });
  let done;
  const nested = new Promise((resolve) => {
    done = resolve;
  });
  await heardFrom('emit in a handler', emit('x', 0), nested);
  endNested();

  const order = [];
  const endOrder = await listen('x', ({ payload }) => order.push(payload));
  await Promise.all(
    Array.from({ length: 300 }, (_, n) => (n % 2 ? emit('x', n) : emitTo('main', 'x', n))),
  );
  note(
    'in order',
    order.length,
    order.every((payload, n) => payload === n),
  );
  endOrder();
}

async function payloads(note) {
  let last;
  const end = await listen('x', (event) => {
    last = event;
  });
  const shape = () => [Object.keys(last).sort(), last.event, typeof last.id];
  await emit('x');
  note('an event', shape(), last.payload);
  for (const payload of [
    null,
    0,
    'ü \u2028 </script>',
    [1, { a: [] }],
    new Map([['k', 1]]),
    Uint8Array.of(1, 2),
  ]) {
    await emit('x', payload);
    note('a payload', last.payload);
  }
  end();

  for (const name of [
    '__proto__',
    'constructor',
    'a-b/c:d_1',
    'größe',
    TauriEvent.WINDOW_RESIZED,
  ]) {
    let heard = 'nothing';
    const end = await listen(name, ({ event, payload }) => {
      heard = `${event} ${payload}`;
    });
    await emitTo({ kind: 'AnyLabel', label: 'main' }, name, 1);
    note('a name', heard);
    end();
  }
  note('a bad name', await rejection(listen('a b', () => {})), await rejection(emit('a.b')));
  note(
    'a bad target',
    await rejection(emitTo({ kind: 'Nobody' }, 'x')),
    await rejection(emitTo('a b', 'x')),
  );
}

export async function events(note) {
  await targets(note);
  await listeners(note);
  await payloads(note);

  await emit('to-go', 'all');
  await emitTo({ kind: 'App' }, 'to-go', 'app');
  await emitTo('main', 'to-go', { window: 'main' });
  const { any, app, main } = await invoke('heard_in_go', { count: 7 });
  note('Go heard', any, app, main);
}
