import {
  claimsFor,
  HEADER,
  signAssertion,
  type Claims,
  type Header,
  type Parties,
} from '../keys/assertion/assertion.js';
import { readExtraClaims, type ExtraClaims } from '../keys/assertion/extra-claims.js';
import { headerWithThumbprint, type ThumbprintHash } from '../keys/assertion/thumbprint.js';
import { requireMatch, validityAt } from '../keys/credential/certificate.js';
import { Failure } from '../failure.js';
import { chosenCertificate, readCertificates } from '../machine/files/certificate-input.js';
import { requireKeyInput, type KeySources } from '../machine/files/key-input.js';

export type SignRequest = {
  parties: Parties;
  /** Seconds */
  expiresIn: number;
  /** The `jti` claim (RFC 7519 section 4.1.7); undefined: none */
  jti: string | undefined;
  /** `name=value` */
  extraClaims: readonly string[];
  keys: KeySources;
  /** The certificate that the header names, and how */
  certificate: { file: string; hash: ThumbprintHash } | undefined;
  /** Milliseconds since the epoch */
  now: number;
};

export type Signed = {
  assertion: string;
  header: Header;
  claims: Claims & ExtraClaims;
  /** When the certificate ended, if it did */
  certificateEnded: Date | undefined;
};

/**
 * Signs one assertion with the key from its sources. No org is asked.
 *
 * @throws Failure those of `readExtraClaims`, `requireKeyInput`, `readInputFile` and `readCertificate`;
 *   `claim_set_by_flag`, `key_certificate_mismatch`
 */
export async function signOne({ parties, keys, certificate, now, ...request }: SignRequest): Promise<Signed> {
  const claims = { ...claimsFor(parties, now, request.expiresIn), ...idOf(request), ...extraOf(request, now) };
  const { signer, source } = await requireKeyInput(keys);
  if (certificate === undefined) {
    const assertion = await signAssertion(claims, signer, HEADER);
    return { assertion, header: HEADER, claims, certificateEnded: undefined };
  }
  const facts = chosenCertificate(await readCertificates(certificate.file, keys), signer);
  requireMatch(facts, signer, {
    keyPath: source,
    certificatePath: certificate.file,
  });
  const header = headerWithThumbprint(facts.der, certificate.hash);
  const hasEnded = validityAt(facts, new Date(now)).state === 'expired';
  const certificateEnded = hasEnded ? facts.notAfter : undefined;
  return { assertion: await signAssertion(claims, signer, header), header, claims, certificateEnded };
}

function idOf({ jti }: Pick<SignRequest, 'jti'>): { jti?: string } {
  return jti === undefined ? {} : { jti };
}

function extraOf({ jti, extraClaims }: Pick<SignRequest, 'jti' | 'extraClaims'>, now: number): ExtraClaims {
  const extra = readExtraClaims(extraClaims, now);
  if (jti !== undefined && Object.hasOwn(extra, 'jti')) {
    throw new Failure('claim_set_by_flag', { claim: 'jti', flag: '--jti' });
  }
  return extra;
}
