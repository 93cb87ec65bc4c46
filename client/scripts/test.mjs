// Bundles each test and runs it on Node's own runner: node scripts/test.mjs [--speed] [NAME ...]
// With names only the tests that begin so run, for as long as they take.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const speed = process.argv.includes('--speed');
const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const out = join(root, '.build', ['test', ...names].join('-'));
const entries = readdirSync(join(root, 'test'))
  .filter((name) => name.endsWith(speed ? '.speed.ts' : '.test.ts'))
  .filter((name) => names.length === 0 || names.some((begin) => name.startsWith(begin)))
  .sort();

rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: entries.map((name) => `test/${name}`),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  external: ['node:*', 'vite'],
  sourcemap: 'inline',
  logLevel: 'warning',
});
const files = entries.map((name) => join(out, name.replace(/\.ts$/, '.mjs')));
const limit = names.length === 0 ? ['--test-timeout=120000'] : [];
// By default Node keeps one processor for itself: of two, the tests had one.
const flags = speed
  ? ['--expose-gc']
  : ['--test', `--test-concurrency=${availableParallelism()}`, ...limit];
const { status } = spawnSync(process.execPath, ['--enable-source-maps', ...flags, ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
