import { satellite, text } from '../model/apps.js';
import type { Fields } from '../model/domain.js';
import type { Switches } from '../switches.js';
import { checkCertificate } from './certificate.js';
import { checkKeyUnused, newConsumerKey, newConsumerSecret } from './consumer-key.js';
import type { Draft, Saved } from './draft.js';
import type { Request } from './rules.js';
import { claimParent, compose } from './rules-eca.js';
import { ECA_GLOBAL, ECA_OAUTH } from './types.js';
import { ComponentProblem } from './validate.js';

const DEFAULTS: Fields = {
  isClientCredentialsFlowEnabled: 'false',
  isCodeCredFlowEnabled: 'false',
  isCodeCredPostOnly: 'false',
  isConsumerSecretOptional: 'false',
  isDeviceFlowEnabled: 'false',
  isIntrospectAllTokens: 'false',
  isNamedUserJwtEnabled: 'false',
  isPkceRequired: 'true',
  isRefreshTokenRotationEnabled: 'false',
  isSecretRequiredForRefreshToken: 'true',
  isSecretRequiredForTokenExchange: 'false',
  isTokenExchangeEnabled: 'false',
};

function defaultsOf({ dPopField }: Switches): Fields {
  return dPopField === 'returned' ? { ...DEFAULTS, isDPopEnabled: 'false' } : DEFAULTS;
}

export function saveGlobalSettings(draft: Draft, request: Request): Saved {
  const { app, before } = claimParent(draft, ECA_GLOBAL, request);
  const { consumerKey, consumerSecret, certificate, shouldRotateConsumerKey, shouldRotateConsumerSecret, ...rest } =
    request.fields;
  const { switches, clock } = draft.state;
  const rotateKey = shouldRotateConsumerKey === 'true';
  const rotateSecret = shouldRotateConsumerSecret === 'true';
  if ((rotateKey || rotateSecret) && !request.ignoreWarnings) {
    throw new ComponentProblem('Rotating the consumer key or secret breaks clients that use it.', {
      problemType: 'Warning',
    });
  }
  const sentCertificate = typeof certificate === 'string' && certificate !== '' ? certificate : undefined;
  if (sentCertificate !== undefined) checkCertificate(sentCertificate, switches, clock.now());
  const kept =
    request.merge || switches.omittedCertificate === 'kept' ? text(before?.fields, 'certificate') : undefined;
  const finalCertificate = sentCertificate ?? (certificate === '' ? undefined : kept);
  const oldKey = text(before?.fields, 'consumerKey');
  const oldSecret = text(before?.fields, 'consumerSecret');
  const { certificate: _, ...composed } = compose(draft, request, before, defaultsOf(switches), rest);
  return draft.save(ECA_GLOBAL, request.fullName, {
    ...composed,
    ...(switches.pkceRequired === 'forced' ? { isPkceRequired: 'true' } : {}),
    ...(finalCertificate === undefined ? {} : { certificate: finalCertificate }),
    externalClientApplication: app,
    // A key sent for an app that has one is silently dropped: the deployment succeeds and the old key stays.
    consumerKey: oldKey !== undefined && !rotateKey ? oldKey : initialKey(draft, rotateKey ? undefined : consumerKey),
    consumerSecret: oldSecret !== undefined && !rotateSecret ? oldSecret : initialSecret(consumerSecret),
    shouldRotateConsumerKey: 'false',
    shouldRotateConsumerSecret: 'false',
  });
}

function initialSecret(sent: unknown): string {
  return typeof sent === 'string' && sent !== '' ? sent : newConsumerSecret();
}

function initialKey(draft: Draft, sent: unknown): string {
  const { ecaKeySettable } = draft.state.switches;
  if (typeof sent !== 'string' || sent === '' || ecaKeySettable === 'ignored') return newConsumerKey();
  if (ecaKeySettable === 'rejected') {
    throw new ComponentProblem('You cannot provide a Consumer Key', { statusCode: 'FIELD_INTEGRITY_EXCEPTION' });
  }
  if (sent.length < 8 || sent.length > 256) {
    throw new ComponentProblem('The consumer key must have between 8 and 256 characters.', {
      statusCode: 'STRING_TOO_LONG',
    });
  }
  checkKeyUnused(draft, sent);
  return sent;
}

/** Global settings need OAuth settings beside them; checked when the whole package is in. */
export function checkOauthSibling(draft: Draft, fullName: string): void {
  const app = text(draft.component(ECA_GLOBAL, fullName)?.fields, 'externalClientApplication');
  if (app !== undefined && satellite(draft, ECA_OAUTH, app)) return;
  throw new ComponentProblem(
    "The external client app configured in your global OAuth Settings doesn't have a valid OAuth settings configuration.",
    { statusCode: 'FIELD_INTEGRITY_EXCEPTION' },
  );
}
