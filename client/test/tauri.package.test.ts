// All that there is in the real package is here, and makes the same calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchReports } from './reported.js';
import { ours, type Page, real, tauriPage } from './tauri.js';

watchReports();

/** What stands for a parameter, by its method. */
function sample(method: string): unknown[] {
  const { LogicalSize, PhysicalPosition } = ours.dpi;
  switch (method) {
    case 'setSize':
    case 'setMinSize':
      return [new LogicalSize(1, 2)];
    case 'setMaxSize':
      return [null];
    case 'setPosition':
    case 'setCursorPosition':
    case 'setFullscreenOnMonitor':
      return [new PhysicalPosition(3, 4)];
    case 'setSizeConstraints':
      return [{ minWidth: 10, maxHeight: 20 }];
    case 'requestUserAttention':
      return [1];
    case 'setIcon':
    case 'setOverlayIcon':
      return [new Uint8Array([1, 2])];
    case 'reparent':
      return [ours.window.getCurrentWindow()];
    default:
      return ['value'];
  }
}

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

test('each method of the package’s classes makes the same call, arguments included', async () => {
  const skip = /^(constructor|listen|once|emit|emitTo|on[A-Z].*|_.*|window|label|listeners)$/;
  const objects = (api: typeof ours): Methods[] =>
    [
      api.window.getCurrentWindow(),
      api.webview.getCurrentWebview(),
      api.webviewWindow.getCurrentWebviewWindow(),
    ] as unknown as Methods[];
  const run = async (object: Methods, method: string) => {
    const page: Page = await tauriPage();
    const answer = () => ({ json: { width: 1, height: 2, x: 3, y: 4 } });
    page.answers = new Proxy({}, { get: () => answer });
    assert.equal(typeof object[method], 'function', `there is ${method}`);
    const gave = await page.do(object[method](...sample(method)));
    return {
      gave: JSON.stringify(gave),
      kind: gave?.constructor?.name.replace(/\d$/, ''),
      log: page.log,
    };
  };
  let methods = 0;
  for (let i = 0; i < 3; i++) {
    await tauriPage();
    const [here, there] = [objects(ours)[i], objects(real)[i]];
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(there))) {
      if (skip.test(method)) continue;
      assert.deepEqual(await run(here, method), await run(there, method), method);
      methods++;
    }
  }
  assert.equal(methods, 163);
});

test('monitors and the cursor', async () => {
  const area = { position: { x: 1, y: 2 }, size: { width: 3, height: 4 } };
  const monitor = { name: null, scaleFactor: 1, ...area, workArea: area };
  const run = async ({ window }: typeof ours) => {
    const page = await tauriPage();
    page.answers = {
      'plugin:window|current_monitor': () => ({ json: monitor }),
      'plugin:window|primary_monitor': () => ({ json: null }),
      'plugin:window|monitor_from_point': () => ({ json: monitor }),
      'plugin:window|available_monitors': () => ({ json: [monitor] }),
      'plugin:window|cursor_position': () => ({ json: { x: 1, y: 2 } }),
    };
    const gave = [
      await page.do(window.currentMonitor()),
      await page.do(window.primaryMonitor()),
      await page.do(window.monitorFromPoint(1, 2)),
      await page.do(window.availableMonitors()),
      await page.do(window.cursorPosition()),
    ];
    return [JSON.stringify(gave), page.log];
  };
  assert.deepEqual(await run(ours), await run(real));
});

test('every export of the package’s modules is here', () => {
  const missing = Object.entries(real).flatMap(([module, exports]) =>
    Object.keys(exports)
      .filter((name) => !(name in ours[module as keyof typeof ours]))
      .map((name) => `${module}.${name}`),
  );
  assert.deepEqual(missing, []);
  assert.deepEqual({ ...ours.event.TauriEvent }, { ...real.event.TauriEvent });
  assert.deepEqual({ ...ours.window.Effect }, { ...real.window.Effect });
  assert.deepEqual({ ...ours.window.UserAttentionType }, { ...real.window.UserAttentionType });
  assert.deepEqual({ ...ours.path.BaseDirectory }, { ...real.path.BaseDirectory });
  assert.deepEqual({ ...ours.app.BundleType }, { ...real.app.BundleType });
});

test('the functions of app and path call the same commands', async () => {
  const run = async (modules: typeof ours) => {
    const page = await tauriPage();
    const gave: unknown[] = [];
    for (const module of [modules.app, modules.path]) {
      for (const [name, call] of Object.entries(module).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (typeof call !== 'function' || name === 'onBackButtonPress') continue;
        const called = Promise.resolve(call('a' as never, 'b' as never));
        gave.push([name, await page.do(called).catch((error: unknown) => error)]);
      }
    }
    return [gave, page.log];
  };
  assert.deepEqual(await run(ours), await run(real));
});

test('sizes and positions convert as the package’s do', () => {
  const run = ({ dpi }: typeof ours) => {
    const size = new dpi.PhysicalSize({ Physical: { width: 300, height: 200 } });
    const position = new dpi.LogicalPosition({ x: 5, y: 6 });
    return JSON.stringify([
      size,
      size.type,
      size.toLogical(2),
      new dpi.LogicalSize({ Logical: { width: 1, height: 2 } }).toPhysical(3),
      new dpi.Size(size),
      new dpi.Size(size).toLogical(2),
      new dpi.Size(size).toPhysical(2),
      position.toPhysical(2),
      new dpi.PhysicalPosition({ Physical: { x: 1, y: 2 } }).toLogical(0.5),
      new dpi.Position(position),
      new dpi.Position(position).toPhysical(2),
      new dpi.Position(position).toLogical(2),
    ]);
  };
  assert.equal(run(ours), run(real));
});

test('ours: sizes and positions of the real package are taken as ours are', async () => {
  const page = await tauriPage();
  const window = ours.window.getCurrentWindow();
  const webview = ours.webview.getCurrentWebview();
  const { dpi } = real;
  const { Position, Size } = ours.dpi;
  const size = new dpi.LogicalSize(1, 2);
  const position = new dpi.PhysicalPosition(3, 4);
  for (const each of [size, new dpi.Size(size), new Size(size)]) {
    await page.do(window.setSize(each)).catch(() => {});
    await page.do(window.setMinSize(each)).catch(() => {});
    await page.do(webview.setSize(each)).catch(() => {});
  }
  for (const each of [position, new dpi.Position(position), new Position(position)]) {
    await page.do(window.setPosition(each)).catch(() => {});
    await page.do(webview.setPosition(each)).catch(() => {});
  }
  const { log } = page as { log: [string, { value: unknown }][] };
  assert.equal(log.length, 15);
  for (const [command, { value }] of log) {
    const want = command.endsWith('size')
      ? { Logical: { width: 1, height: 2 } }
      : { Physical: { x: 3, y: 4 } };
    assert.deepEqual(value, want, command);
  }
  // What is of the wanted unit is given as it is.
  assert.equal(new Size(size).toLogical(2), size);
  assert.equal(new Position(position).toPhysical(2), position);
  assert.deepEqual(new Size(new dpi.PhysicalSize(1, 2)).toPhysical(2), new dpi.PhysicalSize(1, 2));
  const logical = new dpi.LogicalPosition(1, 2);
  assert.equal(new Position(logical).toLogical(2), logical);
  assert.deepEqual(new Position(logical).toPhysical(2), new dpi.PhysicalPosition(2, 4));
});
