// The package as a bundler's user has it: an app for Tauri, type-checked and built with the recipe
// of the README, and its bundle in a page. And the modules as a page without a bundler has them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { settle } from './goclock.js';
import { ours, tauriPage } from './tauri.js';

const app = resolve('.build/app');

/** What test/app/main.ts exports. */
interface App {
  run(): Promise<() => void>;
  seen: unknown[];
}

before(() => {
  rmSync(app, { recursive: true, force: true });
  cpSync('test/app', app, { recursive: true });
  mkdirSync(join(app, 'node_modules'));
  symlinkSync(resolve('.'), join(app, 'node_modules/tailrace'), 'junction');
});

test('the app passes tsc --strict, the package’s types included', () => {
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', app], {
    stdio: 'inherit',
  });
});

test('the types are found by every way of resolving modules, without a path', () => {
  for (const [module, moduleResolution] of [
    ['es2022', 'bundler'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ]) {
    const config = {
      compilerOptions: {
        ...{ target: 'es2022', module, moduleResolution, lib: ['es2022', 'dom', 'dom.iterable'] },
        ...{ types: [], strict: true, noEmit: true, skipLibCheck: false },
      },
      files: ['package.ts'],
    };
    const file = join(app, `tsconfig.${moduleResolution}.json`);
    writeFileSync(file, JSON.stringify(config));
    execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', file], {
      stdio: 'inherit',
    });
  }
});

test('Vite builds the app with the alias; the bundle uses the page’s one connection', async () => {
  await build({
    root: app,
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: [{ find: /^@tauri-apps\/api(?=\/|$)/, replacement: 'tailrace/tauri' }] },
    build: {
      modulePreload: false,
      lib: { entry: 'main.ts', formats: ['es'], fileName: 'main' },
    },
  });
  const bundle = readFileSync(join(app, 'dist/main.js'), 'utf8');
  assert.doesNotMatch(bundle, /__TAURI_INTERNALS__/, 'nothing of Tauri’s own package is in it');
  const page = await tauriPage();
  page.answers.download = () => undefined;
  page.answers['plugin:window|set_size'] = () => ({ json: null });
  page.answers['plugin:webview|create_webview_window'] = () => ({ json: null });
  const { run, seen }: App = await import(`${pathToFileURL(join(app, 'dist/main.js'))}`);
  const running = run();
  for (let i = 0; i < 8; i++) await page.bus.answer();
  const { id, lanes } = page.call('download');
  await page.messages(lanes[0], [
    { event: 'started', data: { url: 'u' } },
    { event: 'finished', data: 1 },
  ]);
  await page.reply(id, 300);
  const unlisten = await page.do(running);
  await page.bus.send('download-started', { url: 'four' });
  unlisten();
  await page.bus.answer();
  await page.bus.send('download-started', { url: 'four' });
  await page.bus.send('logged-in', 'yes', { kind: 'WebviewWindow', label: 'main' });
  assert.deepEqual(seen, ['u', 2, 2, 'main', 4, 'YES']);
  assert.deepEqual(page.log.at(-3), [
    'plugin:window|set_size',
    { label: 'main', value: { Logical: { width: 300, height: 1 } } },
  ]);
});

test('the modules find each other, and share their classes and the page’s state', async () => {
  const folder = resolve('dist/tauri');
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  for (const file of files) {
    const imports = readFileSync(join(folder, file), 'utf8').matchAll(/ from "([^"]+)"/g);
    for (const [, path] of imports) {
      assert.ok(files.includes(path.replace('./', '')), `${file} imports ${path}, which is there`);
    }
  }
  await tauriPage();
  const load = async (name: string) => import(`${pathToFileURL(join(folder, name))}`);
  const modules = Object.keys(ours) as (keyof typeof ours)[];
  for (const name of modules) {
    const served = await load(`${name}.js`);
    assert.deepEqual(Object.keys(served).sort(), Object.keys(ours[name]).sort());
  }
  const window: typeof ours.window = await load('window.js');
  const webviewWindow: typeof ours.webviewWindow = await load('webviewWindow.js');
  assert.ok(window.appWindow instanceof webviewWindow.WebviewWindow);
  assert.equal(window.appWindow.label, 'main');
  const index = await load('index.js');
  assert.equal(index.window.WebviewWindow, window.WebviewWindow);
  assert.deepEqual(Object.keys(index).sort(), [...modules, 'invoke'].sort());
  await settle();
});
