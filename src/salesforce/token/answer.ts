import { baseUrl, isTrustedFrom } from '../hosts.js';
import { withoutScripts } from '../page.js';

/** An access token and what came with it. Ids are Salesforce ids of 18 characters, read from the identity URL. */
export type Token = {
  ok: true;
  accessToken: string;
  instanceUrl: string;
  orgId: string;
  userId: string;
  /** As the server gave it: names with spaces between them. */
  scope: string;
  /** URL and id (`0DB…`) of the Experience Cloud site, for a login at one. */
  communityUrl?: string;
  communityId?: string;
};

/** The server refused with an OAuth error (RFC 6749 section 5.2), its two fields word for word. */
export type OAuthRefusal = { ok: false; kind: 'oauth'; status: number; error: string; errorDescription: string };

/** The server answered with something that is no answer of a token endpoint. */
export type StrangeAnswer = {
  ok: false;
  kind: 'strange';
  /**
   * `unavailable` is Salesforce's page "Data Not Available"; `busy` asks for fewer requests (RFC 6585 section 4, or a 503
   * with `Retry-After`); `tokenless` is a success that brought no usable token, `foreign` one whose `instance_url`, as the
   * `location`, is no place to send a token to.
   */
  what: 'redirect' | 'unavailable' | 'busy' | 'failing' | 'tokenless' | 'foreign' | 'other';
  status: number;
  location?: string;
  /** The start of the body, without anything that looks like a token. */
  excerpt: string;
};

/** No answer came: `reason` is the system's own word (`ECONNREFUSED`, `timeout` …). */
export type NoAnswer = { ok: false; kind: 'none'; reason: string };

export type TokenRefusal = OAuthRefusal | StrangeAnswer | NoAnswer;
export type TokenAnswer = (Token | TokenRefusal) & {
  /** What the server's clock said, from the `Date` header, in milliseconds since the epoch. */
  serverTime?: number;
};

/** Characters of a strange body that are worth showing. */
const EXCERPT = 200;

/**
 * @param assertion what was sent, which a careless server may echo
 * @param asked the URL that was asked; without one, no token is expected
 */
export function readAnswer(response: Response, body: string, assertion: string, asked?: URL): Token | TokenRefusal {
  const fields = jsonObject(body);
  const text = (key: string): string | undefined => {
    const value = fields?.[key];
    return typeof value === 'string' ? value : undefined;
  };
  const { status } = response;
  const error = text('error');
  if (error !== undefined) {
    const errorDescription = withoutSecrets(text('error_description') ?? '', assertion);
    return { ok: false, kind: 'oauth', status, error: withoutSecrets(error, assertion), errorDescription };
  }
  const accessToken = visible(text('access_token'));
  const instanceUrl = baseUrl(httpUrl(text('instance_url')) ?? '');
  const [, orgId, userId] = /\/id\/(00D\w{12,15})\/(005\w{12,15})$/.exec(text('id') ?? '') ?? [];
  if (response.ok && accessToken && instanceUrl && orgId && userId) {
    if (asked !== undefined && !isTrustedFrom(asked, instanceUrl)) {
      return { ok: false, kind: 'strange', what: 'foreign', status, location: instanceUrl, excerpt: '' };
    }
    const [communityUrl, communityId] = [httpUrl(text('sfdc_community_url')), text('sfdc_community_id')];
    return {
      ...{ ok: true, accessToken, instanceUrl, orgId, userId, scope: text('scope') ?? '' },
      ...(communityUrl === undefined || (asked !== undefined && !isTrustedFrom(asked, communityUrl))
        ? {}
        : { communityUrl }),
      ...(communityId === undefined ? {} : { communityId }),
    };
  }
  const location = response.headers.get('location');
  return {
    ok: false,
    kind: 'strange',
    what: whatIs(response, body, fields),
    status,
    ...(location === null ? {} : { location: withoutSecrets(location, assertion) }),
    // What has any token in it is not shown at all: no pattern is sure to find where it ends.
    excerpt: /access_?token|refresh_?token|session_?id/i.test(body) ? '' : excerptOf(body, assertion),
  };
}

function whatIs(response: Response, body: string, fields: object | undefined): StrangeAnswer['what'] {
  if (/data not available/i.test(body)) return 'unavailable';
  if (response.status === 429 || (response.status === 503 && response.headers.has('retry-after'))) return 'busy';
  if (response.status >= 500) return 'failing';
  if (response.status >= 300 && response.status < 400) return 'redirect';
  return response.ok && fields !== undefined ? 'tokenless' : 'other';
}

/**
 * The start of a page, as far as it is for eyes.
 *
 * @param secret what was sent, which a careless server may echo
 */
export function excerptOf(body: string, secret: string): string {
  const readable = withoutScripts(body).replace(/\s+/g, ' ');
  // A part of a token has no mark to know it by, but its length; host names are long too, and in lower case.
  const masked = withoutSecrets(readable, secret).replace(/[\w!.+=%~-]{20,}/g, (run) =>
    /^[a-z.-]+$/.test(run) ? run : '[…]',
  );
  return masked.trim().slice(0, EXCERPT);
}

/** Session ids (`00D…!…`), JSON Web Tokens, what was sent, and private keys. */
function withoutSecrets(text: string, secret: string): string {
  return text
    .replaceAll(secret, '[…]')
    .replace(/00D\w{12,15}!\S*/g, '[…]')
    .replace(/eyJ[\w-]{8,}(\.[\w-]*)*/g, '[…]')
    .replace(/-----BEGIN [^]*?(-----END [^-]*-----|$)/g, '[…]');
}

/** The text if it has nothing but visible ASCII, as tokens (RFC 6750 section 2.1) and URLs have. */
function visible(text: string | undefined): string | undefined {
  return text !== undefined && /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}

/** The text if it is a URL of the web. */
export function httpUrl(text: string | undefined): string | undefined {
  const url = visible(text);
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

export function jsonObject(text: string): Record<string, unknown> | undefined {
  const value = jsonValue(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** What a JSON text says; undefined where it is none. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
