import { listen } from '@tauri-apps/api/event';

interface Started {
  url: string;
  downloadId: number;
  contentLength: number;
}

function describe({ url, contentLength }: Started): string {
  return `downloading ${contentLength} bytes from ${url}`;
}

void listen<Started>('download-started', ({ payload }) => console.log(describe(payload)));
