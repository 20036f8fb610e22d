import { Answers } from './answers.js';
import { exchangeOf } from './exchange-log.js';
import type { CertificateOptions, KeyPair } from './keys.js';
import { type OrgAccess, type Received, type Sent, sendTo } from './org-access.js';
import { jsonOf, type Notes } from './org-api.js';
import type { Placeholders } from './placeholders.js';
import type { Probe, Question } from './probe.js';
import { type App, type Circumstances, ProbeRun } from './probe-run.js';
import type { Exchange, HostRole, ProbeRecord, Recording, Verdict } from './recording.js';

/** Called as things go on. */
export interface Report {
  note: (line: string) => void;
  begin: (probe: Probe, index: number, count: number) => void;
  step: (label: string) => void;
}

/** What the probes of one run have in common. */
export interface KitSession {
  access: OrgAccess;
  apiVersion: string;
  circumstances: Circumstances;
  placeholders: Placeholders;
  shared: { app?: App };
  report: Report;
  certificates: NonNullable<Recording['certificates']>;
}

/** Runs one probe within its limit. Whatever happens, what was asked until then is kept and read. */
export async function runProbe(
  probe: Probe,
  session: KitSession,
  lacks: string | undefined,
  stop: AbortSignal,
): Promise<ProbeRecord> {
  const none = { probe: probe.name, verdicts: [], exchanges: [] };
  if (probe.byHand !== undefined) return { ...none, outcome: 'impossible', reason: `by hand: ${probe.byHand}` };
  if (lacks !== undefined) return { ...none, outcome: 'impossible', reason: lacks };
  const raw: Exchange[] = [];
  const limit = AbortSignal.timeout(probe.limitSeconds * 1000);
  const run = runOf(probe, session, raw, AbortSignal.any([limit, stop]));
  let reason: string | undefined;
  try {
    await probe.ask(run);
  } catch (error) {
    reason = limit.aborted ? `it took longer than ${String(probe.limitSeconds)} seconds` : oneLine(error);
  }
  const exchanges = session.placeholders.exchanges(raw);
  const verdicts = verdictsOf(probe, new Answers(exchanges));
  const outcome = reason === undefined ? 'answered' : 'failed';
  const told = reason === undefined ? {} : { reason: session.placeholders.text(reason) };
  return { probe: probe.name, outcome, ...told, verdicts, exchanges };
}

/** What the answers of a probe say, as far as they say it. */
export function verdictsOf(probe: Probe, answers: Answers): Verdict[] {
  return probe.questions.flatMap((question) => verdictOf(question, answers));
}

function verdictOf({ name, read, local }: Question, answers: Answers): Verdict[] {
  const found = read(answers);
  if (found === undefined) return [];
  const { answer, settings, undecided = false } = found;
  const agrees = local === undefined || undecided ? {} : { agrees: answer === local };
  return [{ question: name, answer, ...(settings === undefined ? {} : { settings }), ...agrees }];
}

function runOf({ readOnly }: Probe, session: KitSession, raw: Exchange[], signal: AbortSignal): ProbeRun {
  const { access, apiVersion, circumstances, placeholders, shared, report, certificates } = session;
  const began = Date.now();
  const repeated = new Set<string>();
  const record = async (sent: Sent, notes: Notes): Promise<Received> => {
    if (readOnly) refuseChange(sent);
    if (typeof notes.label === 'string') report.step(notes.label);
    const received = await sendTo(urlOf(sent.host ?? 'org', session), sent, signal);
    const { label, repeat = false, shown, ...more } = notes;
    const name = typeof label === 'string' ? label : label(received);
    const exchange = await exchangeOf(sent, shownOf(received, shown), {
      ...more,
      ...as(sent, more, session),
      label: name,
      ms: Date.now() - began,
    });
    const earlier = raw.findIndex((entry) => entry.label === name);
    if (earlier >= 0 && !(repeat && repeated.has(name))) throw new Error(`Two requests are called "${name}".`);
    if (earlier >= 0) raw.splice(earlier, 1);
    if (repeat) repeated.add(name);
    raw.push(exchange);
    return received;
  };
  const names = {
    certificate: (pem: string, key: KeyPair, options: CertificateOptions = {}) => {
      const placeholder = placeholders.learnCertificate(pem);
      certificates[placeholder] = { key: placeholders.learnKey(key), about: aboutCertificate(key, options) };
    },
    keyOf: (key: KeyPair) => placeholders.learnKey(key),
  };
  return new ProbeRun(circumstances, record, shared, names, { apiVersion, token: access.accessToken, signal });
}

function shownOf(received: Received, shown: Notes['shown']): Received {
  const json = shown && jsonOf(received);
  return shown === undefined || json === undefined ? received : { ...received, text: JSON.stringify(shown(json)) };
}

function as(
  { token, body }: Sent,
  { as: other }: Partial<Notes>,
  { access, placeholders }: KitSession,
): { as?: string } {
  if (other !== undefined) return { as: other };
  const soap = body?.type === 'xml';
  if (soap || token === access.accessToken) return { as: 'admin' };
  return token === undefined ? {} : { as: placeholders.learn('token', token) };
}

function urlOf(host: HostRole, { access, circumstances: { hosts } }: KitSession): string {
  if (host === 'org') return access.instanceUrl;
  const url = host === 'site' ? undefined : hosts[host];
  if (url === undefined) throw new Error(`This run has no host for ${host}.`);
  return url;
}

/** A probe that says it changes nothing doesn't get the means to. */
function refuseChange({ method, path, body }: Sent): void {
  if (method === 'GET' || path.includes('/composite/batch')) return;
  if (path.startsWith('/services/oauth2/')) return;
  if (
    body?.type === 'xml' &&
    /<soapenv:Body><(readMetadata|listMetadata|retrieve|checkRetrieveStatus)>/.test(body.text)
  )
    return;
  if (body?.type === 'multipart' && JSON.stringify(body.json).includes('"checkOnly":true')) return;
  throw new Error(`A probe that only reads sent ${method} ${path}.`);
}

function aboutCertificate(
  { publicKey }: KeyPair,
  { from = -1, until = 30, hash = 'SHA-256', filling = 0 }: CertificateOptions,
): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  const key = modulusLength === undefined ? `EC ${namedCurve ?? ''}` : `RSA ${String(modulusLength)}`;
  const validity = until < 0 ? 'expired' : from > 0 ? 'not yet valid' : 'valid';
  return [key, hash, validity, ...(filling === 0 ? [] : ['long'])].join(', ');
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return (text + cause).replaceAll(/\s+/g, ' ');
}
