// Evaluates sources and says exactly what came out. A line of stdin is {source} or {json}, both
// JSON; the line of stdout is a description in which no two values look alike.

const describe = (v) => {
  switch (typeof v) {
    case 'string':
      return v;
    case 'boolean':
      return v;
    case 'bigint':
      return { big: String(v) };
    case 'number':
      return { number: Object.is(v, -0) ? '-0' : String(v) };
    case 'object': {
      if (v === null) return v;
      if (Array.isArray(v)) return v.map(describe);
      if (Object.getPrototypeOf(v) !== Object.prototype) return { prototype: 'was changed' };
      return { object: Object.keys(v).map((k) => [k, describe(v[k])]) };
    }
  }
  return { other: typeof v };
};

const answer = ({ source, json }) => {
  try {
    return { value: describe(source === undefined ? JSON.parse(json) : globalThis.eval(source)) };
  } catch (e) {
    return { error: String(e) };
  }
};

const lines = require('node:readline').createInterface({ input: process.stdin });
const names = Object.getOwnPropertyNames(globalThis).length;
lines.on('line', (line) => {
  const a = answer(JSON.parse(line));
  if (
    Object.getOwnPropertyNames(globalThis).length !== names ||
    Object.keys(Object.prototype).length > 0
  ) {
    a.error = 'the global scope was changed';
  }
  process.stdout.write(`${JSON.stringify(a)}\n`);
});
