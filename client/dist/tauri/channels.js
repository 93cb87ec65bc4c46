// src/tauri/channels.ts
var Forwarder = class {
  constructor(page, run, forget, ended) {
    this.run = run;
    this.forget = forget;
    this.ended = ended;
    this.index = 0;
    /** Calls without a result that carry it. */
    this.calls = 0;
    /** A command has had it. */
    this.taken = !1;
    this.over = !1;
    this.channel = new page.Channel({ own: !0 }), this.channel.onmessage = (message) => {
      run({
        message: message instanceof Uint8Array ? message.buffer : message,
        index: this.index++
      });
    }, this.channel.onclose = () => {
      this.over = !0, (this.index > 0 || this.taken || this.calls === 0) && this.end();
    };
  }
  /** What stands for it in the arguments of the call that is being read. */
  collect() {
    return this.channel.toJSON();
  }
  called() {
    this.calls++;
  }
  returned() {
    this.calls--, this.taken = !0, this.over && this.end();
  }
  /** A call that was refused leaves a channel as it was: it may be passed to another one. */
  refused() {
    this.calls--, !(this.taken || this.calls > 0 || this.index > 0) && (this.channel.onclose = void 0, this.channel.close(), this.forget());
  }
  end() {
    this.forget();
    try {
      this.run({ end: !0, index: this.index });
    } finally {
      this.ended();
    }
  }
};
function createChannels(page, { callbacks }) {
  let forwarders = /* @__PURE__ */ new Map();
  return {
    find(original, text) {
      let { id } = original;
      if (typeof id != "number" || text !== `__CHANNEL__:${id}`) return;
      let forwarder = forwarders.get(id);
      return forwarder !== void 0 ? forwarder : callbacks.has(id) ? (forwarder = new Forwarder(
        page,
        (data) => callbacks.get(id)?.(data),
        () => forwarders.delete(id),
        () => callbacks.delete(id)
      ), forwarders.set(id, forwarder), forwarder) : "ended";
    }
  };
}
export {
  Forwarder,
  createChannels
};
