import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

type Flag = {
  type: 'option' | 'boolean';
  required?: boolean;
  multiple?: boolean;
  default?: unknown;
  options?: readonly string[];
  parse: (value: string, context: unknown, flag: unknown) => Promise<unknown>;
};
type Command = { flags: Record<string, Flag> };

/** Flags of sf itself, and those whose value is a number, a choice or a shard: a wrong one is told at once, as wrong. */
const OTHERS = [
  ...['flags-dir', 'api-version', 'target-org'],
  ...['concurrency', 'days', 'expires-in', 'expires-within', 'idle-days', 'if-expires-within', 'max-failures', 'shard'],
  ...['shards', 'timeout', 'wait'],
];
/** The flag that stands without a value, too. */
const WITHOUT_VALUE = ['jti'];
/** What is meant as it's written, quotes and all. */
const FREE_TEXT = [
  ...['claim', 'label', 'profile', 'path', 'common-name', 'organization', 'organizational-unit', 'locality', 'state'],
  ...['country', 'email'],
];
/** What a flag acts on is never the default because a variable isn't set. */
const NEVER_EMPTY = [
  'client-id',
  'username',
  'create-user',
  'new-client-id',
  'target-org',
  'path',
  'orgs-file',
  'instance-url',
  'fleet',
];

/** What these flags take */
const VALUES: Record<string, string> = {
  'instance-url': 'https://example.my.salesforce.com/',
  'report': 'report-of-nobody.html',
};

const snapshot = JSON.parse(readFileSync(join(ROOT, 'command-snapshot.json'), 'utf8')) as Array<{
  command: string;
  flags: string[];
}>;

async function flagsOf(id: string): Promise<Array<[name: string, flag: Flag]>> {
  const path = join(ROOT, 'src', 'commands', ...id.split(':')) + '.ts';
  const { default: command } = (await import(path)) as { default: Command };
  return Object.entries(command.flags);
}

const parsed = async (flag: Flag, value: string): Promise<unknown> => {
  const result = await flag.parse(value, {}, flag);
  if (result instanceof URL) return result.href;
  return typeof result === 'object' && result !== null && 'path' in result ? basename(result.path as string) : result;
};

async function codeOf(flag: Flag, value: string): Promise<string | undefined> {
  try {
    await flag.parse(value, {}, flag);
    return undefined;
  } catch (error) {
    const { code, data } = error as { code?: string; data?: { code?: string } };
    return data?.code ?? code ?? String(error);
  }
}

describe('every flag of every command that is a text', () => {
  for (const { command } of snapshot) {
    it(`loses what a CI, Windows or a shell left around it: ${command}`, async () => {
      for (const [name, flag] of await flagsOf(command)) {
        if (flag.type !== 'option' || flag.options !== undefined || [...OTHERS, ...WITHOUT_VALUE].includes(name))
          continue;
        const value = VALUES[name] ?? 'package.json';
        const around = ['%s ', ' %s', '%s\t', '%s\r', '%s\n', '%s\r\n', '\uFEFF%s', '%s\u00A0'];
        const quotes = FREE_TEXT.includes(name) ? [] : ['%s"', '"%s"', "'%s'", '“%s”', '"%s"\r\n'];
        for (const form of [...around, ...quotes])
          expect(await parsed(flag, form.replace('%s', value)), `--${name} ${JSON.stringify(form)}`).to.equal(value);
      }
    });

    it(`is not given, or refused, where it is empty: ${command}`, async () => {
      for (const [name, flag] of await flagsOf(command)) {
        if (flag.type !== 'option' || flag.options !== undefined || [...OTHERS, ...WITHOUT_VALUE].includes(name))
          continue;
        const needed = flag.required === true || flag.multiple === true || flag.default !== undefined;
        for (const empty of ['', ' ', '\r\n', '\t']) {
          const told = await codeOf(flag, empty);
          if (needed || NEVER_EMPTY.includes(name))
            expect(told, `--${name}`).to.be.oneOf([
              'flag_empty',
              'claim_empty',
              'login_url_malformed',
              'LoginUrlMalformedError',
            ]);
          else expect([told, await parsed(flag, empty)], `--${name}`).to.deep.equal([undefined, undefined]);
        }
      }
    });
  }

  it('is refused by the target org too, for which sf would take the default org', async () => {
    for (const command of ['jwt:connect', 'jwt:rotate']) {
      const [, flag] = (await flagsOf(command)).find(([name]) => name === 'target-org')!;
      expect(await codeOf(flag, ''), command).to.equal('flag_empty');
      expect(await codeOf(flag, ' "" '), command).to.equal('flag_empty');
    }
  });
});
