// src/key.ts
var KEY = /* @__PURE__ */ Symbol.for("tailrace");

// src/tauri/core.ts
import { bridge } from "./bridge.js";
import { SERIALIZE_TO_IPC_FN } from "./ipc.js";
import { SERIALIZE_TO_IPC_FN as SERIALIZE_TO_IPC_FN2 } from "./ipc.js";
import { convertFileSrc } from "./platform.js";
async function invoke(cmd, args = {}, options) {
  return await bridge().invoke(cmd, args, options);
}
function transformCallback(callback, once = !1) {
  return bridge().transformCallback(callback, once);
}
var Channel = class {
  constructor(onmessage = () => {
  }) {
    this.onmessage = onmessage, this.id = transformCallback((data) => {
      "message" in data && this.onmessage(data.message);
    });
  }
  [SERIALIZE_TO_IPC_FN]() {
    return `__CHANNEL__:${this.id}`;
  }
  toJSON() {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}, PluginListener = class {
  constructor(plugin, event, channelId) {
    this.plugin = plugin;
    this.event = event;
    this.channelId = channelId;
  }
  async unregister() {
    let { plugin, event, channelId } = this;
    return invoke(`plugin:${plugin}|remove_listener`, { event, channelId });
  }
};
async function addPluginListener(plugin, event, cb) {
  let handler = new Channel(cb), args = { event, handler };
  return await invoke(`plugin:${plugin}|register_listener`, args).catch(
    () => invoke(`plugin:${plugin}|registerListener`, args)
  ), new PluginListener(plugin, event, handler.id);
}
async function checkPermissions(plugin) {
  return invoke(`plugin:${plugin}|check_permissions`);
}
async function requestPermissions(plugin) {
  return invoke(`plugin:${plugin}|request_permissions`);
}
var Resource = class {
  constructor(rid) {
    this.rid = rid;
  }
  async close() {
    return invoke("plugin:resources|close", { rid: this.rid });
  }
  async [Symbol.asyncDispose]() {
    await this.close();
  }
};
function isTauri() {
  return KEY in globalThis;
}
export {
  Channel,
  PluginListener,
  Resource,
  SERIALIZE_TO_IPC_FN2 as SERIALIZE_TO_IPC_FN,
  addPluginListener,
  checkPermissions,
  convertFileSrc,
  invoke,
  isTauri,
  requestPermissions,
  transformCallback
};
