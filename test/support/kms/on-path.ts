/** The stand-ins of the clouds' programs as programs in a folder of PATH: each hands its words to this process, which answers. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { StandInTool, ToolRun } from './tool.js';

const PROGRAM = `
const { request } = require('node:http');
const [, , port, program, ...args] = process.argv;
const asking = request({ host: '127.0.0.1', port, method: 'POST' }, (response) => {
  const parts = [];
  response.on('data', (part) => parts.push(part));
  response.on('end', () => {
    const { status, stdout, stderr } = JSON.parse(Buffer.concat(parts));
    process.stdout.write(Buffer.from(stdout, 'base64'));
    process.stderr.write(stderr);
    process.exitCode = status;
  });
});
asking.end(JSON.stringify({ program, args, env: process.env }));
`;

/** @returns what ends the answering */
export async function toolsOnPath(folder: string, tools: StandInTool[]): Promise<() => void> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(parts).toString()) as Omit<ToolRun, 'readFile'> & { program: string };
      const tool = tools.find(({ program }) => program === call.program)!;
      void tool
        .run({ ...call, readFile })
        .catch((error: unknown) => ({ status: 2, stdout: '', stderr: String(error) }))
        .then(({ stdout, ...end }) => {
          response.end(JSON.stringify({ ...end, stdout: Buffer.from(stdout as string).toString('base64') }));
        });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const script = join(folder, 'stand-in.cjs');
  await writeFile(script, PROGRAM);
  for (const { program } of tools) {
    const call = `#!/bin/sh\nexec '${process.execPath}' '${script}' ${port} ${program} "$@"\n`;
    await writeFile(join(folder, program), call, { mode: 0o755 });
  }
  return () => {
    server.closeAllConnections();
    server.close();
  };
}
