import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { certifyBySigner, type Certified } from '../../../src/flows/keygen/by-signer.js';
import { parsePem } from '../../../src/keys/credential/pem.js';
import { readSigningRequest } from '../../../src/keys/credential/signing-request.js';
import { openSigner } from '../../../src/keys/signer/open.js';
import { planCertificateFiles } from '../../../src/machine/files/certificate-files.js';
import { rejectionOf } from '../../support/failures.js';
import { AwsService } from '../../support/kms/aws-service.js';
import { AwsTool } from '../../support/kms/aws-tool.js';
import { kmsDependencies } from '../../support/kms/dependencies.js';

const URI = 'awskms:///alias/new';

describe('A certificate by a signer that makes its key', () => {
  let folder: string;
  let service: AwsService;
  let dependencies: ReturnType<typeof kmsDependencies>;
  let created: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'by-signer-'));
    service = new AwsService();
    dependencies = kmsDependencies([new AwsTool(service)]);
    created = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const certify = async (subject: object = {}, uri = URI): Promise<Certified> => {
    const plan = planCertificateFiles({
      folder,
      name: 'server',
      subject,
      keySize: 2048,
      days: 30,
      now: new Date('2026-11-26T10:00:00Z'),
      serialNumber: Uint8Array.of(1),
      withRequest: true,
      overwrite: false,
    });
    return certifyBySigner(plan, { uri, create: 2048 }, dependencies, (made) => created.push(made));
  };

  it('is that of the new key, and so is the request', async () => {
    const { signer, paths, certificate } = await certify();
    expect(created).to.deep.equal([signer]);
    expect(paths).to.have.all.keys('certificateFile', 'csrFile');
    const { publicKey } = await openSigner(signer, dependencies);
    expect(certificate.publicKey.equals(publicKey)).to.equal(true);
    const written = new X509Certificate(readFileSync(paths.certificateFile));
    expect([written.verify(publicKey), written.subject]).to.deep.equal([true, 'CN=server']);
    const request = await readSigningRequest(parsePem(readFileSync(paths.csrFile!, 'utf8'))![0]!, 'csr');
    expect([request.verified, request.publicKey.equals(publicKey)]).to.deep.equal([true, true]);
    expect(existsSync(join(folder, 'server.key'))).to.equal(false);
  });

  it('makes no key where the certificate would be refused for its subject', async () => {
    const long = '𝕏'.repeat(128);
    await rejectionOf('subject_too_large', certify({ commonName: '𝕏'.repeat(64), state: long, locality: long }));
    expect([created, service.keys.size, service.asked]).to.deep.equal([[], 0, []]);
    await rejectionOf('signer_cannot_create', certify({}, 'exec:keeper'));
  });

  it('tells of the key that it made before anything else fails', async () => {
    service.refusals = [];
    dependencies = {
      ...dependencies,
      run: async (program, args, options) => {
        if (args[1] === 'sign') service.refusals = ['AccessDeniedException'];
        return kmsDependencies([new AwsTool(service)]).run(program, args, options);
      },
    };
    await rejectionOf('signer_forbidden', certify());
    expect(created).to.have.lengthOf(1);
    expect(existsSync(join(folder, 'server.crt'))).to.equal(false);
  });
});
