// Builds the committed bundles and types into the folder given: node scripts/build.mjs dist
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The modules under Tauri's names stay as they are, one file each, so that each copy of a class is
 * the only one.
 */
const tauri = readdirSync(join(root, 'src/tauri')).map((file) => file.replace(/\.ts$/, ''));
const scripts = ['internals', 'install', 'global'];
const modules = tauri.filter((name) => !scripts.includes(name));

const siblings = {
  name: 'siblings',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/[^/]+\.js$/ }, ({ path, importer }) =>
      dirname(importer) === join(root, 'src/tauri') ? { path, external: true } : undefined,
    );
  },
};

/** Types that the package's exports need. */
const types = [
  'index.d.ts',
  'api.d.ts',
  ...modules
    .filter((name) => !['bridge', 'callbacks', 'channels', 'arguments'].includes(name))
    .map((name) => `tauri/${name}.d.ts`),
];

export async function buildInto(folder) {
  rmSync(join(folder, 'tauri'), { recursive: true, force: true });
  mkdirSync(join(folder, 'tauri'), { recursive: true });
  const shared = {
    absWorkingDir: root,
    bundle: true,
    target: ['es2022', 'safari15'],
    charset: 'ascii',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const script = { ...shared, format: 'iife' };
  const module = { ...shared, format: 'esm' };
  await Promise.all([
    build({ ...script, entryPoints: ['src/inject.ts'], outfile: join(folder, 'tailrace.js') }),
    build({
      ...script,
      entryPoints: ['src/tauri/internals.ts'],
      outfile: join(folder, 'tauri-internals.js'),
    }),
    build({
      ...script,
      entryPoints: ['src/tauri/global.ts'],
      outfile: join(folder, 'tauri-global.js'),
    }),
    build({ ...module, entryPoints: ['src/index.ts'], outfile: join(folder, 'tailrace.mjs') }),
    build({
      ...module,
      entryPoints: modules.map((name) => `src/tauri/${name}.ts`),
      outdir: join(folder, 'tauri'),
      plugins: [siblings],
    }),
  ]);
  buildTypes(folder);
}

function buildTypes(folder) {
  mkdirSync(join(root, '.build'), { recursive: true });
  const made = mkdtempSync(join(root, '.build', 'types-'));
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
        made,
        '--rootDir',
        'src',
        '-p',
        'tsconfig.build.json',
      ],
      { cwd: root, stdio: 'inherit' },
    );
    for (const file of types) copyFileSync(join(made, file), join(folder, file));
  } finally {
    rmSync(made, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildInto(resolve(root, process.argv[2] ?? 'dist'));
}
