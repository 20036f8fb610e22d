/** `sf jwt setup` beside a local org and a stand-in for `gh`. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JwtSetupResult } from '../../src/commands/jwt/setup.js';
import { FakeGh } from './ci-tools.js';
import type { RunOptions, RunResult } from './plugin.js';
import { ADMIN_ALIAS, CI_USER, Workplace, type Answer } from './workplace.js';

export const REPOSITORY = 'acme/app';

/** One line for GitHub that leaves nothing open. */
export const ONE_LINE = [
  ...['setup', '--target-org', ADMIN_ALIAS, '--username', CI_USER],
  ...['--for', 'github', '--repository', REPOSITORY, '--no-prompt'],
  // A checkout is a link, from which no other machine could install the plugin.
  ...['--plugin-source', 'sf-plugin-jwt@0.1.0'],
];

/** A workplace without any key, and with `gh`. */
export class SetupPlace {
  private constructor(
    public readonly workplace: Workplace,
    public readonly gh: FakeGh,
  ) {}

  public static async open(options: Parameters<typeof Workplace.open>[0] = {}): Promise<SetupPlace> {
    const workplace = await Workplace.open(options);
    for (const name of ['server.key', 'server.crt']) await rm(workplace.path(name));
    return new SetupPlace(workplace, await FakeGh.in(join(workplace.home, 'ci-tools')));
  }

  public close(): Promise<void> {
    return this.workplace.close();
  }

  public run(args: string[] = ONE_LINE, options: Partial<RunOptions> = {}): Promise<RunResult> {
    return this.workplace.jwt(args, { ...options, env: { ...this.gh.env, ...options.env } });
  }

  public json(args: string[] = ONE_LINE, options: Partial<RunOptions> = {}): Promise<Answer<JwtSetupResult>> {
    return this.workplace.json<JwtSetupResult>(args, { ...options, env: { ...this.gh.env, ...options.env } });
  }

  /** Every file of the home folder but what the stand-ins keep, and those in which a line of the key is. */
  public async filesWith(secret: string): Promise<string[]> {
    const lines = secret.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    const files = Object.entries(await this.workplace.files()).filter(([name]) => !name.includes('ci-tools'));
    return files.filter(([, content]) => lines.some((line) => content.includes(line))).map(([name]) => name);
  }
}
