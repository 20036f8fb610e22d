/** A machine of a CI: `sf jwt` is this plugin for real, and the rest of the pipeline is only noted. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Ci } from '../../src/snippet/pipeline.js';
import { readPipeline } from './pipelines.js';
import { environment, RUN_JS } from './plugin.js';

const MANIFEST = join(import.meta.dirname, '..', '..', 'oclif.manifest.json');

const { commands } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { commands: Record<string, unknown> };

/** Whether the plugin has the command that takes a login back; until then it's noted like the others. */
export const hasRevoke = 'jwt:revoke' in commands;

/** Notes its words, and at a deployment also the copies of keys that are there to log in with. */
const SHIM = `#!/bin/bash
printf '%s\\n' "\${0##*/} $*" >>"$NOTES"
case "\${0##*/} $1 $2" in
  'sf jwt grant') exec "$NODE" "$RUN_JS" "$@" ;;
  'sf jwt revoke') [ -z "$HAS_REVOKE" ] || exec "$NODE" "$RUN_JS" "$@" ;;
  'sf project deploy') printf 'HOME %s\\n' "$HOME" >>"$NOTES"; ls "$HOME/.sf/jwt-keys" >>"$NOTES"; exit "$DEPLOY_STATUS" ;;
  'gh secret set' | 'glab variable set' | 'circleci context store-secret') cat >"$STORED" ;;
  'az pipelines variable') printf '%s' "$AZURE_DEVOPS_EXT_PIPELINE_VAR_SF_JWT_KEY" >"$STORED" ;;
  'sf plugins trust') exit "$TRUST_STATUS" ;;
  'sf jwt snippet') exec "$NODE" "$RUN_JS" "$@" ;;
esac
`;

export type CiRun = { status: number; output: string; notes: string[] };

export class CiMachine {
  private constructor(
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  public static async at(home: string, variables: Record<string, string> = {}): Promise<CiMachine> {
    const folder = join(home, 'ci-machine');
    await mkdir(folder, { recursive: true });
    for (const tool of ['sf', 'npm', 'gh', 'glab', 'az', 'circleci']) {
      await writeFile(join(folder, tool), SHIM, { mode: 0o755 });
    }
    const env = {
      ...environment({ home }),
      PATH: [folder, process.env['PATH'] ?? ''].join(delimiter),
      NODE: process.execPath,
      RUN_JS,
      HAS_REVOKE: hasRevoke ? 'yes' : '',
      NOTES: join(folder, 'notes.txt'),
      STORED: join(folder, 'stored.txt'),
      DEPLOY_STATUS: '0',
      TRUST_STATUS: '0',
      ...variables,
    };
    return new CiMachine(folder, env);
  }

  /** Runs a pipeline as its CI does: each script until one fails, then those that run always. */
  public async runPipeline(ci: Ci, content: string): Promise<CiRun> {
    await writeFile(join(this.folder, 'notes.txt'), '');
    let [status, output] = [0, ''];
    const run = async (script: string): Promise<void> => {
      const result = await this.bash(script);
      status ||= result.status;
      output += result.output;
    };
    if (ci === 'shell') {
      await run(content);
    } else {
      const { scripts, always } = readPipeline(ci, content);
      // Azure's shell, alone of them, goes on after an error within a script.
      const lines = ci === 'azure-pipelines' ? '' : 'set -e -o pipefail\n';
      for (const script of scripts) if (status === 0) await run(`${lines}${script}`);
      for (const script of always) await run(script);
    }
    const notes = await readFile(join(this.folder, 'notes.txt'), 'utf8');
    return { status, output, notes: notes.trimEnd().split('\n') };
  }

  /** What a command handed to the CI's own tool. */
  public async stored(command: string): Promise<string> {
    const { status, output } = await this.bash(command);
    if (status !== 0) throw new Error(`${command}\n${output}`);
    return readFile(join(this.folder, 'stored.txt'), 'utf8');
  }

  private async bash(script: string): Promise<{ status: number; output: string }> {
    const child = spawn('bash', ['-s'], { env: this.env, cwd: this.folder });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end(script);
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    return { status, output };
  }
}
