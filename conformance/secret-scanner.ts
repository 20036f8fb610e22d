/** Something in a recording that must not be in it: which rule says so, and where (never the value itself). */
export interface Finding {
  rule: string;
  /** Characters around it, with it blanked. */
  near: string;
}

const ALLOWED_HOSTS = [
  'login.salesforce.com',
  'test.salesforce.com',
  'api.salesforce.com',
  'soap.sforce.com',
  'schemas.xmlsoap.org',
  'www.w3.org',
  'localhost:1717',
];

/** Written apart from what replaces: each of them finds by the look of a secret alone. */
const RULES: ReadonlyArray<{ rule: string; pattern: RegExp; spares?: (match: string) => boolean }> = [
  { rule: 'private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/g },
  { rule: 'session id', pattern: /00D[0-9A-Za-z]{12,15}!/g },
  { rule: 'JWT', pattern: /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g },
  { rule: 'refresh token', pattern: /\b5Aep[\w.]{20,}/g },
  { rule: 'client id made by Salesforce', pattern: /\b3MVG9[\w.]{10,}/g },
  {
    rule: 'mail address',
    pattern: /[\w.+-]+@[\w-]+\.[\w.-]+/g,
    spares: (match) => match === 'conformance@example.com',
  },
  {
    rule: 'record id',
    pattern:
      /(?<![\w+])(?:00D|00e|005|0H4|0xI|0xJ|0xK|0xL|888|0Af|09S|0PS|0Pa|0J0|0PL|2SR|2SO|0Y\w|100)(?:[0-9A-Za-z]{15}|[0-9A-Za-z]{12})(?!\w)/g,
  },
  {
    rule: 'host',
    pattern: /https?:\/\/[^/\s"'<>\\]+/gi,
    spares: (match) => {
      const host = match.replace(/^https?:\/\//i, '');
      return host.startsWith('{') || ALLOWED_HOSTS.includes(host);
    },
  },
  {
    rule: 'host',
    pattern: /\b[\w-]+\.(?:my\.salesforce|my\.site|lightning\.force|sandbox\.my|scratch\.my)\b[\w.-]*/gi,
  },
  {
    rule: 'IP address',
    pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g,
    spares: (match) => match.split('.').some((part) => Number(part) > 255),
  },
  {
    rule: 'long random text',
    pattern: /[A-Za-z0-9+/_.-]{40,}/g,
    spares: (match) => !looksRandom(match),
  },
];

/** Whether letters of both cases and digits are mixed as they are in no word, path or sentence. */
function looksRandom(text: string): boolean {
  const parts = text.split(/[/_.-]/);
  return parts.some((part) => part.length >= 32 && /\d/.test(part) && /[A-Za-z]/.test(part));
}

/** Looks for secrets and for what names somebody, in the text of a recording. */
export function findSecrets(text: string): Finding[] {
  return RULES.flatMap(({ rule, pattern, spares = () => false }) =>
    [...text.matchAll(pattern)]
      .filter(([match]) => !spares(match))
      .map((match) => ({ rule, near: surroundings(text, match.index, match[0].length) })),
  );
}

function surroundings(text: string, start: number, length: number): string {
  const before = text.slice(Math.max(0, start - 40), start);
  const after = text.slice(start + length, start + length + 20);
  return `${before}[…]${after}`.replaceAll(/\s+/g, ' ');
}
