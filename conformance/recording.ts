/**
 * What a run of the conformance kit leaves behind: every request and answer, and what they were taken to mean. The file
 * is what a person sends in. It holds no secret: tokens, ids, keys, names, mail addresses and hosts are replaced by
 * placeholders such as `{client-id-1}`, the same value always by the same placeholder (an id of 15 or of 18 characters is
 * one id). They stand in JSON, in XML and in paths alike.
 */
export interface Recording {
  format: typeof RECORDING_FORMAT;
  /** Who wrote it: the kit at an org, or a person from answers that are public. */
  source: 'kit' | 'published';
  /** Where published answers come from, one line. */
  origin?: string;
  /** Day in UTC, `YYYY-MM-DD`. */
  date: string;
  org: RecordedOrg;
  /** The certificates that stand in it as `{certificate-1}`: whose they are, and what is particular about them. */
  certificates?: Record<string, RecordedCertificate>;
  probes: ProbeRecord[];
}

export interface RecordedCertificate {
  /** The key whose certificate it is, as in {@link RecordedAssertion.signedBy}. */
  key: string;
  /** In few words, for instance `RSA 2048, SHA-256, valid`. */
  about: string;
}

export const RECORDING_FORMAT = 1;

export interface RecordedOrg {
  kind: RecordedKind;
  /** Highest version that the org served, for instance `67.0`; published answers don't always tell. */
  apiVersion?: string;
  /** As far as is known. */
  devHub?: boolean;
  /** Whether it was the local org of this project. */
  local?: boolean;
}

export type RecordedKind = 'production' | 'developer' | 'sandbox' | 'scratch';

export interface ProbeRecord {
  /** File name of the probe without `.ts`. */
  probe: string;
  /** `answered`: it got as far as a verdict. `impossible`: it needs something that this org or this run has not. */
  outcome: 'answered' | 'impossible' | 'failed';
  /** Why it was impossible or has failed, one line. */
  reason?: string;
  verdicts: Verdict[];
  exchanges: Exchange[];
}

/** One question, answered. */
export interface Verdict {
  /** Short name of the question, unique within the probe. */
  question: string;
  /** Name of the answer in few words, for instance `kept`. */
  answer: string;
  /**
   * Settings of the local org's switches that answer likewise, by switch name. Empty or missing: no switch stands for this,
   * or no setting of it does.
   */
  settings?: Record<string, Json>;
  /** Whether the local org as it is by default answers the same; missing where nothing is known about that. */
  agrees?: boolean;
}

/** One request and its answer, in the order of their sending. */
export interface Exchange {
  /** What the request was for, in few words, unique within the probe. */
  label: string;
  /** Milliseconds from the start of the probe to the answer; missing where nobody measured. */
  ms?: number;
  request: RecordedRequest;
  answer: RecordedAnswer;
}

export interface RecordedRequest {
  method: string;
  host: HostRole;
  /** With its query, decoded. */
  path: string;
  /** In lower case, those that matter only: `content-type`, `soapaction`. Who asks stands in `as`. */
  headers: Record<string, string>;
  /** Whose session the request carried: `admin`, that of a token which an earlier answer brought (`{token-3}`), or none. */
  as?: string;
  body?: RecordedBody;
}

export interface RecordedAnswer {
  status: number;
  /** In lower case, those that matter only: `content-type`, `location`, `retry-after`, `www-authenticate`. */
  headers: Record<string, string>;
  body?: RecordedBody;
}

/** `org`: its My Domain; `login` and `test`: the generic hosts; `site`: an Experience Cloud site. */
export type HostRole = 'org' | 'login' | 'test' | 'site';

export type RecordedBody =
  | { type: 'json'; json: Json }
  /** SOAP, as it was on the wire. */
  | { type: 'xml'; text: string }
  | { type: 'text'; text: string }
  | { type: 'form'; fields: Record<string, string>; assertion?: RecordedAssertion }
  /** A zip by its file names, in its JSON (deploy) beside it. */
  | { type: 'files'; files: Record<string, string>; json?: Json };

/** An assertion can't be kept as it was sent. Its form field says `{assertion-1}`; this is what was in it. */
export interface RecordedAssertion {
  header: Record<string, Json>;
  /** `exp` and other times as seconds from the sending, for instance `180`; in `expUnit` in what it was sent. */
  claims: Record<string, Json>;
  expUnit?: 'ms' | 's';
  /** Which key signed it, `{key-1}`. */
  signedBy: string;
  /** It was changed after it was signed, so it can't be made again from this. */
  changed?: true;
}

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
