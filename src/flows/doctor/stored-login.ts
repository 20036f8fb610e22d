import { shellQuote } from '../../terminal/shell-quote.js';
import type { Failure } from '../../failure.js';
import { pageHost } from '../../salesforce/token/login-url.js';

/** What can be known of a stored JWT login without asking its org. */
export type StoredLoginFacts = {
  username: string;
  loginUrl: string;
  /** Absolute path */
  privateKeyFile: string;
  /** Why sf can't use the key; undefined: it can. */
  keyFailure: Failure | undefined;
  readableByOthers: boolean;
  temporary: boolean;
};

/** One test of `sf doctor`: its name and suggestion stand in `messages/sf-doctor.md` by the code. */
export type Verdict = {
  code: 'key' | 'keyMissing' | 'keyMode' | 'keyPlace' | 'loginUrl' | 'loginHost';
  status: 'pass' | 'warn' | 'fail';
  /** What the suggestion names */
  values: string[];
};

/** Judges one stored login. Pure. */
export function judgeStoredLogin(facts: StoredLoginFacts): Verdict[] {
  return [...judgeKey(facts), ...judgePlace(facts), ...judgeLoginUrl(facts)];
}

function judgeKey({ username, privateKeyFile, keyFailure }: StoredLoginFacts): Verdict[] {
  const values = [username, privateKeyFile];
  if (keyFailure === undefined) return [{ code: 'key', status: 'pass', values }];
  return [{ code: keyFailure.code === 'file_missing' ? 'keyMissing' : 'key', status: 'fail', values }];
}

function judgePlace(facts: StoredLoginFacts): Verdict[] {
  if (facts.keyFailure?.code === 'file_missing') return [];
  const values = [facts.username, facts.privateKeyFile];
  return [
    {
      code: 'keyMode',
      status: facts.readableByOthers ? 'warn' : 'pass',
      values: [facts.username, shellQuote(facts.privateKeyFile)],
    },
    { code: 'keyPlace', status: facts.temporary ? 'warn' : 'pass', values },
  ];
}

function judgeLoginUrl({ username, loginUrl }: StoredLoginFacts): Verdict[] {
  const values = [username, loginUrl];
  const url = URL.canParse(loginUrl) ? new URL(loginUrl) : undefined;
  if (url === undefined || pageHost(url) !== undefined) return [{ code: 'loginUrl', status: 'fail', values }];
  // Only Connected Apps can be reached there, and which kind the app is can't be told from its client id.
  if (/^(login|test)\.salesforce\.com$/.test(url.hostname)) return [{ code: 'loginHost', status: 'warn', values }];
  return [{ code: 'loginUrl', status: 'pass', values }];
}
