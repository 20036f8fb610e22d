import { changeSentence } from '../connect/words.js';
import { commandsOf, handWorkOf, statusOf, userSentences } from './report.js';
import { targetNameOf } from './request.js';
import type { SetupDone } from './setup.js';

/** What `sf jwt setup --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtSetupResult = {
  /** `unchanged`: everything was there already. */
  status: 'created' | 'updated' | 'unchanged';
  /** API name of the app. */
  name: string;
  appType: 'external-client-app' | 'connected-app';
  /** The app's client id (consumer key). Null only in a dry run, where the app doesn't exist or the org hides it. */
  clientId: string | null;
  /** Who logs in. */
  username: string;
  /** The org's My Domain URL. */
  instanceUrl: string;
  /** What was made of the user, with --create-user, a sentence each. */
  userChanges: string[];
  /** What was changed in the org, or in a dry run would be, a sentence each. */
  changes: string[];
  certificate: {
    /** SHA-256 fingerprint: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
    notAfter: string;
  };
  key: {
    /** `new`: made now; `given`: it was at hand; `kept`: the CI has it, and only the CI. */
    source: 'new' | 'given' | 'kept';
    /** Its file. Absent where it was in memory alone. */
    file?: string;
  };
  /** The CI, as in --for. */
  for: string;
  /** Where the secret is kept. Absent with --for none. */
  repository?: string;
  secret?: {
    name: string;
    /** Each place that the CI keeps it in: such as Actions and Dependabot. */
    places: Array<{ name: string; status: 'created' | 'replaced' | 'unchanged' }>;
    /** It has to be set by hand: the commands are in `byHand`. */
    manual: boolean;
  };
  /** The pipeline. Absent with --for none. */
  pipeline?: { file: string; status: 'created' | 'updated' | 'unchanged' | 'edited' };
  /** Lines that `.gitignore` got. */
  ignored: string[];
  /** Whether a login as the pipeline makes it succeeded; null where none was tried. */
  verified: boolean | null;
  /** The commands that do the same one by one. */
  commands: string[];
  /**
   * Script of a POSIX shell which creates, once, the trust of the key's service in the pipeline's jobs. Words in upper case are to be
   * replaced. Only with a signer, for a CI.
   */
  trust?: string;
  /** What is left to do by hand, as commands. */
  byHand: string[];
  dryRun: boolean;
};

export function resultOf(
  done: SetupDone,
  context: { admin: string; instanceUrl: string; bin: string },
  trust: string | undefined,
): JwtSetupResult {
  const { plan, connected, certificate, login, file } = done;
  const { request, keyPlan, secret, ignore, keyFiles } = plan;
  const keyFile = keyFiles?.privateKeyFile ?? request.given?.input.path;
  return {
    status: statusOf(done),
    name: connected.name,
    appType: connected.appType,
    clientId: connected.clientId,
    username: request.username,
    instanceUrl: context.instanceUrl,
    userChanges: userSentences(plan),
    changes: connected.changes.map(changeSentence),
    certificate: { fingerprint256: certificate.fingerprint256, notAfter: certificate.notAfter.toISOString() },
    key: { source: keyPlan.key.source, ...(keyFile === undefined ? {} : { file: keyFile }) },
    for: targetNameOf(request.ci),
    ...(request.repository === '' ? {} : { repository: request.repository }),
    ...(secret === undefined
      ? {}
      : {
          secret: {
            name: request.secretName,
            places: secret.places.map(({ name, exists }) => ({
              name,
              status: keyPlan.setsSecret ? (exists ? ('replaced' as const) : ('created' as const)) : 'unchanged',
            })),
            manual: secret.manual !== undefined,
          },
        }),
    ...(file === undefined ? {} : { pipeline: { file: file.path, status: file.status } }),
    ignored: ignore?.lines ?? [],
    verified: login?.ok ?? null,
    commands: commandsOf(plan, connected, context),
    ...(trust === undefined ? {} : { trust }),
    byHand: handWorkOf(plan, context.bin),
    dryRun: request.dryRun,
  };
}
