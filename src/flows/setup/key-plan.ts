import { readCertificate, type Certificate } from '../../keys/credential/certificate.js';
import type { SetupRecord } from '../../machine/store/setup-record.js';
import { sha256 } from '../../machine/store/rotation-record.js';
import type { AppReading } from '../../salesforce/app/app.js';
import { canHoldCertificate, certificateIn } from '../../salesforce/app/certificate-swap.js';
import type { SecretPlace } from './stores/store.js';

/** What is known before anything is decided about the key. */
export type KnownOfKey = {
  /** Of the app as it stands; undefined: there is none. */
  app: AppReading | undefined;
  record: SetupRecord | undefined;
  /** Where the CI keeps the secret; empty where that can't be asked, or nothing is to be kept there. */
  places: SecretPlace[];
  /** The certificate of a pair that is at hand. */
  given: Certificate | undefined;
};

/** Why there is a new pair: there was none, a run was killed that had one in memory, the CI has lost it, or somebody said so. */
export type Reason = 'first' | 'lost' | 'gone' | 'replaced';

export type KeyPlan = {
  /** Whether the CI has the key already, it's at hand, or it's made now. */
  key: { source: 'kept'; certificate: Certificate } | { source: 'given' } | { source: 'new'; reason: Reason };
  /** Whether the secret is set, where there is a place for it. */
  setsSecret: boolean;
  /** What of others' would be replaced, and nobody has agreed to yet. */
  replaces: Array<'certificate' | 'secret'>;
};

/**
 * Which key the app and the CI end up with. What stands in the CI can't be read, so only the record of a run before this one
 * tells whether it belongs to the app's certificate. Pure.
 */
export function planKey({ app, record, places: listed, given }: KnownOfKey): KeyPlan {
  const places = listed.map((place) => seenOr(place, record));
  const current = app === undefined ? undefined : certificateIn(app);
  const hidden = app !== undefined && current === undefined && canHoldCertificate(app);
  const recorded = record === undefined ? undefined : readCertificate(record.certificate, 'record');
  const isCurrent = (certificate: Certificate | undefined): boolean =>
    certificate !== undefined && (hidden || current?.equals(certificate.der) === true);
  const secretIsThere = places.some(({ exists }) => exists);
  const isStored = record?.phase === 'stored' && places.length > 0 && places.every(({ exists }) => exists);
  if (given !== undefined) {
    const inCi = isStored && recorded?.der.equals(given.der) === true;
    const isOurs = hidden || isCurrent(given) || current === undefined || isOfRecord(current, record, recorded);
    return {
      key: { source: 'given' },
      setsSecret: !inCi,
      replaces: [
        ...(isOurs ? [] : (['certificate'] as const)),
        ...(secretIsThere && !inCi && record === undefined ? (['secret'] as const) : []),
      ],
    };
  }
  if (isStored && recorded !== undefined && isCurrent(recorded)) {
    return { key: { source: 'kept', certificate: recorded }, setsSecret: false, replaces: [] };
  }
  if (isStored && current !== undefined && isRenewed(places, record)) {
    const certificate = readCertificate(current, 'certificate');
    return { key: { source: 'kept', certificate }, setsSecret: false, replaces: [] };
  }
  const isOurs = hidden ? record !== undefined : current === undefined || isOfRecord(current, record, recorded);
  const reason = reasonOf(record, isOurs && !isStored, secretIsThere || !isOurs);
  return {
    key: { source: 'new', reason },
    setsSecret: true,
    replaces: [
      ...(isOurs ? [] : (['certificate'] as const)),
      ...(secretIsThere && record === undefined ? (['secret'] as const) : []),
    ],
  };
}

/** A place of which its tool says nothing has what the record says. */
function seenOr(place: SecretPlace, record: SetupRecord | undefined): SecretPlace {
  return place.unsaid === true ? { ...place, exists: record?.phase === 'stored' } : place;
}

/** The certificate is one that a run before this one has sent, or had agreed to replace. */
function isOfRecord(current: Buffer, record: SetupRecord | undefined, recorded: Certificate | undefined): boolean {
  if (record === undefined || recorded === undefined) return false;
  return current.equals(recorded.der) || (record.phase === 'issued' && record.replaced === sha256(current));
}

/** Milliseconds by which the clocks of this machine and a CI may differ. */
const CLOCKS_APART = 10 * 60_000;

/** The secret was set anew since, as a job that rotates the key does. */
function isRenewed(places: SecretPlace[], record: SetupRecord | undefined): boolean {
  const storedAt = Date.parse(record?.storedAt ?? '');
  return places.every(({ updatedAt }) => Date.parse(updatedAt ?? '') > storedAt + CLOCKS_APART);
}

function reasonOf(record: SetupRecord | undefined, isOurs: boolean, replaces: boolean): Reason {
  if (isOurs && record?.phase === 'issued') return 'lost';
  if (isOurs && record?.phase === 'stored') return 'gone';
  return replaces ? 'replaced' : 'first';
}
