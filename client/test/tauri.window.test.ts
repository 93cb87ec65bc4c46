// Events and windows under Tauri's names: one program runs with ours and with the real package.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchReports } from './reported.js';
import { ours, real, reason, tauriPage } from './tauri.js';

watchReports();

for (const [name, api] of Object.entries({ ours, real })) {
  const { listen, once, emit, emitTo } = api.event;

  test(`${name}: listen, once, unlisten, emit with every target`, async () => {
    const page = await tauriPage();
    const { bus } = page;
    bus.echo = true;
    const seen: unknown[] = [];
    const hear = (who: string) => (event: { event: string; payload: unknown; id: number }) => {
      assert.ok(event.id > 0);
      seen.push([who, event.event, event.payload]);
    };
    const { getCurrentWebviewWindow } = api.webviewWindow;
    await page.do(listen('x', hear('any')));
    await page.do(listen('x', hear('label'), { target: 'main' }));
    await page.do(listen('x', hear('app'), { target: { kind: 'App' } }));
    await page.do(getCurrentWebviewWindow().listen('x', hear('webviewWindow')));
    await page.do(api.window.getCurrentWindow().listen('x', hear('window')));
    await page.do(api.webview.getCurrentWebview().listen('x', hear('webview')));
    await page.do(once('x', hear('once')));
    const unlisten = await page.do(listen('x', hear('gone')));
    await page.do(unlisten() as unknown as Promise<void>);
    await page.do(emit('x'));
    await page.do(emitTo('main', 'x', 1));
    await page.do(emitTo({ kind: 'Window', label: 'main' }, 'x', { n: 2 }));
    await page.do(emitTo({ kind: 'App' }, 'x', [3]));
    await page.do(getCurrentWebviewWindow().emitTo('other', 'x', new Uint8Array([4])));
    await page.do(getCurrentWebviewWindow().emit('x', 5));
    const all = ['any', 'label', 'app', 'webviewWindow', 'window', 'webview'];
    assert.deepEqual(seen, [
      ...[...all, 'once'].map((who) => [who, 'x', null]),
      ...['any', 'label', 'webviewWindow', 'window', 'webview'].map((who) => [who, 'x', 1]),
      ...['any', 'label', 'window'].map((who) => [who, 'x', { n: 2 }]),
      ...['any', 'app'].map((who) => [who, 'x', [3]]),
      ['any', 'x', [4]],
      ...all.map((who) => [who, 'x', 5]),
    ]);
    assert.deepEqual(
      bus.emitted.map(({ target }) => target),
      [
        undefined,
        { kind: 'AnyLabel', label: 'main' },
        { kind: 'Window', label: 'main' },
        { kind: 'App' },
        { kind: 'AnyLabel', label: 'other' },
        undefined,
      ],
    );
    assert.equal(bus.subs.size, 6);
    assert.equal(page.callbacks, name === 'real' ? 6 : 0);
  });

  test(`${name}: unlisten in a handler acts at once; a denied listener leaves none`, async () => {
    const page = await tauriPage();
    const seen: string[] = [];
    let unlisten = () => {};
    await page.do(
      listen('x', () => {
        seen.push('a');
        unlisten();
      }),
    );
    unlisten = await page.do(listen('x', () => seen.push('b')));
    const before = page.callbacks;
    await page.bus.send('x', 1);
    await page.bus.answer();
    assert.deepEqual(seen, ['a']);
    page.bus.denied.add('secret');
    const error = await reason(page.do(listen('secret', () => {})));
    assert.equal(error, 'window "main" lacks "secret"');
    assert.match(String(await reason(page.do(listen('a b', () => {})))), /bad event name/);
    assert.equal(page.callbacks, name === 'real' ? before - 1 : 0);
  });

  test(`${name}: a new window tells its object how that went`, async () => {
    const page = await tauriPage();
    const { bus, answers } = page;
    answers['plugin:webview|create_webview_window'] = ({ options }) =>
      (options as { label: string }).label === 'taken'
        ? { error: { code: 'label', message: 'the label is taken' } }
        : { json: null };
    const seen: unknown[] = [];
    const parent = api.window.getCurrentWindow();
    for (const label of ['new', 'taken']) {
      const window = new api.webviewWindow.WebviewWindow(label, {
        url: 'a.html',
        width: 300,
        parent,
      });
      const hear = (event: unknown) => seen.push([label, event]);
      await window.once('tauri://created', hear);
      const unlisten = await window.listen('tauri://created', hear);
      unlisten();
      await window.once('tauri://error', hear);
      await bus.answer();
    }
    assert.deepEqual(seen, [
      ['new', { event: 'tauri://created', id: -1, payload: undefined }],
      ['taken', { event: 'tauri://error', id: -1, payload: 'the label is taken' }],
    ]);
    assert.deepEqual(page.log, [
      [
        'plugin:webview|create_webview_window',
        { options: { url: 'a.html', width: 300, parent: 'main', label: 'new' } },
      ],
      [
        'plugin:webview|create_webview_window',
        { options: { url: 'a.html', width: 300, parent: 'main', label: 'taken' } },
      ],
    ]);
    assert.deepEqual(bus.commands, [], 'those events never leave the page');
  });

  test(`${name}: all windows, and those of a label`, async () => {
    const page = await tauriPage();
    page.answers = {
      'plugin:window|get_all_windows': () => ({ json: ['main', 'b'] }),
      'plugin:webview|get_all_webviews': () => ({
        json: [{ windowLabel: 'b', label: 'view' }],
      }),
      'plugin:window|is_focused': ({ label }) => ({ json: label === 'b' }),
    };
    const { getAllWindows, Window } = api.window;
    const { getAllWebviewWindows, WebviewWindow } = api.webviewWindow;
    const { getAllWebviews, Webview } = api.webview;
    assert.deepEqual(
      (await page.do(getAllWindows())).map(({ label }) => label),
      ['main', 'b'],
    );
    const all = await page.do(getAllWebviewWindows());
    assert.ok(all.every((window) => window instanceof WebviewWindow));
    const [view] = await page.do(getAllWebviews());
    assert.deepEqual([view.label, view.window.label], ['view', 'b']);
    assert.equal((await page.do(Window.getByLabel('b')))?.label, 'b');
    assert.ok((await page.do(WebviewWindow.getByLabel('b'))) instanceof WebviewWindow);
    assert.equal(await page.do(WebviewWindow.getByLabel('c')), null);
    assert.equal(await page.do(Webview.getByLabel('c')), null);
    assert.equal((await page.do(Window.getFocusedWindow()))?.label, 'b');
    assert.equal(Window.getCurrent().label, 'main');
    assert.equal(WebviewWindow.getCurrent().label, 'main');
    assert.equal(Webview.getCurrent().window.label, 'main');
  });

  test(`${name}: events of the window come with their classes`, async () => {
    const page = await tauriPage();
    const { PhysicalSize, PhysicalPosition } = api.dpi;
    const seen: unknown[] = [];
    const hear = ({ payload }: { payload: unknown }) => seen.push(payload);
    const window = api.window.getCurrentWindow();
    await page.do(window.onResized(hear));
    await page.do(window.onMoved(hear));
    await page.do(window.onScaleChanged(hear));
    await page.do(window.onThemeChanged(hear));
    const unlistenFocus = page.do(window.onFocusChanged(hear));
    const unlistenDrag = page.do(window.onDragDropEvent(hear));
    for (let i = 0; i < 4; i++) await page.bus.answer();
    const target = { kind: 'Window', label: 'main' } as const;
    const emit = (event: string, payload: unknown) => page.bus.send(event, payload, target);
    await emit('tauri://resize', { width: 3, height: 4 });
    await emit('tauri://move', { x: -1, y: 2 });
    await emit('tauri://scale-change', { scaleFactor: 2, size: { width: 1, height: 1 } });
    await emit('tauri://theme-changed', 'dark');
    await emit('tauri://focus', null);
    await emit('tauri://blur', null);
    await emit('tauri://drag-drop', { paths: ['/a'], position: { x: 1, y: 1 } });
    await emit('tauri://drag-leave', null);
    assert.deepEqual(seen, [
      new PhysicalSize(3, 4),
      new PhysicalPosition(-1, 2),
      { scaleFactor: 2, size: new PhysicalSize(1, 1) },
      'dark',
      true,
      false,
      { type: 'drop', paths: ['/a'], position: new PhysicalPosition(1, 1) },
      { type: 'leave' },
    ]);
    const listeners = page.bus.subs.size;
    (await unlistenFocus)();
    (await unlistenDrag)();
    await page.bus.answer();
    assert.equal(page.bus.subs.size, listeners - 6);
  });

  test(`${name}: a request to close destroys the window unless a handler prevents it`, async () => {
    const page = await tauriPage();
    page.answers['plugin:window|destroy'] = () => ({ json: null });
    const ask = async () => {
      await page.bus.send('tauri://close-requested', null, { kind: 'Window', label: 'main' });
      await page.bus.answer();
    };
    const window = api.window.getCurrentWindow();
    const refuse = await page.do(
      window.onCloseRequested(async (event) => {
        await null;
        assert.equal(event.isPreventDefault(), false);
        event.preventDefault();
      }),
    );
    page.answers['plugin:window|refuse_close'] = () => ({ json: null });
    await ask();
    // Ours says that it was prevented; the real package says nothing.
    const refused = page.log.splice(0).map((call: unknown) => (call as [string])[0]);
    assert.deepEqual(refused, name === 'ours' ? ['plugin:window|refuse_close'] : []);
    refuse();
    await page.do(window.onCloseRequested(() => {}));
    await ask();
    assert.deepEqual(page.log, [['plugin:window|destroy', { label: 'main' }]]);
  });
}

test('ours: the first version’s window objects emit to their window', async () => {
  const page = await tauriPage();
  page.answers['plugin:webview|create_webview_window'] = () => ({ json: null });
  page.answers['plugin:window|get_all_windows'] = () => ({ json: ['main', 'b'] });
  const { WebviewWindow, appWindow, getAll, getCurrent } = ours.window;
  await page.do(appWindow.emit('event', { message: 'hi' }));
  await page.do(getCurrent().emit('event'));
  const window = new WebviewWindow('window');
  const seen: unknown[] = [];
  await window.once('tauri://created', ({ event }) => seen.push(event));
  await page.do(window.emit('event'));
  assert.ok(window instanceof ours.webviewWindow.WebviewWindow);
  assert.ok(window instanceof ours.window.Window);
  const all = await page.do(getAll());
  assert.ok(all.every((each) => each instanceof WebviewWindow));
  await page.do(all[1].emit('event'));
  assert.deepEqual(
    page.bus.emitted.map(({ target, payload }) => [target, payload]),
    [
      [{ kind: 'AnyLabel', label: 'main' }, { message: 'hi' }],
      [{ kind: 'AnyLabel', label: 'main' }, null],
      [{ kind: 'AnyLabel', label: 'window' }, null],
      [{ kind: 'AnyLabel', label: 'b' }, null],
    ],
  );
  assert.deepEqual(seen, ['tauri://created']);
});
