import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { matches, readCertificate } from '../../src/keys/credential/certificate.js';
import { openPkcs12, readPkcs12 } from '../../src/keys/credential/pkcs12.js';
import { readPrivateKey } from '../../src/keys/credential/private-key.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import { pair, pkcs8, type Pair } from '../support/keystores.js';
import { environment, RUN_JS } from '../support/plugin.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');
const PASSWORD = 'c0rrect-horse';

describe('files that are written together', function () {
  this.timeout(600_000);

  let home: string;
  let cwd: string;
  let count = 0;
  let server: Pair;
  let older: Pair;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'together-'));
    [server, older] = await Promise.all([pair(), pair('other')]);
  });
  after(() => rmSync(home, { recursive: true }));
  beforeEach(fresh);

  function fresh(): void {
    cwd = join(home, String(++count));
    mkdirSync(cwd);
  }
  const read = (name: string): Buffer => readFileSync(join(cwd, name));
  const save = (name: string, content: string | Buffer): void =>
    writeFileSync(join(cwd, name), content, { mode: 0o600 });

  /** The exit code of a command in a process of its own, without a umask; null: it was killed. */
  async function exitOf(args: string[], env: Record<string, string> = {}): Promise<number | null> {
    const all = ['-c', 'umask 000 && exec "$0" "$@"', process.execPath, RUN_JS, 'jwt', ...args];
    const variables = environment({ home, env: { SF_JWT_STORE_PASSPHRASE: PASSWORD, ...env } });
    const [code] = (await once(spawn('sh', all, { cwd, env: variables, stdio: 'ignore' }), 'exit')) as [number | null];
    return code;
  }

  const keyIn = (name: string): string => pkcs8(readPrivateKey(read(name), { source: name }));

  function expectPair(when: string): void {
    const key = readPrivateKey(read('server.key'), { source: 'key' });
    expect(matches(readCertificate(read('server.crt').toString(), 'crt'), signerOf(key)), when).to.equal(true);
  }

  it('by several keygen --overwrite at once are a pair, whoever comes last', async () => {
    for (let round = 0; round < 6; round += 1) {
      const codes = await Promise.all([1, 2, 3].map(() => exitOf(['keygen', '--overwrite'])));
      expect(codes).to.deep.equal([0, 0, 0]);
      expectPair(`round ${round}`);
      expect(readdirSync(cwd).sort()).to.deep.equal(['server.crt', 'server.key']);
    }
  });

  it('by several convert --overwrite at once, of different keys, are a pair', async () => {
    for (const [name, { keyPem, certificatePem }] of [
      ['one', server],
      ['two', older],
    ] as const) {
      save(`${name}.key`, keyPem);
      save(`${name}.crt`, certificatePem);
      expect(await exitOf(['convert', '--from', `${name}.key`, '--to', `${name}.p12`])).to.equal(0);
    }
    for (let round = 0; round < 5; round += 1) {
      const convert = (name: string) =>
        exitOf(['convert', '--from', `${name}.p12`, '--to', 'server.pem', '--overwrite']);
      expect(await Promise.all([convert('one'), convert('two')])).to.deep.equal([0, 0]);
      const key = readPrivateKey(read('server.pem'), { source: 'key' });
      expect(matches(readCertificate(read('server.crt').toString(), 'crt'), signerOf(key)), `round ${round}`).to.equal(
        true,
      );
    }
  });

  const conversions = [
    {
      name: 'to a keystore',
      args: ['--from', 'server.key', '--to', 'new.p12'],
      target: 'new.p12',
      keyOf: (content: Buffer) => pkcs8(openPkcs12(readPkcs12(content, 'p12'), PASSWORD).keys[0]!.key),
    },
    {
      name: 'to a key with its certificate beside it',
      args: ['--from', 'server.p12', '--to', 'new.pem'],
      target: 'new.pem',
      keyOf: (content: Buffer) => pkcs8(readPrivateKey(content, { source: 'pem' })),
    },
  ];
  for (const { name, args, target, keyOf } of conversions) {
    it(`by convert ${name}, killed before any write: nothing is half, nothing is for others, and the next run goes on`, async () => {
      let kills = 0;
      for (let status: number | null = null; status === null; kills += 1) {
        fresh();
        save('server.key', server.keyPem);
        save('server.crt', server.certificatePem);
        expect(await exitOf(['convert', '--from', 'server.key', '--to', 'server.p12'])).to.equal(0);
        const isOver = kills % 2 === 0;
        if (isOver) for (const file of [target, 'new.crt']) save(file, 'what was there');
        const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1), KILL_IN: cwd };
        status = await exitOf(['convert', ...args, '--overwrite'], env);
        for (const file of readdirSync(cwd)) {
          const content = read(file);
          const when = `${file} after ${kills}`;
          if (!file.endsWith('.crt')) expect(statSync(join(cwd, file)).mode & 0o077, when).to.equal(0);
          if (file === target && content.toString() !== 'what was there')
            expect(keyOf(content), when).to.equal(pkcs8(server.key));
          if (file === 'new.crt' && content.toString() !== 'what was there')
            expect(content.toString(), when).to.equal(server.certificatePem);
        }
        if (isOver) expect(readdirSync(cwd), `after ${kills}`).to.include(target);
        expect(await exitOf(['convert', ...args, '--overwrite'])).to.equal(0);
        expect(keyOf(read(target))).to.equal(pkcs8(server.key));
        expect(keyIn('server.key')).to.equal(pkcs8(server.key));
        expect(
          readdirSync(cwd).filter((file) => file.startsWith('.sf-jwt-')),
          'claims',
        ).to.deep.equal([]);
      }
      console.log(`      ${kills - 1} kills`);
      expect(kills, 'places').to.be.above(12);
    });
  }
});
