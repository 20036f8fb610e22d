import { createPublicKey, verify } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { certificateRequest, selfSignedCertificate } from '../../../src/keys/credential/issue.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { signerDependencies } from '../../../src/machine/signer-dependencies.js';
import { codeBlocks, scriptIn } from '../../support/doc-blocks.js';
import { rejectionOf } from '../../support/failures.js';
import {
  hasOpensshAgent,
  hasSoftHsm,
  hasSoftTpm,
  PIN,
  startOpensshAgent,
  startSoftHsm,
  startSoftTpm,
  type RealKeeper,
} from '../../support/real-keepers.js';
import { hasOpenssl, needs, tool } from '../../support/tools.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const PAGE = 'docs/signers.md';

/** This machine, with the variables of a keeper; those of this process go to its programs too. */
function machineOf({ env }: Pick<RealKeeper, 'env'>, askPin?: SignerDependencies['askPin']): SignerDependencies {
  const machine = signerDependencies(askPin);
  return {
    ...machine,
    environment: { ...process.env, ...env },
    run: (program, args, options) =>
      machine.run(program, args, { ...options, env: { ...withoutPin(env), ...options.env } }),
  };
}

const withoutPin = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'SF_JWT_SIGNER_PIN'));

async function signs(uri: string, machine: SignerDependencies): Promise<string> {
  const signer = await openSigner(uri, machine);
  expect(verify('sha256', DATA, signer.publicKey, await signer.sign(DATA))).to.equal(true);
  return signer.uri!;
}

describe('a token of SoftHSM', function () {
  this.timeout(120_000);
  let hsm: Awaited<ReturnType<typeof startSoftHsm>>;
  let machine: SignerDependencies;

  before(async function () {
    needs(this, hasSoftHsm, 'SoftHSM with pkcs11-tool');
    hsm = await startSoftHsm();
    machine = machineOf(hsm);
  });
  after(() => (hasSoftHsm ? hsm.stop() : undefined));

  it('makes keys that cannot be exported, each of which signs by the URI that comes back', async () => {
    const first = await createSignerKey('pkcs11:token=ci;object=sf-ci', 2048, machine);
    const second = await createSignerKey('pkcs11:token=ci;object=next%20one', 3072, machine);
    expect(first).to.match(/^pkcs11:token=ci;serial=[0-9a-f]+;id=%01;object=sf-ci\?module-path=.*libsofthsm2\.so$/);
    expect(second).to.match(/;id=%02;object=next%20one\?/);
    const nowhere = machineOf({ env: { SOFTHSM2_CONF: hsm.env['SOFTHSM2_CONF']!, SF_JWT_SIGNER_PIN: PIN } });
    for (const uri of [first, second]) expect(await signs(uri, nowhere)).to.equal(uri);
    expect(await signs('pkcs11:object=next%20one', machine)).to.equal(second);
    const objects = await hsm.run('pkcs11-tool', [
      '--module',
      hsm.module,
      '--login',
      '--pin',
      PIN,
      '--list-objects',
      '--type',
      'privkey',
    ]);
    expect(objects.match(/never extractable/g)).to.have.length(2);
    await rejectionOf('signer_key_exists', createSignerKey('pkcs11:object=sf-ci', 2048, machine));
  });

  it('verifies with openssl', async function () {
    needs(this, hasOpenssl, 'openssl');
    const signer = await openSigner('pkcs11:object=sf-ci', machine);
    await writeFile(join(hsm.folder, 'key.pem'), signer.publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(join(hsm.folder, 'signature'), await signer.sign(DATA));
    const args = [
      'dgst',
      '-sha256',
      '-verify',
      join(hsm.folder, 'key.pem'),
      '-signature',
      join(hsm.folder, 'signature'),
    ];
    expect(tool('openssl', args, DATA)).to.contain('Verified OK');
  });

  it('makes a certificate and a request for itself, which openssl verifies', async function () {
    needs(this, hasOpenssl, 'openssl');
    const signer = await openSigner('pkcs11:object=sf-ci', machine);
    const subject = { commonName: 'sf-ci' };
    const [certificate, request] = [join(hsm.folder, 'ci.crt'), join(hsm.folder, 'ci.csr')];
    const issued = { subject, signer, serialNumber: Buffer.from('01', 'hex'), notBefore: new Date(), days: 30 };
    await writeFile(certificate, await selfSignedCertificate(issued));
    await writeFile(request, await certificateRequest(subject, signer));
    expect(tool('openssl', ['verify', '-CAfile', certificate, certificate])).to.contain('OK');
    expect(tool('openssl', ['req', '-verify', '-noout', '-in', request])).to.match(/verify OK/i);
  });

  it('names a wrong PIN, tries it once, and takes the right one from a file and from a person', async () => {
    const wrong = machineOf({ env: { ...hsm.env, SF_JWT_SIGNER_PIN: '99999' } });
    let logins = 0;
    const counting: SignerDependencies = {
      ...wrong,
      run: (program, args, options) => {
        if (args.includes('--login')) logins += 1;
        return wrong.run(program, args, options);
      },
    };
    const signer = await openSigner('pkcs11:object=sf-ci', counting);
    await Promise.all([1, 2, 3].map(() => rejectionOf('signer_pin_wrong', signer.sign(DATA))));
    expect(logins).to.equal(1);
    await writeFile(join(hsm.folder, 'pin'), `${PIN}\n`, { mode: 0o600 });
    await signs(`pkcs11:object=sf-ci?pin-source=file:${join(hsm.folder, 'pin')}`, wrong);
    await signs(
      'pkcs11:object=sf-ci',
      machineOf({ env: withoutPin(hsm.env) }, () => Promise.resolve(PIN)),
    );
  });

  it('names what is wrong: no such token, key, module; another type of key', async () => {
    await hsm.run('pkcs11-tool', [
      ...['--module', hsm.module, '--login', '--pin', PIN],
      ...['--keypairgen', '--key-type', 'EC:prime256v1', '--id', '0a', '--label', 'curve'],
    ]);
    await rejectionOf('signer_token_not_found', openSigner('pkcs11:token=none;object=sf-ci', machine));
    const { data } = await rejectionOf('signer_key_not_found', openSigner('pkcs11:object=none', machine));
    expect(data).to.have.property('words').that.contains('pkcs11:id=%01;object=sf-ci');
    await rejectionOf('signer_module_unusable', openSigner('pkcs11:object=sf-ci?module-path=/none.so', machine));
    await rejectionOf('signer_key_unsuitable', openSigner('pkcs11:object=curve', machine));
  });

  it('is made as the documentation says', async () => {
    const making = codeBlocks(PAGE).find(({ text }) => text.startsWith('mkdir -p softhsm'))!;
    const slots = '"$(command -v pkcs11-tool)" --module "$PKCS11_MODULE_PATH" --list-token-slots';
    const shown = await hsm.run('sh', [
      '-euc',
      `${making.text.replaceAll('/usr/lib/softhsm/libsofthsm2.so', hsm.module)}${slots}`,
    ]);
    expect(shown).to.match(/token label +: ci\n/);
  });

  it("signs through OpenSSH's agent too, which loads its module", async function () {
    needs(this, hasOpensshAgent, "OpenSSH's agent");
    const agent = await startOpensshAgent(hsm.env);
    try {
      await agent.run('ssh-add', ['-s', hsm.module]);
      expect(await signs('ssh-agent:sf-ci', machineOf(agent))).to.match(/^ssh-agent:SHA256:/);
    } finally {
      await agent.stop();
    }
  });
});

describe("OpenSSH's agent", function () {
  this.timeout(120_000);
  let agent: RealKeeper;
  let machine: SignerDependencies;

  before(async function () {
    needs(this, hasOpensshAgent, "OpenSSH's agent");
    agent = await startOpensshAgent();
    machine = machineOf(agent);
    const making = codeBlocks(PAGE).find(({ text }) => text.startsWith('ssh-keygen'))!;
    expect(await agent.run('sh', ['-euc', making.text]))
      .to.contain('SHA256:')
      .and.to.contain('sf-ci (RSA)');
    for (const [file, comment, type] of [
      ['one', 'ci @ laptop', 'rsa'],
      ['two', 'other', 'rsa'],
      ['three', 'curve', 'ed25519'],
    ]) {
      await agent.run('ssh-keygen', ['-q', '-t', type!, '-N', '', '-C', comment!, '-f', file!]);
      await agent.run('ssh-add', [file!]);
    }
  });
  after(() => (hasOpensshAgent ? agent.stop() : undefined));

  it('signs with the key that a comment names, or the fingerprint that ssh-add prints', async () => {
    await signs('ssh-agent:sf-ci', machine);
    const list = await agent.run('ssh-add', ['-l']);
    const fingerprint = /(SHA256:\S+) ci @ laptop/.exec(list)![1]!;
    expect(await signs('ssh-agent:ci @ laptop', machine)).to.equal(`ssh-agent:${fingerprint}`);
    expect(await signs(`ssh-agent:${fingerprint}`, machine)).to.equal(`ssh-agent:${fingerprint}`);
  });

  it('names a key of another type, a key that is not there, and a no', async () => {
    await rejectionOf('signer_key_unsuitable', openSigner('ssh-agent:curve', machine));
    await rejectionOf('signer_key_not_in_agent', openSigner('ssh-agent:none', machine));
    await agent.run('ssh-add', ['-d', 'two.pub']);
    await agent.run('ssh-add', ['-c', 'two']);
    // Who is asked says no: OpenSSH takes a failing askpass for that.
    await writeFile(agent.env['SSH_ASKPASS']!, '#!/bin/sh\nexit 1\n', { mode: 0o700 });
    const signer = await openSigner('ssh-agent:other', machine);
    await rejectionOf('signer_declined', signer.sign(DATA));
  });
});

describe('a program of the documentation', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'programs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const written = async (comment: string): Promise<string> => {
    const path = join(folder, 'sign.sh');
    await writeFile(path, scriptIn(PAGE, comment));
    await chmod(path, 0o755);
    return path;
  };

  it('signs with openssl', async function () {
    needs(this, hasOpenssl, 'openssl');
    needs(this, process.platform !== 'win32', 'a POSIX shell');
    const path = await written('Signs with the key of a file');
    tool('openssl', [
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:2048',
      '-out',
      join(folder, 'ci key.pem'),
    ]);
    await signs(`exec:${path} "${join(folder, 'ci key.pem')}"`, machineOf({ env: {} }));
    const failure = await rejectionOf('signer_failed', openSigner(`exec:${path} /none.pem`, machineOf({ env: {} })));
    expect(failure.data).to.have.property('words').that.contains('/none.pem');
  });

  it('signs with a TPM', async function () {
    needs(this, hasSoftTpm, 'swtpm with tpm2-tools');
    const tpm = await startSoftTpm();
    try {
      const making = codeBlocks(PAGE).find(({ text }) => text.startsWith('tpm2_createprimary'))!;
      await tpm.run('sh', ['-euc', making.text]);
      const path = await written('Signs with a key in the TPM');
      const uri = `exec:${path} 0x81010001`;
      expect(await signs(uri, machineOf(tpm))).to.equal(uri);
      const expected = createPublicKey(await tpm.run(path, ['0x81010001', 'public-key']));
      expect((await openSigner(uri, machineOf(tpm))).publicKey.equals(expected)).to.equal(true);
      const { data } = await rejectionOf('signer_failed', openSigner(`exec:${path} 0x81010009`, machineOf(tpm)));
      expect(data).to.have.property('words').that.contains('handle');
    } finally {
      await tpm.stop();
    }
  });
});
