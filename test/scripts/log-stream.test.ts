import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { logStream, type LogTransport } from '../../scripts/bundle/log-stream.js';

describe('logStream', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-log-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const toFile = (destination: string): LogTransport => ({
    pipeline: [{}, { target: 'pino/file', options: { destination } }],
  });
  const noPretty = (): never => expect.fail('nothing is made pretty in a file');
  const write = (transport: LogTransport, environment: NodeJS.ProcessEnv, ...names: string[]): void => {
    const stream = logStream(transport, (record) => ({ ...record, token: 'HIDDEN' }), noPretty, environment);
    for (const name of names) stream.write(JSON.stringify({ name, token: 'secret' }));
  };

  it('makes the folder and the file for the first line, filters it, and adds to what is there', async () => {
    const file = join(folder, '.sf', 'sf.log');
    write(toFile(file), {}, 'sf:a');
    write(toFile(file), {}, 'sf:b');
    expect(await readFile(file, 'utf8')).to.equal(
      '{"name":"sf:a","token":"HIDDEN"}\n{"name":"sf:b","token":"HIDDEN"}\n',
    );
  });

  it('takes the loggers that DEBUG names', async () => {
    const file = join(folder, 'sf.log');
    write(toFile(file), { DEBUG: 'sf:a*' }, 'sf:a', 'sf:b', 'sf:ab');
    const names = (await readFile(file, 'utf8')).match(/sf:\w+/g);
    expect(names).to.deep.equal(['sf:a', 'sf:ab']);
  });

  it('lets a command go on where nothing can be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(() => write(toFile(join(file, '.sf', 'sf.log')), {}, 'sf:a', 'sf:b')).not.to.throw();
  });
});
