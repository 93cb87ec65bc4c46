// Reads an array of TypeScript sources as JSON and writes what they are without their types. The
// argument is the package.json of the package that has esbuild.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { transform } = createRequire(process.argv[2])('esbuild');
const options = {
  loader: 'ts',
  target: 'esnext',
  charset: 'utf8',
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};
const sources = JSON.parse(readFileSync(0, 'utf8'));
const scripts = await Promise.all(sources.map((source) => transform(source, options)));
process.stdout.write(JSON.stringify(scripts.map(({ code }) => code)));
