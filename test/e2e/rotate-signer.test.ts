import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import type { JwtRevokeResult } from '../../src/commands/jwt/revoke.js';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import type { Fault } from '../emulator/index.js';
import { connected, stateOf } from '../support/connect.js';
import { entryOf, granted, stateFile } from '../support/grant.js';
import { keeperAt, type Keeper } from '../support/keeper.js';
import { killedWhen } from '../support/killed.js';
import {
  certificateInUse,
  expectCertificateInUse,
  expectLoginWorks,
  failedRotation,
  openInUse,
  pairsIn,
  recordsIn,
  refusedRotation,
  ROTATE,
} from '../support/rotate.js';
import { expectSchema } from '../support/schema.js';
import { expireLocks } from '../support/stored.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const COPY_USER = 'deploy@acme.example.com';
const TOKEN = { path: /oauth2\/token$/ };
const WRONG_KEY: Fault['respond'] = {
  status: 400,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: 'invalid_client', error_description: 'invalid client credentials' }),
};

describe('sf jwt rotate --new-signer', () => {
  let workplace: Workplace;
  let login: string[];
  let keeper: Keeper;

  beforeEach(async () => {
    ({ workplace, login } = await openInUse({ users: [{ username: CI_USER }, { username: COPY_USER }] }));
    keeper = await keeperAt(workplace);
    for (const name of ['other', 'third']) await keeper.keep(name);
  });
  afterEach(async () => {
    await workplace.close();
    rmSync(keeper.folder, { recursive: true });
  });

  const toSigner = (name = 'other'): string[] => ['--new-signer', keeper.uri(name)];

  /** A run that ends with 0, whose new key a signer keeps. */
  const rotated = async (args: string[], name = 'other'): Promise<JwtRotateResult> => {
    const answer = await workplace.json<JwtRotateResult>([...ROTATE, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expectSchema('jwt-rotate', answer.result);
    expect(answer.result.issued).to.include({ privateKeyFile: null, signer: keeper.uri(name) });
    expect(certificateInUse(workplace).publicKey.equals(createPublicKey((await pairOf(name)).key))).to.equal(true);
    expectCertificateInUse(workplace, readFileSync(answer.result.issued!.certificateFile, 'utf8'));
    expect(keyFiles()).to.deep.equal(['server.key']);
    expect(recordsIn(workplace)).to.deep.equal([]);
    return answer.result;
  };

  const keyFiles = (): string[] => readdirSync(workplace.cwd).filter((name) => name.endsWith('.key'));
  const signerOf = (username = CI_USER): Promise<Record<string, unknown> | undefined> =>
    stateFile(workplace.home, join('.sf', 'jwt-signers', `${username}.json`));

  const expectAsBefore = async (): Promise<void> => {
    expectCertificateInUse(workplace, (await pairOf()).certificate);
    expect(pairsIn(workplace)).to.deep.equal(['server']);
    expect(recordsIn(workplace)).to.deep.equal([]);
    expect(await signerOf()).to.equal(undefined);
    expect(await entryOf(workplace.home)).to.include({ privateKey: workplace.path('server.key') });
    workplace.org.faults.clear();
    await expectLoginWorks(workplace, login);
  };

  it('from a key file, and from there to another signer, with the logins that had the key before', async () => {
    await connected(workplace, ['--username', COPY_USER]);
    await granted(workplace, [
      ...['--username', COPY_USER, ...login.slice(2), '--jwt-key-file', 'server.key', '--key-storage', 'copy'],
    ]);
    const copies = (): string[] => readdirSync(join(workplace.home, '.sf', 'jwt-keys'));
    expect(copies()).to.have.length(1);

    const dry = [...ROTATE, ...toSigner(), '--dry-run'];
    const before = { org: stateOf(workplace.org), files: await workplace.files() };
    const tried = await workplace.json<JwtRotateResult>(dry);
    expect([tried.status, tried.result.status, tried.result.issued]).to.deep.equal([0, 'rotated', null]);
    expect((await workplace.jwt(dry)).stdout).to.contain(`stays where it is: ${keeper.uri('other')}\n`);
    expect({ org: stateOf(workplace.org), files: await workplace.files() }).to.deep.equal(before);

    const entry = await entryOf(workplace.home);
    const start = Date.now();
    const first = await rotated(toSigner());
    expect(first).to.deep.include({ status: 'rotated', resumed: false });
    expect(first.previous.privateKeyFile).to.equal(workplace.path('server.key'));
    const row = { aliases: [], keyStorage: 'none', switched: true, verified: true };
    expect(first.logins).to.have.deep.members([
      { ...row, username: CI_USER, aliases: ['ci'] },
      { ...row, username: COPY_USER },
    ]);
    expect(copies()).to.deep.equal([]);
    for (const username of [CI_USER, COPY_USER]) {
      const record = await signerOf(username);
      expect(record).to.include({ uri: keeper.uri('other'), clientId: first.clientId, orgId: workplace.org.orgId });
      expect(Date.parse(record!['loggedInAt'] as string)).to.be.within(start, Date.now());
    }
    const { privateKey: _, accessToken: __, ...kept } = entry;
    const { accessToken, ...now } = await entryOf(workplace.home);
    expect(now).to.deep.equal(kept);
    expect(accessToken).not.to.equal(entry['accessToken']);

    const { stdout, status, stderr } = await workplace.jwt([...ROTATE, ...toSigner('third')]);
    expect(status, stderr).to.equal(0);
    expect(stdout)
      .to.contain(keeper.uri('third'))
      .and.to.contain(`nothing needs it any more: ${keeper.uri('other')}\n`)
      .and.to.contain('by the signer')
      .and.to.contain(`sf jwt grant --target-org ${CI_USER}`)
      .and.not.to.contain('SF_JWT_KEY');
    expect(await signerOf()).to.include({ uri: keeper.uri('third') });
    const { data } = await workplace.json<never>(['token', ...login, '--signer', keeper.uri('other')]);
    expect(data?.code).to.equal('signature_mismatch');
    // What is stored is a session of the org, which nothing but its token opens.
    const { result } = await workplace.json<JwtRevokeResult>(['revoke', '--target-org', 'ci', '--no-prompt']);
    expect(result.logins).to.containSubset([{ username: CI_USER, token: 'revoked', signer: keeper.uri('third') }]);
  });

  it('puts the old certificate back where the org refuses the new key, or that does not sign any more', async () => {
    let logins = 0;
    workplace.org.faults.add({
      match: ({ path }) => TOKEN.path.test(path) && ++logins > 1,
      respond: WRONG_KEY,
      times: 1,
    });
    const refused = await failedRotation(workplace, 'rotation_undone', [...toSigner(), '--wait', '0']);
    expect(refused.message).to.contain('invalid_client: invalid client credentials');
    await expectAsBefore();

    workplace.org.faults.add({
      match: ({ method, path }) => {
        if (method === 'POST' && path.endsWith('deployRequest')) writeFileSync(join(keeper.folder, 'other.locked'), '');
        return false;
      },
      drop: 'before',
    });
    const unsigned = await failedRotation(workplace, 'rotation_undone', toSigner());
    expect(unsigned.message).to.contain('the card is locked');
    await expectAsBefore();
  });

  it('is finished by the next run, killed after the deployment, whatever flags that has', async () => {
    await killedAtProof(toSigner(), 'before');
    const record = readRecord();
    expect(record).to.include({ phase: 'deploying', signer: keeper.uri('other') });
    expect(record).not.to.have.any.keys('privateKeyFile', 'privateKeySha256');
    rmSync(record.certificateFile);
    expect(await rotated([])).to.deep.include({ resumed: true });
    expect(await signerOf()).to.include({ uri: keeper.uri('other') });

    await killedAtProof(toSigner('third'), 'after');
    expect(readRecord()).to.include({ previousSigner: keeper.uri('other'), signer: keeper.uri('third') });
    expect(await rotated(toSigner('other'), 'third')).to.deep.include({ resumed: true });
  });

  describe('interrupted, where the signer does not give the new key', () => {
    const key = (): string => join(keeper.folder, 'other');

    beforeEach(async () => {
      workplace.org.faults.add({ match: { method: 'POST', path: /deployRequest$/ }, drop: 'after', times: 1 });
      await failedRotation(workplace, 'deployment_unanswered', toSigner());
      while (workplace.org.data.deployments.some(({ done }) => !done)) await setTimeout(20);
      rmSync(key());
    });

    it('goes the way back, since nothing has the new key yet', async () => {
      const answer = await failedRotation(workplace, 'rotation_undone');
      expect(answer.message).to.contain('no key other here');
      await expectAsBefore();
    });

    it('waits for it once that has logged in, since logins may have it', async () => {
      const record = readRecord();
      writeFileSync(recordFile(), JSON.stringify({ ...record, phase: 'proven' }));
      const answer = await failedRotation(workplace, 'signer_failed');
      expect(answer.warnings?.join(' ')).to.contain('Run the same command again');
      expect(existsSync(recordFile())).to.equal(true);
      await keeper.keep('other');
      expect(await rotated([])).to.deep.include({ resumed: true });
    });
  });

  it('is refused before anything changes', async () => {
    await failedRotation(workplace, 'app_missing', ['--name', 'Other']);
    await keeper.keep('server');
    const same = await refusedRotation(workplace, 'new_signer_in_use', toSigner('server'));
    expect(same.message).to.contain(`${keeper.uri('server')} is the key that JwtBearer has already`);
    await refusedRotation(workplace, 'signer_failed', toSigner('nothing'));
    writeFileSync(join(keeper.folder, 'other.locked'), '');
    await refusedRotation(workplace, 'signer_failed', toSigner());
    for (const flags of [['--key-size', '3072'], ['--encrypt']]) {
      const before = { org: stateOf(workplace.org), files: await workplace.files() };
      const answer = await workplace.json<never>([...ROTATE, ...toSigner(), ...flags]);
      expect([answer.status, answer.message]).to.satisfy(
        ([status, message]: [number, string]) => status === 2 && message.includes('--new-signer'),
        JSON.stringify(answer),
      );
      expect({ org: stateOf(workplace.org), files: await workplace.files() }).to.deep.equal(before);
    }
  });

  /** A run that is killed when it tries the new key. */
  async function killedAtProof(args: string[], drop: 'before' | 'after'): Promise<void> {
    let logins = 0;
    const isProof = ({ path }: { path: string }): boolean => TOKEN.path.test(path) && ++logins === 2;
    expect(await killedWhen(workplace, [...ROTATE, ...args], isProof, drop)).to.equal(null);
    // The next run would wait until the lock of this one counts as left behind.
    await expireLocks(workplace.home);
  }

  type RecordFields = { phase: string; certificateFile: string };

  function recordFile(): string {
    return join(workplace.home, '.sf', 'jwt-rotations', recordsIn(workplace)[0]!);
  }

  function readRecord(): RecordFields {
    return JSON.parse(readFileSync(recordFile(), 'utf8')) as RecordFields;
  }
});
