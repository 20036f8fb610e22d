import type { Answers } from '../answers.js';
import { connectedApp } from '../apps.js';
import { newClientId, rsaKey } from '../keys.js';
import type { Probe, Reading } from '../probe.js';
import { grantWords, setting } from '../questions.js';

const CONNECTED = 'JwtConformanceSigned';
const AS_CLIENT = 'invalid_client: invalid client credentials';
const AS_GRANT = 'invalid_grant: invalid assertion';

/** Signatures that don't match, at both kinds of app, and an app that has no certificate. */
export const signature: Probe = {
  name: 'signature',
  title: 'What a wrong key, a changed payload and an app without certificate are answered',
  needs: [],
  changes:
    'makes the shared app, an app without certificate and, where the org allows it, a Connected App; all are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'wrong key',
      notes: '9.5, 10.3',
      switches: ['signatureMismatch'],
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'invalid client credentials' },
      means: {
        'by-type': 'invalid_client at an External Client App, invalid_grant at a Connected App',
        'invalid_client': 'invalid client credentials, whichever app it is',
        'invalid_assertion': 'invalid assertion, whichever app it is',
        'invalid_client at the External Client App': 'there was no Connected App to compare',
      },
      local: 'by-type',
      read: mismatch,
    },
    {
      name: 'app without certificate',
      notes: '9.5',
      switches: ['appWithoutCertificate'],
      reliesOn: { file: 'src/flows/doctor/checks/app.ts', at: 'grant_type_unsupported' },
      means: {
        unsupported_grant_type: 'the flow is off for the app',
        signature_mismatch: 'the same words as for a wrong key',
      },
      local: 'unsupported_grant_type',
      read: (answers) => {
        const words = answers.grant('no certificate');
        if (words?.startsWith('unsupported_grant_type')) return named('unsupported_grant_type');
        return words === AS_CLIENT || words === AS_GRANT
          ? named('signature_mismatch')
          : words === undefined
            ? undefined
            : { answer: words };
      },
    },
    grantWords({ name: 'changed payload', notes: '9.5', label: 'changed payload', local: AS_CLIENT }),
    grantWords({ name: 'not a JWT', notes: '9.5', label: 'not a JWT', local: AS_GRANT }),
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const other = await rsaKey('other');
    const login = { ...(await run.sharedApp()), username: admin.username };
    await run.login('wrong key', { ...login, key: other });
    await run.login('changed payload', { ...login, tamper: (assertion) => withOtherSubject(assertion) });
    await run.login('not a JWT', { ...login, tamper: () => 'this-is.no-jwt' });
    const bare = await run.app('app without certificate', 'Bare', { certificate: 'none' });
    if (bare !== undefined) {
      await run.letIn('app without certificate', bare.name, admin);
      await run.login('no certificate', { ...bare, username: admin.username });
    }
    const clientId = newClientId();
    const certificate = await run.certificate(await rsaKey('probe'));
    const made = await run.install('Connected App', [connectedApp(CONNECTED, { certificate, consumerKey: clientId })]);
    if (made.success) await run.login('wrong key, Connected App', { ...login, clientId, key: other });
  },
};

const named = (answer: string): Reading => setting(answer, 'appWithoutCertificate', answer);

function withOtherSubject(assertion: string): string {
  const [header = '', payload = '', end = ''] = assertion.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...claims, nbf: 1 })).toString('base64url');
  return `${header}.${changed}.${end}`;
}

function mismatch(answers: Answers): Reading | undefined {
  const app = answers.grant('wrong key');
  const connected = answers.grant('wrong key, Connected App');
  if (app === AS_GRANT) return setting('invalid_assertion', 'signatureMismatch', 'invalid_assertion');
  if (app !== AS_CLIENT) return app === undefined ? undefined : { answer: app };
  if (connected === AS_GRANT) return setting('by-type', 'signatureMismatch', 'by-type');
  if (connected === AS_CLIENT) return setting('invalid_client', 'signatureMismatch', 'invalid_client');
  return { answer: 'invalid_client at the External Client App', undecided: true };
}
