// Whose session is it?

//# session ids that are forged or misshapen
//# want: ^410,403,(410|403),410,410,410,410,410,410,410 alive$
const got = [];
for (const id of ['0123456789abcdef0123456789abcdef', '', ' ', s.session + '0', s.session.slice(1),
	s.session.toUpperCase() + 'X', 'x'.repeat(100000), '__proto__', '*', s.session + ', ' +
	s.session])
	got.push((await s.post(hostile.batch({ slot: 6, request: 1 }), {
		'Tailrace-Session': id })).status);
return got + ' ' + await s.over();

//# the honest window's session id, as if it had leaked
//# want: ^410,410,410,410 alive$
const got = [];
for (const body of [hostile.batch({ slot: 6, request: 1 }), hostile.batch({ number: 1, slot: 6,
	request: 1 }, hostile.run(0, 0, hostile.call(1, 'secret'))), new Uint8Array(0)])
	got.push((await s.post(body, { 'Tailrace-Session': honest })).status);
got.push((await s.post('{"reason":"x"}', { 'Tailrace-Session': honest }, 'carrier')).status);
return got + ' ' + await s.over();

//# replay of a session that is over
//# want: ^410,410 alive$
const later = await hostile.hello();
const b = hostile.batch({ number: 1, slot: 6, request: 1 }, hostile.run(0, 0, hostile.call(1,
	'echo')));
const old = [(await s.post(b)).status, (await s.post(b)).status];
return old + ' ' + await later.over();

//# a batch twice, and requests of a slot backwards
//# want: ^7 9 2 results, alive$
await s.say(hostile.call(1, 'echo', 7));
const first = await s.result(1);
const again = hostile.batch({ number: 1, receipt: s.receipt, slot: 7, request: 1 }, hostile.run(0,
	0, hostile.call(1, 'echo', 8)));
await s.send(again); await s.send(again);
await s.say(hostile.call(2, 'echo', 9));
return first + ' ' + await s.result(2) + ' ' + s.frames.filter((f) => f.kind === 6).length +
	' results, ' + await s.over();

//# a command that the policy denies
//# want: ^denied$
await s.say(hostile.call(1, 'secret')); return await s.result(1);

//# acting on the honest window, and its events forged
//# want: ^denied,denied,denied,denied,denied$
const to = { kind: 'WebviewWindow', label: 'honest' };
await s.say(
	hostile.call(1, 'plugin:window|destroy', { label: 'honest' }), hostile.call(2,
		'plugin:window|set_title', { label: 'honest', value: 'x' }),
	hostile.call(3, 'plugin:webview|create_webview_window', { options: { label: 'new' } }),
	hostile.call(4, 'plugin:event|emit_to', { event: 'tauri://close-requested', target: to }),
		hostile.call(5, 'plugin:event|emit', { event: 'tauri://destroyed' }));
const got = [];
for (let id = 1; id <= 5; id++) got.push(await s.result(id));
return got + '';

//# attach to the honest window's shared memory by its session id
//# carrier: shm
//# want: ^0 false -1 -1$
let rang = false;
const got = s.memory.attach(honest, () => { rang = true; });
await s.pull(); await s.pull();
return got + ' ' + rang + ' ' + s.memory.next() + ' ' + s.memory.push(hostile.batch({ number: 1 },
	hostile.run(0, 0, hostile.call(1, 'secret'))));
