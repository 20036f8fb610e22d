import { type CertificateOptions, ecKey, type KeyPair, rsaKey } from '../keys.js';
import type { Probe, Question } from '../probe.js';
import type { App } from '../probe-run.js';
import { deployed, grantWords, said, setting, takenOrRefused } from '../questions.js';

interface Kind {
  label: string;
  app: string;
  key: () => Promise<KeyPair>;
  options?: CertificateOptions;
}

const usual = (): Promise<KeyPair> => rsaKey('probe');

const KINDS: readonly Kind[] = [
  { label: 'EC', app: 'CertEc', key: () => ecKey('probe') },
  { label: '1024 bits', app: 'Cert1024', key: () => rsaKey('probe', 1024) },
  { label: '8192 bits', app: 'Cert8192', key: () => rsaKey('probe', 8192) },
  { label: 'expired', app: 'CertExpired', key: usual, options: { from: -60, until: -30 } },
  { label: 'future', app: 'CertFuture', key: usual, options: { from: 30, until: 60 } },
  { label: '5 KB', app: 'CertLong', key: usual, options: { filling: 3600 } },
  { label: 'SHA-1', app: 'CertSha1', key: usual, options: { hash: 'SHA-1' } },
];

/** Certificates that are out of the ordinary: first whether they can be deployed, then whether one can log in. */
export const certificates: Probe = {
  name: 'certificates',
  title: 'Which unusual certificates are taken, and which of those log in',
  needs: [],
  changes: 'makes an app for each certificate that is taken; all are removed',
  readOnly: false,
  limitSeconds: 1800,
  questions: [
    {
      name: 'garbage',
      notes: '9.7',
      means: { taken: 'nobody looks at it before a login' },
      local: 'The certificate is invalid. Enter a valid PEM-encoded X.509 certificate.',
      read: (answers) => said(deployed(answers, 'garbage')),
    },
    takenQuestion('EC', 'ecCertificate'),
    takenQuestion('expired', 'expiredCertificate'),
    {
      name: '5 KB',
      notes: '9.7',
      switches: ['certificateMaxBytes'],
      reliesOn: { file: 'src/keys/credential/certificate.ts', at: 'LARGEST_CERTIFICATE' },
      means: { refused: 'the limit of 4 KB holds here too', accepted: 'it doesn’t' },
      local: 'refused',
      read: (answers) => {
        const end = answers.deployed('5 KB');
        if (end === undefined) return undefined;
        return end.success
          ? setting('accepted', 'certificateMaxBytes', 65_536)
          : setting('refused', 'certificateMaxBytes', 4096);
      },
    },
    ...['1024 bits', '8192 bits', 'future', 'SHA-1'].map((label): Question => {
      const means = { taken: 'it can be deployed' };
      return { name: label, notes: '9.7', means, local: 'taken', read: (answers) => said(deployed(answers, label)) };
    }),
    {
      name: 'login with an expired one',
      notes: '9.7',
      switches: ['expiredCertificateGrant'],
      reliesOn: { file: 'src/flows/doctor/checks/certificate.ts', at: 'expired' },
      means: { accepted: 'the end of its validity is not looked at', refused: 'it is' },
      local: 'accepted',
      read: (answers) => {
        const words = answers.grant('login: expired');
        if (words === undefined) return undefined;
        const answer = words === 'granted' ? 'accepted' : 'refused';
        return setting(answer, 'expiredCertificateGrant', answer);
      },
    },
    loginQuestion('EC', 'invalid_client: invalid client credentials'),
    ...['1024 bits', '8192 bits', 'future', 'SHA-1'].map((label) => loginQuestion(label, 'granted')),
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    await run.app('garbage', 'CertGarbage', { certificate: 'no certificate at all' });
    const made: Array<readonly [string, App]> = [];
    for (const { label, app: name, key, options } of KINDS) {
      const pair = await key();
      const app = await run.app(label, name, { key: pair, certificate: await run.certificate(pair, options) });
      if (app === undefined) continue;
      await run.letIn(label, app.name, admin);
      made.push([label, app]);
    }
    // One after the other: those that wait have waited for the ones before them too.
    for (const [label, app] of made) {
      const header = label === 'EC' ? { alg: 'ES256' } : {};
      await run.whenSettled(`login: ${label}`, { ...app, username: admin.username, header });
    }
  },
};

function takenQuestion(label: string, name: string): Question {
  return {
    name: label,
    notes: '9.7',
    switches: [name],
    means: { accepted: 'it can be deployed', refused: 'it cannot' },
    local: 'accepted',
    read: (answers) => takenOrRefused(answers, label, name),
  };
}

function loginQuestion(label: string, local: string): Question {
  return grantWords({ name: `login with ${label}`, notes: '9.7', label: `login: ${label}`, local });
}
