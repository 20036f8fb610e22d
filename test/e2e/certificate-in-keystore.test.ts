import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { JwtConvertResult } from '../../src/commands/jwt/convert.js';
import { writePkcs12 } from '../../src/keys/credential/pkcs12-write.js';
import { CONNECT, connected } from '../support/connect.js';
import { doctor } from '../support/doctor.js';
import { granted } from '../support/grant.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { failedRotation, ROTATE, rotated } from '../support/rotate.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf, Workplace } from '../support/workplace.js';

const PASSPHRASE = 'correct horse';
const STORE = { env: { SF_JWT_STORE_PASSPHRASE: PASSPHRASE } };
const QUESTION = 'Passphrase of the keystore server.p12';

describe('the certificate of a key, in a keystore', () => {
  let workplace: Workplace;
  let clientId: string;

  beforeEach(async () => {
    workplace = await Workplace.open();
    ({ clientId } = (await connected(workplace, ['--username', CI_USER])) as { clientId: string });
    const { key, certificate } = await pairOf();
    const content = { alias: 'own', key: createPrivateKey(key), chain: [new X509Certificate(certificate).raw] };
    await workplace.save('server.p12', writePkcs12({ ...content, password: PASSPHRASE }, 'modern', randomBytes));
    await workplace.save('alone.key', key);
    await workplace.save('passphrase.txt', `${PASSPHRASE}\n`);
  });
  afterEach(() => workplace.close());

  const onTerminal = (args: string[], dialogue: Array<{ expect: string; type: string }>) =>
    runOnTerminal(['jwt', ...args], dialogue, { home: workplace.home, cwd: workplace.cwd });
  const answers = (screen: string): number => screen.split(`✔ ${QUESTION}`).length - 1;

  it('is opened by rotate with the variable or the file that open any keystore', async () => {
    workplace.org.switches.certificateReadback = 'omitted';
    const args = ['--jwt-key-file', 'alone.key', '--certificate-file', 'server.p12'];
    await failedRotation(workplace, 'keystore_passphrase_missing', args);
    const dry = await rotated(workplace, [...args, '--store-passphrase-file', 'passphrase.txt', '--dry-run']);
    expect(dry.previous.fingerprint256).to.equal((await pairOf()).fingerprint256);
    expect((await rotated(workplace, args, STORE)).status).to.equal('rotated');
  });

  it('is opened by grant, doctor and convert in the same way', async () => {
    const place = ['--username', CI_USER, '--client-id', clientId, '--instance-url', workplace.org.url];
    const key = ['--jwt-key-file', 'alone.key', '--certificate-file', 'server.p12'];
    const refused = await workplace.json(['grant', ...place, ...key]);
    expect(refused.data?.code).to.equal('keystore_passphrase_missing');
    await granted(workplace, [...place, ...key], STORE);
    const found = await doctor(workplace, clientId, { args: ['--certificate-file', 'server.p12'], ...STORE });
    expect(found.result.ok, JSON.stringify(found.result.findings)).to.equal(true);
    const words = ['convert', '--from', 'alone.key', '--certificate-file', 'server.p12', '--to', 'out.pem'];
    const { status, result } = await workplace.json<JwtConvertResult>(words, STORE);
    expect([status, result.fingerprint256]).to.deep.equal([0, (await pairOf()).fingerprint256]);
    expect(readFileSync(workplace.path('out.pem'), 'utf8')).to.contain('BEGIN CERTIFICATE');
  });

  it('is asked for at a terminal, again if it is wrong, and once for a certificate and its key', async function () {
    needs(this, hasTerminal, 'a terminal');
    workplace.org.switches.certificateReadback = 'omitted';
    const rotation = await onTerminal(
      [...ROTATE, '--jwt-key-file', 'alone.key', '--certificate-file', 'server.p12', '--dry-run'],
      [
        { expect: QUESTION, type: 'typo\r' },
        { expect: QUESTION, type: `${PASSPHRASE}\r` },
      ],
    );
    expect(rotation.status, rotation.stdout).to.equal(0);
    expect(rotation.stdout).to.contain('That passphrase is wrong');
    const connection = await onTerminal(
      CONNECT.map((word) => (word === 'server.crt' ? 'server.p12' : word)),
      [{ expect: QUESTION, type: `${PASSPHRASE}\r` }],
    );
    expect(connection.status, connection.stdout).to.equal(0);
    expect(answers(connection.stdout)).to.equal(1);
    const conversion = await onTerminal(
      ['convert', '--from', 'alone.key', '--certificate-file', 'server.p12', '--to', 'out.pem'],
      [
        { expect: 'Passphrase of server.p12', type: 'typo\r' },
        { expect: 'Passphrase of server.p12', type: `${PASSPHRASE}\r` },
      ],
    );
    expect(conversion.status, conversion.stdout).to.equal(0);
    expect(conversion.stdout).to.contain('That passphrase is wrong');
  });
});
