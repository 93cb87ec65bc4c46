// Builds the committed bundles and types into the folder given: node scripts/build.mjs dist
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function buildInto(folder) {
  mkdirSync(folder, { recursive: true });
  const shared = {
    absWorkingDir: root,
    bundle: true,
    target: ['es2020', 'safari15'],
    charset: 'ascii',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  await build({
    ...shared,
    entryPoints: ['src/inject.ts'],
    format: 'iife',
    outfile: join(folder, 'tailrace.js'),
  });
  await build({
    ...shared,
    entryPoints: ['src/index.ts'],
    format: 'esm',
    outfile: join(folder, 'tailrace.mjs'),
  });
  mkdirSync(join(root, '.build'), { recursive: true });
  const types = mkdtempSync(join(root, '.build', 'types-'));
  try {
    execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        'false',
        '--declaration',
        '--emitDeclarationOnly',
        '--outDir',
        types,
        '--rootDir',
        'src',
        '-p',
        'tsconfig.build.json',
      ],
      { cwd: root, stdio: 'inherit' },
    );
    for (const file of ['index.d.ts', 'api.d.ts']) {
      copyFileSync(join(types, file), join(folder, file));
    }
  } finally {
    rmSync(types, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildInto(join(root, process.argv[2] ?? 'dist'));
}
