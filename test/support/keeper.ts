/** A program that keeps a key and signs with it, as `exec:` calls one; what it does wrong is told it by files. */
import { writeFile } from 'node:fs/promises';
import { pairOf, type Pair, type Workplace } from './workplace.js';

const PROGRAM = `
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const [, , folder, name, what] = process.argv;
const file = folder + '/' + name;
appendFileSync(folder + '/asked', name + ' ' + what + '\\n');
if (Object.keys(process.env).some((variable) => variable.startsWith('SF_JWT_'))) throw new Error('A variable was handed on');
if (!existsSync(file)) {
  console.error('no key ' + name + ' here');
  process.exit(3);
}
const key = createPrivateKey(readFileSync(file));
if (what === 'public-key') process.stdout.write(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
else if (existsSync(file + '.locked')) {
  console.error('the card is locked');
  process.exit(4);
} else process.stdout.write(sign('sha256', readFileSync(0), key).toString('base64'));
`;

export type Keeper = {
  /** The URI of a key that it keeps. */
  uri: (name: string) => string;
  /** Keeps the key of a pair, which then is in no file that a command is told of. */
  keep: (name: string) => Promise<Pair>;
  /** The folder in which it keeps keys, and files that say what is wrong with them. */
  folder: string;
};

/** A keeper outside of the folders that commands of the workplace look into. */
export async function keeperAt({ home }: Workplace): Promise<Keeper> {
  const { mkdtemp } = await import('node:fs/promises');
  const folder = await mkdtemp(`${home}-keeper-`);
  const program = `${folder}/keeper.mjs`;
  await writeFile(program, PROGRAM);
  return {
    folder,
    uri: (name) => `exec:${process.execPath} ${program} ${folder} ${name}`,
    keep: async (name) => {
      const pair = await pairOf(name);
      await writeFile(`${folder}/${name}`, pair.key, { mode: 0o600 });
      return pair;
    },
  };
}
