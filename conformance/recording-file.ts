import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CannotRun } from './circumstances.js';
import type { Recording } from './recording.js';
import { findSecrets } from './secret-scanner.js';

/**
 * Writes a recording as `KIND-vNN-DATE.json`, with a number behind it if there is one of that day. An earlier one is never
 * replaced. Nothing is written that the secret scanner finds something in.
 *
 * @returns its path
 * @throws CannotRun if it holds something that looks like a secret
 */
export async function writeRecording(recording: Recording, directory: string): Promise<string> {
  const text = `${JSON.stringify(recording, null, 2)}\n`;
  const findings = findSecrets(text);
  if (findings.length > 0) {
    const lines = findings.map(({ rule, near }) => `  ${rule}: ${near}`).join('\n');
    throw new CannotRun(`No recording was written, because something in it looks like a secret:\n${lines}`);
  }
  await mkdir(directory, { recursive: true });
  const { org, date } = recording;
  const base = `${org.kind}-v${String(Number.parseInt(org.apiVersion ?? '0'))}-${date}`;
  for (let number = 1; ; number += 1) {
    const path = join(directory, `${base}${number === 1 ? '' : `-${String(number)}`}.json`);
    try {
      await writeFile(path, text, { flag: 'wx' });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
