import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { generateKeyPairSync } from 'node:crypto';
import { makeKey } from '../emulator/testkit/keys.js';
import { certificateOf, rsaKey } from './certificates.js';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const PAST = new Date('2020-01-01T00:00:00Z');

/** What people hand over for a certificate and no org can use, by the code of the failure. */
export async function unusableCertificates(certificate: string): Promise<Record<string, string | Buffer>> {
  const ec = await makeKey({ type: 'ec' });
  const expired = await makeKey({ notBefore: PAST, notAfter: new Date('2021-01-01T00:00:00Z') });
  const future = await makeKey({ notBefore: new Date(Date.now() + 86_400_000), notAfter: new Date(Date.now() + 2e8) });
  const publicKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  return {
    certificate_is_private_key: ec.privatePem,
    certificate_is_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    certificate_expired: expired.certificate,
    certificate_not_yet_valid: future.certificate,
    certificate_too_small: await certificateOf(rsaKey(1024)),
    certificate_not_rsa: ec.certificate,
    certificate_not_pem: 'Subject: CN=server\n',
    certificate_damaged: certificate.replace(/\n[^\n]+\n[^\n]+\n/, '\n'),
    certificate_too_large: await largeCertificate(),
    certificate_empty: '',
  };
}

async function largeCertificate(): Promise<string> {
  const keys = await crypto.subtle.generateKey(
    { ...ALGORITHM, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ['sign', 'verify'],
  );
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${'x'.repeat(3000)}`,
    notBefore: PAST,
    notAfter: new Date('2049-01-01T00:00:00Z'),
    signingAlgorithm: ALGORITHM,
    keys,
  });
  return certificate.toString('pem');
}
