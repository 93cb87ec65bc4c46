import { listen, type UnlistenFn } from '@tauri-apps/api/event';

const stop: UnlistenFn = await listen('download-started', () => {});
stop();
