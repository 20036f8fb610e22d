import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const COMMANDS = join(import.meta.dirname, '..', '..', '..', 'src', 'commands', 'jwt');
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n';

type Place = { parse?: (input: string, context: object, options: object) => Promise<unknown> };
type Command = { flags: Record<string, Place>; args?: Record<string, Place> };

/** Flags and arguments that take a path have it in their names. */
const TAKES_A_PATH = /(^|-)(file|dir|fleet|from|report|to)$/;

describe('every flag and argument that takes a path refuses a key without repeating it', () => {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    it(file.replace('.ts', ''), async () => {
      const { default: command } = (await import(join(COMMANDS, file))) as { default: Command };
      const places = Object.entries({ ...command.flags, ...command.args }).filter(([name]) => TAKES_A_PATH.test(name));
      for (const [name, place] of places) {
        const error = await place.parse!(PEM, {}, place).catch((thrown: unknown) => thrown);
        const { code, data } = error as { code?: string; data?: { flag: string } };
        expect(code, name).to.equal('value_is_private_key');
        expect(data).to.deep.equal({ flag: name in command.flags ? `--${name}` : 'FILE' });
      }
      if (!/list|revoke|disconnect/.test(file)) expect(places).to.not.deep.equal([]);
    });
  }
});
