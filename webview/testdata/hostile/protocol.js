// A page that speaks the wire format by hand, and keeps to none of its rules unless it wants to.
globalThis.hostile = (() => {
  const base = 'tailrace://localhost/.tailrace/';
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const bytes = (x) => (typeof x === 'string' ? encoder.encode(x) : x);
  const join = (...parts) => {
    const all = parts.map(bytes);
    const out = new Uint8Array(all.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of all) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  };
  const u32 = (...n) => new Uint8Array(new Uint32Array(n).buffer);
  const u64 = (n) => new Uint8Array(new BigUint64Array([BigInt(n)]).buffer);

  const frame = (kind, payload = '') => {
    const p = bytes(payload);
    const out = new Uint8Array((8 + p.length + 7) & ~7);
    out.set(u32(p.length, kind));
    out.set(p, 8);
    return out;
  };
  const run = (lane, first, ...frames) => {
    const body = join(...frames);
    return join(u32(lane, frames.length), u64(first), u32(body.length, 8), body);
  };
  const batch = (h, ...runs) => {
    const credits = (h.credits ?? []).map(([lane, total]) => join(u32(lane, 0), u64(total)));
    const rest = join(...credits, ...runs, u64(h.number ?? 0));
    return join(
      'TRL1',
      u32(48 + rest.length),
      u64(h.number ?? 0),
      u64(h.receipt ?? 0),
      u32(h.selective ?? 0, credits.length, h.slot ?? 0, h.request ?? 0, h.hold ?? 0, 0),
      rest,
    );
  };
  const invoke = (id, envelope, body = '') => {
    const e = bytes(typeof envelope === 'string' ? envelope : JSON.stringify(envelope));
    return frame(5, join(u32(id, e.length), e, body));
  };
  const call = (id, cmd, args = {}, more = {}) =>
    invoke(
      id,
      { cmd, body: 'json', ...more },
      typeof args === 'string' ? args : JSON.stringify(args),
    );

  /** All that Go ever gave this page, as text: secrets are looked for in it. */
  let heard = '';
  const hear = (b) => {
    heard += new TextDecoder('latin1').decode(b);
  };

  class Session {
    number = 0; // of the last upward batch
    receipt = 0;
    control = 0; // sequence of lane 0
    requests = [];
    frames = []; // that came down
    rang = [];
    constructor(hello) {
      Object.assign(this, hello);
    }

    /** Attaches to shared memory with functions that were kept from the client. */
    async attach(memory) {
      this.memory = memory;
      const answer = memory.attach(this.session, () => {
        for (const f of this.rang.splice(0)) f();
      });
      if (answer === 0) await new Promise((f) => this.rang.push(f));
      else if (answer !== 1) throw new Error(`attach gave ${answer}`);
      for (let n; (n = memory.next()) > 0; ) this.read(n);
    }

    read(next) {
      const b = new Uint8Array(next % 2 ** 32);
      if (this.memory.read(b) === b.length) this.parse(b);
    }

    parse(b) {
      hear(b);
      const v = new DataView(b.buffer, b.byteOffset, b.length);
      this.receipt = Math.max(this.receipt, Number(v.getBigUint64(8, true)));
      for (let at = 48 + 16 * v.getUint32(28, true); at + 24 <= b.length - 8; ) {
        const lane = v.getUint32(at, true);
        const end = at + 24 + v.getUint32(at + 16, true);
        const align = v.getUint32(at + 20, true) & 0xff;
        for (at += 24; at < end; ) {
          const n = v.getUint32(at, true);
          this.frames.push({ lane, kind: b[at + 4], payload: b.slice(at + 8, at + 8 + n) });
          at += (8 + n + align - 1) & -align;
        }
      }
    }

    /** One request, whatever it is. */
    async post(body, headers = {}, path = 'batch') {
      const r = await fetch(base + path, {
        method: 'POST',
        headers: { 'Tailrace-Version': '1', 'Tailrace-Session': this.session, ...headers },
        body,
      }).catch((e) => ({ status: String(e), arrayBuffer: () => new ArrayBuffer(0) }));
      const b = new Uint8Array(await r.arrayBuffer());
      if (r.status === 200) this.parse(b);
      else hear(b);
      return { status: r.status, text: decoder.decode(b) };
    }

    request(slot) {
      this.requests[slot] = (this.requests[slot] ?? 0) + 1;
      return { slot, request: this.requests[slot], receipt: this.receipt };
    }

    /** The way of the carrier that this session has: the status of a request, or what push gave. */
    async send(b) {
      if (!this.memory) return (await this.post(b)).status;
      for (;;) {
        const n = this.memory.push(b);
        if (n !== 0) return n;
        const rang = new Promise((f) => this.rang.push(f));
        if (this.drain() === -1) return -1; // it was over just now, and rings no more
        await rang;
      }
    }

    /** Reads what there is. -1: shared memory is over. */
    drain() {
      let n;
      while ((n = this.memory.next()) > 0) this.read(n);
      return n;
    }

    /** The next batch, with these runs. */
    up(h, ...runs) {
      return this.send(
        batch({ number: ++this.number, ...this.request(this.pulls), ...h }, ...runs),
      );
    }

    /** The next frames of lane 0. */
    say(...frames) {
      const first = this.control;
      this.control += frames.length;
      return this.up({}, run(0, first, ...frames));
    }

    /** Sends nothing but receipts, and hears what Go has to say. */
    async pull() {
      if (this.memory && this.memory.next() >= 0) {
        const rang = new Promise((f) => this.rang.push(f));
        this.drain();
        await Promise.race([rang, new Promise((f) => setTimeout(f, 50))]);
        this.drain();
        this.memory.push(batch(this.request(0)));
        return;
      }
      await this.post(batch({ ...this.request(0), hold: 20 }));
    }

    /** What answered the call: its JSON, or the code of its error. */
    async result(id) {
      for (let tries = 0; tries < 200; tries++) {
        for (const { lane, kind, payload } of this.frames) {
          if (lane !== 0 || (kind !== 6 && kind !== 7)) continue;
          if (new DataView(payload.buffer).getUint32(0, true) !== id) continue;
          const text = decoder.decode(payload.subarray(8));
          return kind === 6 ? text : JSON.parse(text).code;
        }
        await this.pull();
        if ((await this.over()) !== 'alive') break;
      }
      return 'over';
    }

    /** "alive", or why the session is over. */
    async over() {
      const { status, text } = await this.post(batch(this.request(this.pulls + 1)));
      return status === 200 || status === 204 ? 'alive' : `${status} ${text}`;
    }

    /** Waits for the end, and gives it. */
    async ended() {
      for (let tries = 0; tries < 200; tries++) {
        const over = await this.over();
        if (over !== 'alive') return over;
        await new Promise((f) => setTimeout(f, 10));
      }
      return 'alive';
    }
  }

  /** Says hello by hand. */
  const hello = async () => {
    const memory = globalThis.keptMemory;
    const r = await fetch(`${base}hello`, {
      method: 'POST',
      headers: { 'Tailrace-Version': '1', ...(memory && { 'Tailrace-Memory': '1' }) },
    });
    if (r.status !== 200) throw new Error(`hello: ${r.status} ${await r.text()}`);
    const s = new Session(await r.json());
    if (memory) await s.attach(memory);
    return s;
  };

  return {
    base,
    bytes,
    join,
    u32,
    u64,
    frame,
    run,
    batch,
    invoke,
    call,
    hello,
    Session,
    heard: () => heard,
  };
})();
