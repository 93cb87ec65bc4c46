// More than Go, or the page, wants.

//# an upward flood beyond the window, which nobody reads
//# want: ^bounded: 410 .*its window is
await s.say(hostile.call(1, 'deaf', { S: '__CHANNEL__:1' }, { channels: [1] }));
while (!s.frames.some((f) => f.kind === 9)) await s.pull();
let n = 0;
while ((await s.over()) === 'alive' && n < 100) await s.up({}, hostile.run(1, n++, hostile.frame(2,
	new Uint8Array(100000))));
return (n < 20 ? 'bounded: ' : 'unbounded: ') + await s.ended();

//# zeros on 60 streams that nobody reads
//# want: ^410 .*exceeds the session's
const zero = hostile.frame(2), many = Array.from({ length: 20000 }, () => zero);
const lanes = Array.from({ length: 60 }, (_, n) => 2 * n + 1);
await s.say(...lanes.map((lane) => hostile.call(lane, 'deaf', { S: '__CHANNEL__:' + lane }, {
	channels: [lane] })));
while (s.frames.filter((f) => f.kind === 9).length < 60) await s.pull();
let n = 0;
for (let first = 0; first < 120000; first += many.length)
	for (const lane of lanes) { await s.up({}, hostile.run(lane, first, ...many));
		if (++n % 10 === 0 && (await s.over()) !== 'alive') return s.over(); }
return 'unbounded: ' + await s.over();

//# batches far ahead, and as far ahead as they may be
//# want: ^alive, then 410 .*batch 40
for (let n = 32; n > 1; n--) await s.up({ number: n }, hostile.run(0, n - 1, hostile.call(n, 'echo',
	'x'.repeat(200000))));
const held = await s.over();
await s.up({ number: 40 }); return held + ', then ' + await s.ended();

//# pulls held by thousands
//# want: ^(alive|429[^,]*), \{.*\}, then (410|429)$
const pulls = []; const got = {};
for (let n = 1; n <= 3000; n++) pulls.push(s.post(hostile.batch({ slot: n % 6, request: 1 +
	Math.floor(n / 6), hold: 20000, receipt: s.receipt })).then(({ status }) => {
	got[status] = (got[status] ?? 0) + 1; }));
const alive = await s.over();
const last = await s.post(hostile.batch({ slot: 60, request: 1 }));
	// out of range: ends the session, and with it all that are held
await Promise.all(pulls);
return alive + ', ' + JSON.stringify(got) + ', then ' + last.status;

//# hellos without end
//# want: ^5 410 .* alive$
let last; for (let n = 0; n < 20; n++) last = await hostile.hello();
await last.say(hostile.call(1, 'echo', 5)); return await last.result(1) + ' ' + await s.over() +
	' ' + await last.over();

//# the page leaves shared memory with 4 MiB, with no JSON, with a reason of 200 KB
//# want: ^413,400,204 alive$
const a = await s.post(new Uint8Array(4 << 20), {}, 'carrier'), b = await s.post('{"reason":', {},
	'carrier'), c = await s.post(JSON.stringify({ reason: 'x'.repeat(200000) }), {}, 'carrier');
return [a.status, b.status, c.status] + ' ' + await s.over();
