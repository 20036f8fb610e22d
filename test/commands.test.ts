import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

const FOLDER = join(import.meta.dirname, '..', 'src', 'commands');

type Command = { envVariablesSection?: { body: unknown } };

describe('commands', () => {
  for (const path of globSync(join(FOLDER, '**', '*.ts')).sort()) {
    const source = readFileSync(path, 'utf8');
    // The limit of an org's answer, where no flag says it
    if (!/\banswerLimit\(/.test(source)) continue;
    it(`${relative(FOLDER, path)} has the variable in its help that limits an answer of the org`, async () => {
      const { default: command } = (await import(pathToFileURL(path).href)) as { default: Command };
      expect(JSON.stringify(command.envVariablesSection?.body)).to.contain('HTTP_TIMEOUT');
    });
  }

  it('that ask an org as an admin are among them', () => {
    const sources = ['connect', 'rotate'].map((name) => readFileSync(join(FOLDER, 'jwt', `${name}.ts`), 'utf8'));
    for (const source of sources) expect(source).to.match(/\banswerLimit\(/);
  });
});
