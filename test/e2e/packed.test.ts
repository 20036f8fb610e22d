import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { run } from '../support/plugin.js';

const ROOT = join(import.meta.dirname, '..', '..');
const LIB = join(ROOT, 'lib');

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();

const COMMANDS = filesIn(join(ROOT, 'src', 'commands')).map((path) => path.replace(/\.ts$/, ''));

/** `jwt/fleet/grant` → `JwtFleetGrant` */
const classOf = (command: string): string =>
  command.replace(/(?:^|\/)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What `npm run build` makes, and what is published: the tests of commands as processes run this. */
describe('the packed commands', () => {
  it('are one file each, beside the hook of sf doctor, the chunks that they share, and what programs import', () => {
    const files = filesIn(LIB).filter((path) => !/^(chunks|api)\//.test(path));
    const commands = COMMANDS.map((command) => `commands/${command}.js`);
    const hooks = ['flows/doctor/before-sf-doctor.js', 'flows/doctor/sf-doctor.js'];
    expect(files).to.deep.equal([...commands, ...hooks].sort());
  });

  for (const command of COMMANDS) {
    it(`${command} keeps the name of its class`, async () => {
      const { href } = pathToFileURL(join(LIB, 'commands', `${command}.js`));
      const module = (await import(href)) as { default: { name: string } };
      expect(module.default.name).to.equal(classOf(command));
    });
  }

  for (const command of COMMANDS) {
    it(`${command} loads in a process that has loaded nothing else`, async () => {
      const { href } = pathToFileURL(join(LIB, 'commands', `${command}.js`));
      await promisify(execFile)(process.execPath, [
        '--input-type=module',
        '-e',
        `await import(${JSON.stringify(href)})`,
      ]);
    });
  }

  it('show their names in errors, stack traces among them', async () => {
    const home = await mkdtemp(join(tmpdir(), 'sf-jwt-packed-'));
    try {
      const args = ['--username', 'a@example.com', '--client-id', 'x', '--jwt-key-file', 'none.key'];
      const { json, stdout } = await run(['jwt', 'token', ...args, '--json'], { home });
      expect(json).to.deep.include({ name: 'FileMissingError', commandName: 'JwtToken', context: 'JwtToken' });
      expect(stdout).to.contain('JwtToken._run').and.not.to.contain('_Jwt');
    } finally {
      await rm(home, { recursive: true });
    }
  });
});
