// Bundles each test and runs it on Node's own runner: node scripts/test.mjs [--speed]
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, '.build', 'test');
const speed = process.argv.includes('--speed');
const entries = readdirSync(join(root, 'test'))
  .filter((name) => name.endsWith(speed ? '.speed.ts' : '.test.ts'))
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
const flags = speed ? ['--expose-gc'] : ['--test', '--test-timeout=30000'];
const { status } = spawnSync(process.execPath, ['--enable-source-maps', ...flags, ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
