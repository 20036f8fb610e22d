/** A process that writes a pair of files whenever it's told to, and says when it has. */
import nodeFs from 'node:fs';
import { join } from 'node:path';
import { writeTogether } from '../../src/machine/files/replace-together.js';

type Job = { folder: string; text: string; other?: string; reversed?: boolean; dies?: boolean };

process.on('message', ({ folder, text, other = folder, reversed = false, dies = false }: Job) => {
  const files = [
    { path: join(folder, 'server.key'), data: text, mode: 0o600 as const },
    { path: join(other, 'server.crt'), data: text, mode: 0o644 as const },
  ];
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  };
  const fs = dies ? { ...nodeFs, fsyncSync: die } : nodeFs;
  try {
    writeTogether(reversed ? files.reverse() : files, { overwrite: true }, fs);
    process.send?.('written');
  } catch (error) {
    process.send?.(String(error));
  }
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
