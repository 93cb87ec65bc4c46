// Checks that the committed dist is what the sources give, byte for byte.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInto } from './build.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), 'tailrace-dist-'));
const wrong = [];
try {
  await buildInto(fresh);
  for (const name of new Set([...files(dist), ...files(fresh)])) {
    if (read(dist, name) !== read(fresh, name)) wrong.push(name);
  }
} finally {
  rmSync(fresh, { recursive: true });
}
if (wrong.length > 0) {
  console.error(`dist is not what the sources give (${wrong.join(', ')}): run npm run build`);
  process.exit(1);
}

function files(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), 'latin1');
  } catch {
    return undefined;
  }
}
