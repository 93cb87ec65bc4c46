// What is large, deep, cut or of length zero.

//# arguments 100,000 levels deep
//# want: ^bad_arguments bad_arguments alive$
const deep = '['.repeat(100000) + ']'.repeat(100000);
await s.say(hostile.call(1, 'echo', deep)); await s.say(hostile.call(2, 'echo',
	'{"a":'.repeat(20000) + '1' + '}'.repeat(20000)));
return await s.result(1) + ' ' + await s.result(2) + ' ' + await s.over();

//# an envelope 100,000 levels deep
//# want: ^410 .*envelope
await s.say(hostile.invoke(1, '{"cmd":"echo","headers":' + '['.repeat(100000)));
	return await s.ended();

//# event payloads deep and long, to all windows
//# want: ^bad_arguments null bad_name alive$
const deep = '['.repeat(60000) + ']'.repeat(60000);
await s.say(hostile.call(1, 'plugin:event|emit', '{"event":"deep","payload":' + deep + '}'));
await s.say(hostile.call(2, 'plugin:event|emit', { event: 'long', payload: 'x'.repeat(200000) }));
await s.say(hostile.call(3, 'plugin:event|emit', { event: 'x'.repeat(100000) }));
return await s.result(1) + ' ' + await s.result(2) + ' ' + await s.result(3) + ' ' + await s.over();

//# JSON that is none
//# want: ^(bad_arguments,){7}\{"__CHANNEL__":1\},bad_arguments alive$
const got = []; let id = 0;
for (const args of ['', '{', 'nul', '{"a":1}}', '"\\ud800', '\u0000', '1e999999999',
	'{"__CHANNEL__":1}', '[' + '1,'.repeat(1000) + ']']) {
	await s.say(hostile.call(++id, 'echo', args)); got.push(await s.result(id));
}
return got + ' ' + await s.over();

//# a message of 2^40 bytes begins
//# want: ^410 .*limit
await s.say(hostile.invoke(1, { cmd: 'raw', body: 'lane', lane: 1, length: 2 ** 40 }));
await s.up({}, hostile.run(1, 0, hostile.frame(11, hostile.join(hostile.u64(2 ** 40), hostile.u32(2,
	0))))); return await s.ended();

//# bodies that begin, 64 of 1 MiB, and never end
//# want: ^bounded: 410 .*exceeds the session's
let sent = 0;
for (let lane = 1; lane < 128 && (lane % 8 !== 1 || (await s.over()) === 'alive'); lane += 2) {
	await s.say(hostile.invoke(lane, { cmd: 'raw', body: 'lane', lane, length: 1 << 20 }));
	await s.up({}, hostile.run(lane, 0, hostile.frame(11, hostile.join(hostile.u64(1 << 20),
		hostile.u32(2, 0), new Uint8Array(100000)))));
	for (let k = 1; k < 9; k += 2) { await s.up({}, hostile.run(lane, k, hostile.frame(12,
		new Uint8Array(100000)), hostile.frame(12, new Uint8Array(100000)))); sent += 200000; }
}
return (sent < 24e6 ? 'bounded: ' : 'unbounded: ') + await s.ended();

//# a batch over the limit
//# want: ^(413|-2) alive$
const answer = await s.send(hostile.join(hostile.batch({ number: 1, ...s.request(6) }),
	new Uint8Array(s.maxBatch + (65 << 10))));
return answer + ' ' + await s.over();

//# half batches, cut anywhere
//# carrier: scheme
//# want: ^\{"429":\d+\} 5 alive$
const whole = hostile.batch({ number: 1, slot: 6, request: 1 }, hostile.run(0, 0, hostile.call(1,
	'echo', 5)));
const got = {};
for (let n = 0; n < whole.length; n += 3) { const { status } = await s.post(whole.slice(0, n));
	got[status] = (got[status] ?? 0) + 1; }
s.requests[6] = 0; await s.say(hostile.call(1, 'echo', 5));
return JSON.stringify(got) + ' ' + await s.result(1) + ' ' + await s.over();

//# half a batch: shared memory is left, the session goes on
//# carrier: shm
//# want: ^1 5 alive$
const whole = hostile.batch({ number: 1, ...s.request(6) }, hostile.run(0, 0, hostile.call(1,
	'echo', 5)));
const pushed = await s.send(whole.slice(0, -9));
while (s.memory.next() !== -1) await new Promise((f) => setTimeout(f, 5));
s.memory = undefined; await s.say(hostile.call(1, 'echo', 5));
return pushed + ' ' + await s.result(1) + ' ' + await s.over();

//# empty bodies, batches without runs, 600 of them
//# want: ^(5 alive|no result: .*)$
for (let n = 0; n < 300; n++) { await s.up({}); await s.send(hostile.batch(s.request(6)));
	if (n % 50 === 0) await s.pull(); }
await s.send(new Uint8Array(0)); await s.say(hostile.call(1, 'echo', 5));
return await s.result(1) + ' ' + await s.over();

//# messages of length zero, 200,000 on one stream
//# want: ^(200000 alive|410 .*its window is .*)$
const zero = hostile.frame(2), many = Array.from({ length: 10000 }, () => zero); let first = 0;
await s.say(hostile.call(1, 'sum', { S: '__CHANNEL__:1' }, { channels: [1] }));
while (!s.frames.some((f) => f.kind === 9)) await s.pull();
for (; first < 200000; first += many.length) { await s.up({}, hostile.run(1, first, ...many));
	if (first % 50000 === 0) await s.pull(); if ((await s.over()) !== 'alive') return s.over(); }
await s.up({}, hostile.run(1, first, hostile.frame(10)));
return await s.result(1) + ' ' + await s.over();
