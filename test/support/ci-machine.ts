/** A machine of a CI: `sf jwt` is this plugin for real, and the rest of the pipeline is only noted. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Ci } from '../../src/flows/snippet/request.js';
import { readPipeline, runnersOf } from './pipelines.js';
import { environment, RUN_JS } from './plugin.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Notes its words. */
const SHIM = `#!/bin/bash
shopt -s extglob
printf '%s\\n' "\${0##*/} $*" >>"$NOTES"
case "\${0##*/} $1 $2" in
  'sf jwt rotate')
    [ ! -f "$FAILS_ONCE" ] || { rm "$FAILS_ONCE"; echo '{"status":1}'; exit 1; }
    exec "$NODE" "$RUN_JS" "$@" ;;
  'sf jwt grant' | 'sf jwt fleet' | 'sf jwt revoke' | 'sf jwt snippet')
    exec "$NODE" "$RUN_JS" "$@" ;;
  'sf --version '*) printf '@salesforce/cli/%s linux-x64 node-v22.0.0\n' "$SF_VERSION" ;;
  'sf org login')
    for file in "$@"; do [ -f "$file" ] && printf 'KEY %s %s\n' "$(stat -c %a "$file")" "$(sha256sum <"$file" | cut -c1-64)" >>"$NOTES"; done
    exit "$LOGIN_STATUS" ;;
  'sf project deploy' | 'sf org list' | 'sf apex run')
    printf 'HOME %s\\n' "$HOME" >>"$NOTES"
    [ ! -d "$HOME/.sfdx" ] || (cd "$ROOT" && "$NODE" --input-type=module -e "$WORK") >>"$NOTES" || exit
    exit "$WORK_STATUS" ;;
  'curl '*) exec "$CURL" "\${@/https:\\/\\/@(api.bitbucket.org|circleci.com)/$API}" ;;
  'gh secret set') [ "$GH_TOKEN" != ended ] && cat >>"$STORED" && printf '\n' >>"$STORED" ;;
  'glab variable set' | 'circleci context store-secret') cat >"$STORED" ;;
  'az pipelines variable') printf '%s' "$AZURE_DEVOPS_EXT_PIPELINE_VAR_SF_JWT_KEY" | tee -a "$STORED" && printf '\n' >>"$STORED" ;;
  'sf plugins install') cat >/dev/null; exit "$INSTALL_STATUS" ;;
esac
`;

/** The work of a pipeline: uses each login in turn, and as its session ends on the way, core has to refresh it. */
const WORK = `
  import { readdirSync } from 'node:fs';
  import { homedir } from 'node:os';
  import { join, relative } from 'node:path';
  import { AuthInfo, Connection } from '@salesforce/core';
  const names = readdirSync(join(homedir(), '.sfdx')).filter((name) => name.includes('@')).sort();
  for (const username of names.map((name) => name.slice(0, -'.json'.length))) {
    const connection = await Connection.create({ authInfo: await AuthInfo.create({ username }) });
    const { instanceUrl, privateKey } = connection.getAuthInfoFields();
    const body = new URLSearchParams({ token: connection.accessToken });
    const { status } = await fetch(instanceUrl + '/services/oauth2/revoke', { method: 'POST', body });
    await connection.query('SELECT Id FROM Account');
    console.log('USED', username, status, relative(homedir(), privateKey));
  }
`;

/** How each CI starts the shell of a script. */
const SHELLS: Record<Ci, string[]> = {
  'github-actions': ['bash', '-e'],
  'gitlab-ci': ['bash', '-e', '-o', 'pipefail'],
  // Alone of them, it goes on after an error within a script.
  'azure-pipelines': ['bash', '--noprofile', '--norc'],
  'bitbucket-pipelines': ['bash', '-e'],
  'circleci': ['bash', '-e', '-o', 'pipefail'],
  'jenkins': ['sh', '-x', '-e'],
  'shell': ['bash'],
};

export type CiRun = { status: number; output: string; notes: string[] };

export class CiMachine {
  private constructor(
    /** Where the scripts run, as in a checkout of the repository. */
    public readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  public static async at(home: string, variables: Record<string, string> = {}): Promise<CiMachine> {
    const folder = join(home, 'ci-machine');
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, 'tmp');
    await mkdir(temporary, { recursive: true });
    for (const tool of ['sf', 'npm', 'gh', 'glab', 'az', 'circleci', 'curl']) {
      await writeFile(join(folder, tool), SHIM, { mode: 0o755 });
    }
    const env = {
      ...environment({ home }),
      PATH: [folder, process.env['PATH'] ?? ''].join(delimiter),
      NODE: process.execPath,
      RUN_JS,
      ROOT,
      WORK,
      NOTES: join(folder, 'notes.txt'),
      STORED: join(folder, 'stored.txt'),
      WORK_STATUS: '0',
      FAILS_ONCE: join(folder, 'fails-once'),
      INSTALL_STATUS: '0',
      LOGIN_STATUS: '0',
      SF_VERSION: '2.150.6',
      CURL: spawnSync('which', ['curl'], { encoding: 'utf8' }).stdout.trim(),
      API: 'http://127.0.0.1:1',
      TMPDIR: temporary,
      RUNNER_TEMP: temporary,
      AGENT_TEMPDIRECTORY: temporary,
      ...variables,
    };
    return new CiMachine(folder, env);
  }

  /**
   * Runs a pipeline as its CI does: each script until one fails, then those that run always.
   *
   * @param shard which of the pipeline's machines this is, from 1
   * @param job which of the pipeline's jobs it runs
   */
  public async runPipeline(ci: Ci, content: string, shard = 1, job = 'deploy'): Promise<CiRun> {
    await writeFile(join(this.folder, 'notes.txt'), '');
    const { env, args, fill } = runnersOf(ci, content, job)[shard - 1]!;
    const { SF_JWT_KEY: secret = '', ...others } = { ...this.env, ...env };
    const pipeline =
      ci === 'shell' ? { scripts: [content], always: [], keyed: [content] } : readPipeline(ci, content, job);
    let [status, output] = [0, ''];
    const run = async (script: string): Promise<void> => {
      const isKeyed = secret !== '' && (ci === 'gitlab-ci' || pipeline.keyed.includes(script));
      const variables = isKeyed ? { ...others, SF_JWT_KEY: secret } : others;
      const result = await this.shell([...SHELLS[ci], '-s', ...args], fill(script), variables);
      status ||= result.status;
      output += result.output;
    };
    // GitLab has one shell for all lines, read before any of them runs.
    const scripts = ci === 'gitlab-ci' ? [`{\n${pipeline.scripts.join('\n')}\n}`] : pipeline.scripts;
    for (const script of scripts) if (status === 0) await run(script);
    for (const script of pipeline.always) await run(script);
    const notes = await readFile(join(this.folder, 'notes.txt'), 'utf8');
    return { status, output, notes: notes.trimEnd().split('\n') };
  }

  /** What a command handed to the CI's own tool. */
  public async stored(command: string): Promise<string> {
    await writeFile(join(this.folder, 'stored.txt'), '');
    const { status, output } = await this.shell(['bash', '-s'], command, this.env);
    if (status !== 0) throw new Error(`${command}\n${output}`);
    return (await this.kept()).trim();
  }

  /** All that was handed to the CIs' own tools. */
  public async kept(): Promise<string> {
    return readFile(join(this.folder, 'stored.txt'), 'utf8');
  }

  /** What a job left in the folder for what mustn't outlive it. */
  public async leftovers(): Promise<string[]> {
    return readdir(join(this.folder, 'tmp'));
  }

  private async shell(
    [shell = '', ...options]: string[],
    script: string,
    env: Record<string, string>,
  ): Promise<{ status: number; output: string }> {
    const child = spawn(shell, options, { env, cwd: this.folder });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end(script);
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    return { status, output };
  }
}
