/** What a command and the programs that it starts write, as strace sees it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CALLS = 'open,openat,creat,write,pwrite64,writev,pwritev,sendto,sendmsg';

export type Trace = {
  status: number;
  output: string;
  /** Paths of the files that were opened to be written, once each */
  files: string[];
  /** Every byte that was written, to files, pipes and sockets */
  written: Buffer;
};

export async function traced(command: string[], options: { env: NodeJS.ProcessEnv; cwd: string }): Promise<Trace> {
  const folder = await mkdtemp(join(tmpdir(), 'trace-'));
  try {
    const log = join(folder, 'log');
    const args = ['-f', '-qq', '-xx', '-s', '1000000', '-e', `trace=${CALLS}`, '-e', 'signal=none', '-o', log];
    const child = spawn('strace', [...args, ...command], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, output, ...readTrace(await readFile(log, 'latin1')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Strings are in hexadecimal. A call that another thread interrupts is shown in two lines, the first of which has its arguments. */
export function readTrace(log: string): Pick<Trace, 'files' | 'written'> {
  const files = new Set<string>();
  const written: Buffer[] = [];
  for (const line of log.split('\n')) {
    const [, call = '', args = ''] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
    const texts = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) =>
      Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
    );
    if (!/^(?:open|creat)/.test(call)) written.push(...texts);
    else if (call === 'creat' || /O_WRONLY|O_RDWR|O_CREAT/.test(args)) files.add(texts[0]?.toString() ?? '');
  }
  return { files: [...files].sort(), written: Buffer.concat(written) };
}
