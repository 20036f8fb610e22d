import { constants, generateKeyPairSync, sign, verify } from 'node:crypto';
import { connect } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import type { FailureCode } from '../../../src/failure.js';
import { identitiesIn, messageIn, signatureIn, StrangeMessage } from '../../../src/keys/signer/agent-messages.js';
import { openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import {
  Agent,
  fingerprintOf,
  frame,
  listed,
  rsaIdentity,
  signed,
  str,
  type AgentKey,
  type Signing,
} from '../../support/agent.js';
import { rejectionOf } from '../../support/failures.js';
import { signerDependencies } from '../../support/signer.js';

const DATA = Buffer.from('header.claims');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519: AgentKey = { comment: 'laptop', blob: Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(32, 7))]) };
const ci = rsaIdentity('ci @ work', rsa.privateKey);
const second = rsaIdentity('twin', other.privateKey);
const certificate: AgentKey = {
  comment: 'ci @ work',
  blob: Buffer.concat([str('ssh-rsa-cert-v01@openssh.com'), str('x')]),
};

describe('a key in an ssh-agent', () => {
  let agent: Agent;
  let machine: SignerDependencies;

  beforeEach(async () => {
    agent = await Agent.start([
      ed25519,
      certificate,
      ci,
      second,
      rsaIdentity('twin', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    ]);
    machine = signerDependencies({
      environment: { SSH_AUTH_SOCK: agent.path },
      connect: (path) => connect(path),
      timeout: 3000,
    });
  });
  afterEach(() => agent.stop());

  for (const name of [fingerprintOf(ci), `${fingerprintOf(ci)}=`, 'ci @ work']) {
    it(`signs when it is called ${name.startsWith('SHA') ? 'SHA256:…' : name}, and its URI is pinned`, async () => {
      const signer = await openSigner(`ssh-agent:${name}`, machine);
      expect(signer.uri).to.equal(`ssh-agent:${fingerprintOf(ci)}`);
      expect(signer.publicKey.equals(rsa.publicKey)).to.equal(true);
      expect(verify('sha256', DATA, rsa.publicKey, await signer.sign(DATA))).to.equal(true);
    });
  }

  const names: Array<[what: string, name: string, code: FailureCode, data: object]> = [
    ['no key', 'SHA256:AAAA', 'signer_key_not_in_agent', {}],
    ['nothing', '', 'signer_uri_malformed', { variant: 'incomplete' }],
    ['a key of another type', 'laptop', 'signer_key_unsuitable', { found: 'ssh-ed25519' }],
    ['two keys', 'twin', 'signer_key_ambiguous', {}],
  ];
  for (const [what, name, code, data] of names) {
    it(`is not found by the name of ${what}`, async () => {
      const failure = await rejectionOf(code, openSigner(`ssh-agent:${name}`, machine));
      expect(failure.data).to.include({ uri: `ssh-agent:${name}`, ...data });
      if (code === 'signer_key_ambiguous')
        expect(failure.data).to.have.property('candidates').that.contains(fingerprintOf(second));
      if (code === 'signer_key_not_in_agent')
        expect(failure.data).to.have.property('keys').that.contains('ssh-ed25519, laptop');
    });
  }

  it('is not found in an agent that is locked, and shows no key', async () => {
    agent.list = () => listed([]);
    const { data } = await rejectionOf('signer_key_not_in_agent', openSigner('ssh-agent:twin', machine));
    expect(data).to.include({ keys: '-' });
  });

  const padded = (data: Buffer): Buffer => sign('sha256', data, rsa.privateKey);
  const signings: Array<[what: string, signing: Signing, code: FailureCode, data?: object]> = [
    ['refuses, as after the no of a person', () => frame(Buffer.from([5])), 'signer_declined'],
    ['has no idea what it is asked', () => frame(Buffer.from([28])), 'signer_declined'],
    [
      'ignores the flag for SHA-256',
      (_, data) => signed('ssh-rsa', sign('sha1', data, rsa.privateKey)),
      'signer_signed_with_other_hash',
      { hash: 'SHA-1' },
    ],
    [
      'signs with SHA-512',
      (_, data) => signed('rsa-sha2-512', sign('sha512', data, rsa.privateKey)),
      'signer_signed_with_other_hash',
      { hash: 'SHA-512' },
    ],
    [
      'says SHA-256 and signs with SHA-1',
      (_, data) => signed('rsa-sha2-256', sign('sha1', data, rsa.privateKey)),
      'signer_signed_with_other_hash',
      { hash: 'SHA-1' },
    ],
    [
      'signs with another of its keys',
      (_, data) => signed('rsa-sha2-256', sign('sha256', data, other.privateKey)),
      'signer_signed_other_version',
      { actual: `ssh-agent:${fingerprintOf(second)}` },
    ],
    [
      'pads as PSS',
      (_, data) =>
        signed('rsa-sha2-256', sign('sha256', data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING })),
      'signer_signed_with_pss',
    ],
    [
      'gives more than a signature',
      (_, data) => signed('rsa-sha2-256', Buffer.concat([padded(data), padded(data)])),
      'signer_signature_malformed',
    ],
    ['answers with its keys', () => listed([ci]), 'signer_agent_strange'],
    [
      'is cut within a frame',
      (_, data) => frame(Buffer.from([14]), str(padded(data).subarray(0, 3))),
      'signer_agent_strange',
    ],
    ['announces a frame of 4 GiB', () => Buffer.alloc(64, 255), 'signer_agent_strange'],
    ['announces an empty frame', () => Buffer.alloc(4), 'signer_agent_strange'],
    [
      'closes the connection in the middle of a frame',
      (_, data, _flags, socket) => {
        socket.end(signed('rsa-sha2-256', padded(data)).subarray(0, 100));
        return undefined;
      },
      'signer_agent_strange',
    ],
    ['hangs', () => undefined, 'signer_timed_out', { seconds: 0.3 }],
    [
      'hangs in the middle of a frame',
      (_, data) => signed('rsa-sha2-256', padded(data)).subarray(0, 100),
      'signer_timed_out',
      { seconds: 0.3 },
    ],
  ];
  for (const [what, signing, code, data = {}] of signings) {
    it(`fails by name when the agent ${what}`, async () => {
      agent.signing = signing;
      const timeout = code === 'signer_timed_out' ? 300 : machine.timeout;
      const signer = await openSigner('ssh-agent:ci @ work', { ...machine, timeout });
      const failure = await rejectionOf(code, signer.sign(DATA));
      expect(failure.data).to.include({ uri: `ssh-agent:${fingerprintOf(ci)}`, ...data });
    });
  }

  it('signs where the agent leaves out the zeros before a small number, and sends bytes one by one', async () => {
    let data = DATA;
    for (let index = 0; padded(data)[0] !== 0; index += 1) data = Buffer.from(`${DATA.toString()}${index}`);
    agent.signing = (_, bytes, _flags, socket) => {
      for (const byte of signed('rsa-sha2-256', padded(bytes).subarray(1))) socket.write(Buffer.from([byte]));
      return undefined;
    };
    const signer = await openSigner('ssh-agent:ci @ work', machine);
    expect(await signer.sign(data)).to.deep.equal(padded(data));
  });

  it('says that there is no agent, and that nobody listens', async () => {
    const nowhere = signerDependencies({ connect: (path) => connect(path) });
    await rejectionOf('signer_agent_missing', openSigner('ssh-agent:x', nowhere));
    await rejectionOf(
      'signer_agent_missing',
      openSigner('ssh-agent:x', { ...nowhere, environment: { SSH_AUTH_SOCK: '' } }),
    );
    const gone = { ...nowhere, environment: { SSH_AUTH_SOCK: `${agent.path}-gone` } };
    const { data } = await rejectionOf('signer_unreachable', openSigner('ssh-agent:x', gone));
    expect(data).to.have.property('words').that.contains('ENOENT');
  });

  it("asks OpenSSH's pipe on Windows, if no variable names another", async () => {
    const paths: string[] = [];
    const windows: SignerDependencies = {
      ...machine,
      environment: {},
      platform: 'win32',
      connect: (path) => {
        paths.push(path);
        return connect(agent.path);
      },
    };
    await openSigner('ssh-agent:ci @ work', windows);
    expect(paths).to.deep.equal(['\\\\.\\pipe\\openssh-ssh-agent']);
  });
});

describe('the messages of an agent', () => {
  it('are read as they were written, however they are cut, or refused as strange', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
    fc.assert(
      fc.property(
        fc.array(fc.record({ comment: fc.string(), rest: bytes }), { maxLength: 5 }),
        fc.nat(),
        (keys, cut) => {
          const all = keys.map(({ comment, rest }) => ({ comment, blob: Buffer.concat([str('ssh-x'), rest]) }));
          const message = listed(all);
          const read = identitiesIn(messageIn(Buffer.concat([message, Buffer.from('more')]))!);
          expect(read.map(({ comment, blob }) => ({ comment, blob }))).to.deep.equal(all);
          expect(messageIn(message.subarray(0, cut % message.length))).to.equal(undefined);
        },
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(11, 12, 13, 14, 5, 0), bytes, (kind, rest) => {
        for (const read of [identitiesIn, signatureIn]) {
          try {
            read(Buffer.concat([Buffer.from([kind]), rest]));
          } catch (error) {
            expect(error).to.be.instanceOf(StrangeMessage);
          }
        }
      }),
    );
  });
});
