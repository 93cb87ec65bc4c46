// The extension's functions, in a page that has kept them from the client.

//# functions called with every wrong kind of value, on every wrong this
//# carrier: shm
//# want: ^\d{4,} calls, 0 traps ran, wrong: $
let ran = 0;
const trap = new Proxy({}, { get() { ran++; throw 1; }, getPrototypeOf() { ran++; throw 1;
	}, has() { ran++; throw 1; } });
const values = [undefined, null, true, -1, 1.5, NaN, Infinity, -0, 2 ** 53, 2 ** 64, '', 'x',
	'\u0000', 'x'.repeat(1e6), '\ud800', Symbol(), 10n, {}, [], () => {}, trap,
	{ valueOf() { ran++; return 8; }, toString() { ran++; return 'x'; }, [Symbol.toPrimitive]() {
		ran++; return 1; }, get length() { ran++; return 8; } },
	new Proxy(new Uint8Array(8), { get() { ran++; return 8; } }), new Date(), /x/, new Map(),
		new Error(), document, window,
	new ArrayBuffer(0), new Uint8Array(0), new DataView(new ArrayBuffer(8)), new Float64Array(3),
		Object.create(Uint8Array.prototype), Object.create(s.memory)];
let calls = 0; const wrong = [];
for (const name of ['attach', 'next', 'read', 'fill', 'skip', 'push', 'taken', 'detach']) {
	const f = s.memory[name];
	for (const self of [undefined, null, 1, {}, window, f, trap, Object.create(s.memory),
		new Proxy(s.memory, {})])
		for (const v of [undefined, values[20], new Uint8Array(8)]) { calls++;
			try { const r = f.call(self, v, v, v); if (r !== -1 && !(name === 'detach' &&
			r === 1)) wrong.push(name + ' ' + r); } catch (e) { wrong.push(name + ' threw ' + e);
			} }
	if (name === 'detach' || name === 'attach') continue;
	for (const a of values) for (const b of values.slice(0, 24)) { calls++;
		try { if (typeof f.call(s.memory, a, b, b) !== 'number') wrong.push(name);
		} catch (e) { wrong.push(name + ' threw ' + e); } }
	try { new f(); wrong.push('new ' + name); } catch {}
}
for (const a of values) for (const b of values) { calls++; try { const r = s.memory.attach(a, b);
	if (r > 0) wrong.push('attach ' + r); } catch (e) { wrong.push('attach threw ' + e); } }
return calls + ' calls, ' + ran + ' traps ran, wrong: ' + wrong.slice(0, 5);

//# values that are of the right kind, and wrong: the link lives
//# carrier: shm
//# want: ^-2,-2,-2,-2,-2,-2,-2 0 1002 alive$
const m = s.memory, u8 = new Uint8Array(64), got = [];
await s.say(hostile.call(1, 'echo', JSON.stringify('x'.repeat(1000))));
while (m.next() <= 0) await new Promise((f) => setTimeout(f, 2));
got.push(m.read(u8), m.read(u8.subarray(0, 0)), m.fill(u8, 0, 64), m.fill(u8, 65, 0), m.fill(u8, 0,
	2 ** 53), m.push(new Uint8Array(0)), m.push(new Uint8Array(1 << 20)));
s.drain(); const skipped = m.skip();
return got + ' ' + skipped + ' ' + await s.result(1).then((r) => r.length) + ' ' + await s.over();

//# buffers detached, shrunk, grown, shared, or out of bounds
//# carrier: shm
//# want: ^\d+ buffers, wrong: \[\], then 50002$
const m = s.memory, got = {};
await s.say(hostile.call(1, 'echo', JSON.stringify('y'.repeat(50000))));
let next; while ((next = m.next()) <= 0) await new Promise((f) => setTimeout(f, 2));
const n = next % 2 ** 32;
const detached = new Uint8Array(n); structuredClone(detached.buffer, {
	transfer: [detached.buffer] });
const cases = { detached, 'detached buffer': detached.buffer };
if (ArrayBuffer.prototype.resize) {
	const b = new ArrayBuffer(n, { maxByteLength: 2 * n }), tracking = new Uint8Array(b),
		fixed = new Uint8Array(b, 8, n - 8);
	b.resize(16);
	Object.assign(cases, { 'shrunk, tracking': tracking, 'shrunk, fixed': fixed,
		'shrunk buffer': b });
	const e = new ArrayBuffer(n, { maxByteLength: n }), late = new Uint8Array(e, n - 8);
		e.resize(8);
	cases['view behind the end'] = late;
}
const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 }),
	view = new Uint8Array(memory.buffer); memory.grow(1);
cases['detached by grow'] = view;
for (const [name, b] of Object.entries(cases)) got[name] = [m.read(b), m.fill(b, 0, 8),
	/^shrunk (buffer|t)/.test(name.replace(',', '')) ? -2 : m.push(b)] + '';
const bad = Object.entries(got).filter(([, v]) => v !== '-2,-2,-2');
const shared = (() => { try { return new WebAssembly.Memory({ initial: 1, maximum: 1,
	shared: true }).buffer; } catch { return new ArrayBuffer(8); } })();
for (const b of [new Uint8Array(shared, 0, 8), new Uint8Array(shared,
	shared.byteLength)]) if (m.read(b) !== -2 || m.fill(b, 0, 8) !== -2) bad.push(['shared', '']);
const whole = new WebAssembly.Memory({ initial: 2 });
	// a buffer that can't be detached takes the record
const read = m.read(new Uint8Array(whole.buffer, 8, n));
if (read === n) s.parse(new Uint8Array(whole.buffer, 8, n).slice());
return Object.keys(cases).length + ' buffers, wrong: ' + JSON.stringify(bad) + ', then ' +
	(await s.result(1)).length;

//# re-entered from the bell, and attached anew in it
//# carrier: shm
//# want: ^1, rang true, at once 1, after detach -1,-1,-1,-1$
const m = s.memory; let depth = 0, most = 0, rang = 0;
const bell = () => {
	rang++; most = Math.max(most, ++depth);
	if (rang < 40) { m.attach(s.session, bell); for (let n; (n = m.next()) > 0; ) s.read(n);
		m.push(hostile.batch(s.request(0))); m.taken(); m.skip(); }
	if (rang === 40) { m.detach(); m.attach('x', bell); m.attach(s.session, bell); m.detach();
		throw new Error('thrown by a bell'); }
	depth--;
};
const answer = m.attach(s.session, bell); m.next();
for (let id = 1; rang < 40 && id < 2000; id++) { await s.up({}, hostile.run(0, s.control++,
	hostile.call(id, 'echo', id))); m.next(); await new Promise((f) => setTimeout(f, 1));
	if (m.next() === -1) break; }
return answer + ', rang ' + (rang >= 40) + ', at once ' + most + ', after detach ' + [m.next(),
	m.push(new Uint8Array(8)), m.taken(), m.read(new Uint8Array(8))];

//# functions of a session that is over
//# carrier: shm
//# want: ^-1,-1,-1,-1,-1,-1,-1,1,1; 410 .*never opened
const m = s.memory; await s.up({}, hostile.run(9, 0, hostile.frame(1, '1')));
	const why = await s.ended();
while (m.next() !== -1) await new Promise((f) => setTimeout(f, 2));
const after = [m.next(), m.read(new Uint8Array(9)), m.fill(new Uint8Array(9), 0, 1),
	m.push(new Uint8Array(9)), m.skip(), m.taken(), m.attach(s.session, () => {}), m.detach(),
	m.detach()];
return after + '; ' + why;

//# functions of a frame that is gone, called in another document
//# carrier: shm
//# want: number$
const f = document.createElement('iframe'); document.body.append(f);
const call = new f.contentWindow.Function('m', 'b', 'return [m.next(), m.push(b), m.read(b)]');
const theirs = new f.contentWindow.Uint8Array(8); const before = call(s.memory, theirs) + '';
	f.remove();
const after = (() => { try { return call(s.memory, theirs) + ''; } catch (e) { return 'threw';
	} })();
await s.over(); return before + ' / ' + after + ' / ' + typeof s.memory.next();

//# a flood into the upward ring that Go has to stop
//# carrier: shm
//# want: ^5 6 alive$
const b = hostile.batch({ slot: 0 }), big = new Uint8Array(b); let full = 0, n = 0;
await s.say(hostile.call(1, 'echo', 5)); const first = await s.result(1);
for (; n < 200000; n++) { const r = s.memory.push(big); if (r === 0) { full++; if (full > 20) break;
	await new Promise((f) => setTimeout(f, 1)); } else if (r < 0) break; }
await s.say(hostile.call(2, 'echo', 6)); return first + ' ' + await s.result(2) + ' ' +
	await s.over();
