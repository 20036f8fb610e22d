const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The first three characters of a record id say what it is ("Object key prefix" in the Object Reference). */
export const KEY_PREFIX = {
  organization: '00D',
  user: '005',
  profile: '00e',
  userLicense: '100',
  permissionSet: '0PS',
  permissionSetAssignment: '0Pa',
  permissionSetLicense: '0PL',
  permissionSetLicenseAssign: '2LA',
  setupEntityAccess: '0J0',
  connectedApplication: '0H4',
  externalClientApplication: '0xI',
  oauthConsumer: '888',
  appMenuItem: '0DS',
  network: '0DB',
  deploy: '0Af',
  retrieve: '09S',
  loginHistory: '0Ya',
  account: '001',
  scratchOrgInfo: '2SR',
  apexClass: '01p',
  asyncApexJob: '707',
  apexTestQueueItem: '709',
  apexTestResult: '07M',
  apexTestRunResult: '05m',
  /** [assumed] Settings have no record of their own that could be looked at. */
  settings: '0MS',
  sourceMember: '0MZ',
  ecaOauthSettings: '0xJ',
  ecaGlobalSettings: '0xK',
  ecaOauthPolicy: '0xL',
  ecaPolicy: '0xM',
  stagedCredentials: '0xS',
} as const;

/** Appends the three case-checksum characters that turn a 15-character id into its 18-character form. */
export function withChecksum(id15: string): string {
  const suffix = [0, 5, 10].map((start) => {
    const chunk = id15.slice(start, start + 5);
    const bits = Array.from(chunk).reduce((sum, char, index) => (/[A-Z]/.test(char) ? sum | (1 << index) : sum), 0);
    return ALPHABET.charAt(bits);
  });
  return id15 + suffix.join('');
}

export function isValidId(id: string): boolean {
  if (!/^[A-Za-z0-9]{15}([A-Z0-5]{3})?$/.test(id)) return false;
  return id.length === 15 || withChecksum(id.slice(0, 15)) === id;
}

export const to15 = (id: string): string => id.slice(0, 15);

/** The id of a record that exists once per other record, derived from that one's. */
export const rePrefixed = (id: string, prefix: string): string => withChecksum(prefix + to15(id).slice(3));

/** Ids compare by their first 15 characters: both forms name the same record. */
export const sameId = (a: string, b: string): boolean => to15(a) === to15(b);

function base62(value: number, width: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = BASE62.charAt(rest % 62) + text;
  return text.padStart(width, '0');
}

/** Hands out record ids of one org: prefix, the org's instance, a counter. */
export class IdSource {
  private counter = 0;

  public constructor(private readonly instance: string) {}

  public next(kind: keyof typeof KEY_PREFIX): string {
    this.counter += 1;
    return withChecksum(KEY_PREFIX[kind] + this.instance + base62(this.counter + 1_000_000, 10));
  }
}

/** A fresh org id; `seed` keeps the orgs of one process apart. */
export function newOrgId(seed: number, instance: string): string {
  return withChecksum(`00D${instance}${base62(238_328 * 40 + seed * 7_919 + 11, 10)}`);
}

export function randomText(length: number, alphabet: string): string {
  const bytes = crypto.getRandomValues(new Uint32Array(length));
  return Array.from(bytes, (value) => alphabet.charAt(value % alphabet.length)).join('');
}

export { BASE62 };
