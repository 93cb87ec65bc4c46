import { emit, listen } from '@tauri-apps/api/event';

await listen<{ theMessage: string }>('click', () => {});
void emit('click', { theMessage: 'Tauri is awesome!' });
