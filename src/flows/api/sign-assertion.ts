import { SYSTEM_CLOCK } from '../../clock.js';
import { Failure } from '../../failure.js';
import { ASSERTION_LIFETIME, claimsFor, HEADER, signAssertion as sign } from '../../keys/assertion/assertion.js';
import { headerWithThumbprint } from '../../keys/assertion/thumbprint.js';
import { readCertificate, requireMatch } from '../../keys/credential/certificate.js';
import { keepSecret } from '../../keys/secrets.js';
import type { Signer } from '../../keys/signer/signer.js';
import { keyInputOf } from './key.js';
import { requireDuration, targetOf } from './options.js';
import type { AssertionOptions, SignedAssertion } from './types.js';

/** The claims that options of their own have. */
const OWN = { iss: 'clientId', sub: 'username', aud: 'audience', exp: 'expiresIn' };

export async function signAssertion(options: AssertionOptions): Promise<SignedAssertion> {
  const { claims: more = {}, expiresIn = ASSERTION_LIFETIME, clock = SYSTEM_CLOCK } = options;
  const { clientId, username, audience } = targetOf(options);
  for (const [claim, option] of Object.entries(OWN))
    if (Object.hasOwn(more, claim))
      throw new Failure('option_malformed', { option: 'claims', wanted: `without "${claim}", which is "${option}"` });
  requireDuration('expiresIn', expiresIn, 1);
  const parties = { issuer: clientId, subject: username, audience };
  const claims = { ...claimsFor(parties, clock.now(), Math.floor(expiresIn)), ...more };
  const { signer } = await keyInputOf(options);
  const header = headerOf(options, signer);
  const assertion = await sign(claims, signer, header);
  keepSecret(assertion);
  return { assertion, header, claims };
}

function headerOf(
  { certificate: pem, thumbprint = 'sha256' }: AssertionOptions,
  signer: Signer,
): SignedAssertion['header'] {
  if (pem === undefined) return HEADER;
  const certificate = readCertificate(pem, 'the option "certificate"');
  requireMatch(certificate, signer, { keyPath: 'the option "key"', certificatePath: 'the option "certificate"' });
  return headerWithThumbprint(certificate.der, thumbprint);
}
