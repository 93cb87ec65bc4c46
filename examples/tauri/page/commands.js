// Arguments, results, headers, errors, resources.

import {
  convertFileSrc,
  invoke,
  isTauri,
  Resource,
  SERIALIZE_TO_IPC_FN,
} from '@tauri-apps/api/core';

const bytes = (value) => `${value.constructor.name} [${new Uint8Array(value)}]`;

async function rejection(promise) {
  try {
    return `it gave ${await promise}`;
  } catch (error) {
    return `${error instanceof Error ? 'an Error' : typeof error} ${JSON.stringify(error)}`;
  }
}

export async function commands(note) {
  note('isTauri', isTauri());

  note('without arguments', await invoke('echo'));
  note(
    'arguments',
    await invoke('echo', {
      text: 'a "ü" \u2028',
      list: [1, null, { deep: true }],
      none: undefined,
    }),
  );
  const map = new Map([
    ['one', 1],
    ['inner', new Map([['two', 2]])],
  ]);
  note('a Map', await invoke('echo', { map }));
  note(
    'bytes inside',
    await invoke('echo', { view: Uint8Array.of(1, 2), buffer: Uint8Array.of(3).buffer }),
  );
  class Point {
    [SERIALIZE_TO_IPC_FN]() {
      return [4, 5];
    }
  }
  note('an own form', await invoke('echo', { point: new Point() }));

  note('a raw body', bytes(await invoke('reverse', Uint8Array.of(1, 2, 3))));
  note(
    'a part of a buffer',
    bytes(await invoke('reverse', Uint8Array.of(1, 2, 3, 4).subarray(1, 3))),
  );
  note('an ArrayBuffer', bytes(await invoke('reverse', Uint8Array.of(5, 6).buffer)));
  note('numbers', bytes(await invoke('reverse', [7, 8, 9])));
  note('no bytes', bytes(await invoke('reverse', new Uint8Array())));
  const large = new Uint8Array(1 << 20).fill(1);
  note(
    'a MB',
    new Uint8Array(await invoke('reverse', large)).reduce((sum, byte) => sum + byte),
  );

  for (const headers of [
    { trace: 'a', 'X-More': 'b' },
    new Headers({ Trace: 'c' }),
    [
      ['trace', 'd'],
      ['x-more', 'e'],
    ],
  ]) {
    note(`${headers.constructor.name} as headers`, await invoke('trace', {}, { headers }));
  }
  note(
    'headers of a raw body',
    await invoke('trace_bytes', Uint8Array.of(1), { headers: { trace: 'f' } }),
  );

  note('an error', await rejection(invoke('fail', { how: 'plain' })));
  note('with detail', await rejection(invoke('fail', { how: 'with detail' })));
  note('wrong arguments', await rejection(invoke('fail', { how: 5 })));
  note('unknown', await rejection(invoke('no_such_command')));
  note('unknown of a plugin', await rejection(invoke('plugin:fs|read_file', { path: '/' })));
  note('several at once', await Promise.all([1, 2, 3].map((n) => invoke('echo', { n }))));

  const rid = await invoke('lend');
  class Lent extends Resource {}
  const lent = new Lent(rid);
  note('lent', lent.rid, await invoke('lent'));
  await lent.close();
  note('closed', await invoke('lent'));
  note('closed twice', await rejection(lent.close()));

  note('a file', convertFileSrc('/tmp/a b?.png'));
  note('of a protocol', convertFileSrc('/tmp/ü', 'media'));
}
