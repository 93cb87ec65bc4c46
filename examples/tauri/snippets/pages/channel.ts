import { Channel, invoke } from '@tauri-apps/api/core';

type Message =
  | { event: 'started'; data: { url: string; downloadId: number; contentLength: number } }
  | { event: 'progress'; data: { downloadId: number; chunkLength: number } }
  | { event: 'finished'; data: { downloadId: number } };

const onEvent = new Channel<Message>((message) =>
  console.log(`got download event ${message.event}`),
);
await invoke('download', { url: 'https://example.com/schema.json', onEvent });
