// What a user of the package installs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, test } from 'node:test';

const cache = mkdtempSync(join(tmpdir(), 'tailrace-npm-'));
after(() => rmSync(cache, { recursive: true }));

/** The paths in the tarball. */
function packed(): string[] {
  const env = { ...process.env, npm_config_cache: cache, npm_config_update_notifier: 'false' };
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const out = execFileSync('npm', args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // where npm is a script
  });
  return JSON.parse(out)[0].files.map(({ path }: { path: string }) => path);
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

test('the tarball has the licence, and every file that it refers to, and no more', () => {
  const files = packed();
  assert.deepEqual(files.filter((path) => !path.startsWith('dist/')).sort(), [
    'LICENSE',
    'README.md',
    'package.json',
  ]);
  const exported = Object.values<Record<string, string>>(manifest.exports).flatMap(Object.values);
  for (const path of [manifest.main, manifest.types, ...exported]) {
    assert.ok(files.includes(path.replace('./', '')), `${path} is in the tarball`);
  }
  for (const path of files.filter((name) => /\.(m?js|d\.ts)$/.test(name))) {
    const imports = readFileSync(path, 'utf8').matchAll(/(?:from|import) ?\(?['"](\.[^'"]+)['"]/g);
    for (const [, relative] of imports) {
      const target = posix.join(posix.dirname(path), relative);
      const wanted = path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target;
      assert.ok(files.includes(wanted), `${path} imports ${relative}, which is in the tarball`);
    }
  }
});

test('the licence is the project’s', () => {
  assert.equal(readFileSync('LICENSE', 'utf8'), readFileSync('../LICENSE', 'utf8'));
  assert.equal(manifest.license, 'MIT');
});

test('the manifest says where the project lives and whose it is', () => {
  const home = 'https://github.com/tailrace-go/tailrace';
  assert.equal(manifest.homepage, `${home}#readme`);
  assert.equal(manifest.bugs, `${home}/issues`);
  assert.deepEqual(manifest.repository, {
    type: 'git',
    url: `git+${home}.git`,
    directory: 'client',
  });
  assert.equal(manifest.author, 'The Tailrace authors');
  assert.ok(manifest.keywords.length > 3);
});
