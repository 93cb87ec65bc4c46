// Receipts, credits and lanes that are not the page's.

//# frames for a lane of another window
//# want: lane 1, which was never opened
await s.up({}, hostile.run(1, 0, hostile.frame(1, '1'))); return await s.ended();

//# frames for Go's next lane
//# want: lane 2, which was never opened
await s.up({}, hostile.run(2, 0, hostile.frame(1, '1'))); return await s.ended();

//# a receipt that is too high
//# want: receipt for batch 1000
await s.send(hostile.batch({ ...s.request(6), receipt: 1000 })); return await s.ended();

//# a receipt of 2^53, and selective ones
//# want: ^(410|400) .*protocol
await s.send(hostile.batch({ ...s.request(6), receipt: 2 ** 53, selective: 0xffffffff }));
	return await s.ended();

//# receipts backwards
//# want: ^5 6 alive$
await s.say(hostile.call(1, 'echo', 5)); const first = await s.result(1);
await s.send(hostile.batch({ ...s.request(6), receipt: 0 })); await s.send(hostile.batch({
	...s.request(6), receipt: 0 }));
await s.say(hostile.call(2, 'echo', 6)); return first + ' ' + await s.result(2) + ' ' +
	await s.over();

//# a credit that is too high
//# want: has sent
await s.send(hostile.batch({ ...s.request(6), credits: [[0, 2 ** 40]] })); return await s.ended();

//# a credit for another window's lane
//# want: lane 1, which was never opened
await s.send(hostile.batch({ ...s.request(6), credits: [[1, 8]] })); return await s.ended();

//# credits that go backwards, and a thousand of them
//# want: ^5 6 alive$
await s.say(hostile.call(1, 'echo', 5)); const first = await s.result(1);
await s.send(hostile.batch({ ...s.request(6), credits: [[0, 24], [0, 8], [0, 0], [0, 16]] }));
await s.send(hostile.batch({ ...s.request(6), credits: Array.from({ length: 1000 }, () =>
	[0, 8]) }));
await s.say(hostile.call(2, 'echo', 6)); return first + ' ' + await s.result(2) + ' ' +
	await s.over();

//# endless opens
//# want: ^\{"\{\}":64,"too_many_lanes":64,"over":192\} 410 .*128 channels
const got = {};
for (let id = 1; id <= 320; id += 32) {
	const ids = Array.from({ length: 32 }, (_, n) => id + n);
	await s.say(...ids.map((id) => hostile.call(id, 'keep', { C: '__CHANNEL__:' + (2 * id - 1) }, {
		channels: [2 * id - 1] })));
	for (const k of ids) { const r = await s.result(k); got[r] = (got[r] ?? 0) + 1; }
}
return JSON.stringify(got) + ' ' + await s.over();

//# calls without end
//# want: ^busy, then 410 .*commands at once
await s.say(...Array.from({ length: 64 }, (_, n) => hostile.call(n + 1, 'hold')));
await s.say(hostile.call(1000, 'hold')); const busy = await s.result(1000);
const many = []; for (let id = 2000; id < 2300; id++) many.push(hostile.call(id, 'hold'));
await s.say(...many); return busy + ', then ' + await s.ended();
