/** A machine on which stand-ins of the clouds' programs are. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignerDependencies, SignerProgramEnd } from '../../../src/keys/signer/provider.js';
import { signerDependencies } from '../signer.js';
import type { StandInTool } from './tool.js';

/** Files that a signer had made, and removed. */
export type Files = { open: number };

export function kmsDependencies(
  tools: StandInTool[],
  given: Partial<SignerDependencies> = {},
  files: Files = { open: 0 },
): SignerDependencies {
  const environment = given.environment ?? { AWS_ACCESS_KEY_ID: 'x', AWS_DEFAULT_REGION: 'eu-west-1' };
  return signerDependencies({
    environment,
    run: async (program, args, { env, limit }): Promise<SignerProgramEnd | undefined> => {
      const tool = tools.find((each) => each.program === program);
      if (tool === undefined) return undefined;
      const usual = { timedOut: false, tooLong: false };
      if (tool.fault === 'hangs') return { ...usual, status: 1, stdout: Buffer.alloc(0), stderr: '', timedOut: true };
      if (tool.fault === 'dies') return { ...usual, status: 1, stdout: Buffer.alloc(0), stderr: '' };
      const end = await tool.run({ args, env: { ...environment, ...env }, readFile });
      const stdout = Buffer.from(end.stdout as string);
      return {
        ...usual,
        status: end.status,
        stdout: stdout.subarray(0, limit),
        stderr: end.stderr,
        tooLong: stdout.length > limit,
      };
    },
    withTemporaryFile: async (content, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'kms-test-'));
      const path = join(folder, 'input');
      await writeFile(path, content, { mode: 0o600 });
      files.open += 1;
      try {
        return await use(path);
      } finally {
        files.open -= 1;
        await rm(folder, { recursive: true });
      }
    },
    ...given,
  });
}
