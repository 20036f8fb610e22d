import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { SF_COMMANDS } from '../support/advice/sf-commands.js';
import { findSfCli } from '../support/sf-cli.js';

type Manifest = { commands: Record<string, { flags: Record<string, { required?: boolean; type: string }> }> };

describe("the CLI's own commands that advice names", function () {
  this.timeout(300_000);

  it('have the flags that the tests of advice take them to have', async () => {
    const modules = join(dirname(await findSfCli()), '..', '..');
    const commands = Object.assign(
      {},
      ...globSync(join(modules, '*', 'oclif.manifest.json')).map(
        (path) => (JSON.parse(readFileSync(path, 'utf8')) as Manifest).commands,
      ),
    ) as Manifest['commands'];
    for (const [name, { flags, required }] of Object.entries(SF_COMMANDS)) {
      const real = commands[name.replaceAll(' ', ':')];
      expect(real, name).not.to.equal(undefined);
      expect(Object.keys(real!.flags), name).to.include.members(flags);
      const needed = Object.keys(real!.flags).filter((flag) => real!.flags[flag]?.required === true);
      expect(required, name).to.include.members(needed);
    }
  });
});
