import { createPublicKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { PemBlock } from './pem.js';

/** The facts of a PKCS#10 request (RFC 2986). `verified`: whether it is signed with the key that it holds. */
export type SigningRequest = { subject: string; publicKey: KeyObject; verified: boolean };

/** @throws Failure `content_damaged` */
export async function readSigningRequest({ base64 }: PemBlock, source: string): Promise<SigningRequest> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509');
  try {
    const request = new Pkcs10CertificateRequest(Buffer.from(base64, 'base64'));
    const publicKey = createPublicKey({
      key: Buffer.from(request.publicKey.rawData),
      format: 'der',
      type: 'spki',
    });
    return { subject: request.subject, publicKey, verified: await request.verify().catch(() => false) };
  } catch {
    throw new Failure('content_damaged', { source, what: 'CERTIFICATE REQUEST' });
  }
}
