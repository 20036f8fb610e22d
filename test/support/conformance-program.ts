/** `npm run conformance` as a process, with a HOME in which the admin of a local org is stored. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '../../conformance/recording.js';
import { INTEGRATION_USER, type KitOrg, PLAIN_USER } from './conformance.js';
import { environment } from './plugin.js';
import { storeOrg } from './store-org.js';

const ROOT = join(import.meta.dirname, '..', '..');
export const ALIAS = 'kit';

/** All that the kit can be told about the local org, so that every probe runs. */
export const usersOf = (kit: KitOrg): string[] => [
  ...['--user', PLAIN_USER, '--integration-user', INTEGRATION_USER],
  ...['--login-url', kit.hosts.login, '--test-url', kit.hosts.test],
];

export interface ProgramEnd {
  status: number | null;
  stdout: string;
  stderr: string;
}

export class KitProgram {
  private constructor(
    public readonly home: string,
    public readonly outputDir: string,
  ) {}

  public static async at(kit: KitOrg): Promise<KitProgram> {
    const home = await mkdtemp(join(tmpdir(), 'conformance-'));
    const { username, accessToken, instanceUrl } = kit.access;
    const org = { username, accessToken, instanceUrl, orgId: kit.org.orgId, alias: ALIAS };
    await storeOrg(environment({ home }), org);
    return new KitProgram(home, join(home, 'recordings'));
  }

  /** The program with the stored org; `started` gets the process while it runs. */
  public async run(
    args: readonly string[],
    started: (child: ChildProcess) => void = () => undefined,
  ): Promise<ProgramEnd> {
    const all = [
      '--import',
      'tsx',
      'conformance/main.ts',
      '--target-org',
      ALIAS,
      '--output-dir',
      this.outputDir,
      ...args,
    ];
    return this.spawn(process.execPath, all, started);
  }

  /** Exactly what is typed, `npm run conformance -- ARGS`. */
  public async npm(args: readonly string[]): Promise<ProgramEnd> {
    return this.spawn('npm', ['run', '--silent', 'conformance', '--', ...args]);
  }

  public async recordings(): Promise<Array<{ name: string; text: string; recording: Recording }>> {
    const names = await readdir(this.outputDir).catch(() => []);
    return Promise.all(
      names.sort().map(async (name) => {
        const text = await readFile(join(this.outputDir, name), 'utf8');
        return { name, text, recording: JSON.parse(text) as Recording };
      }),
    );
  }

  public async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  private async spawn(
    file: string,
    args: readonly string[],
    started: (child: ChildProcess) => void = () => undefined,
  ): Promise<ProgramEnd> {
    const env = environment({ home: this.home });
    const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => void (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (output.stderr += chunk.toString()));
    started(child);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, ...output };
  }
}
