/** Writes `docs/evidence.md`: on what the local org stands, and by whom that was seen. Run in the project's folder. */
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { evidencePage } from './evidence-page.js';

const FILE = 'docs/evidence.md';
await writeFile(FILE, await format(evidencePage(), { ...(await resolveConfig(FILE)), filepath: FILE }));
