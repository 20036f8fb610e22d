import type { Answers } from '../answers.js';
import { globalSettings } from '../apps.js';
import { rsaKey } from '../keys.js';
import type { Probe, Question, Reading } from '../probe.js';

/** How long it takes until what was changed counts: a new app, a new certificate, a new assignment. */
export const propagation: Probe = {
  name: 'propagation',
  title: 'How long a new app, a new certificate and a new assignment take to count, asked every 2 seconds',
  needs: [],
  changes: 'makes an app and an assignment to the admin; both are removed',
  readOnly: false,
  limitSeconds: 2400,
  questions: [
    duration('new app', ['propagationMs']),
    duration('new certificate'),
    duration('new assignment'),
    {
      name: 'answers while a new app is on its way',
      notes: '9.10',
      switches: ['propagationAnswers'],
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'may propagate' },
      means: { none: 'it counted at once' },
      local: 'none',
      read: waiting,
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const app = await run.app('app', 'Propagation');
    if (app === undefined) return;
    const login = { ...app, username: admin.username };
    await run.letIn('app', app.name, admin);
    await run.watch('new app', login);
    const other = await rsaKey('other');
    const certificate = await run.certificate(other);
    await run.install('certificate', [globalSettings(app.name, { certificate })]);
    await run.watch('new certificate', { ...login, key: other });
    const set = await run.idOf('id of the permission set', 'PermissionSet', 'Name', app.name);
    const soql = `SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '${set ?? ''}' AND AssigneeId = '${admin.id}'`;
    const [row] = await run.query('assignment', soql);
    if (typeof row?.['Id'] !== 'string' || set === undefined) return;
    await run.remove('assignment removed', 'PermissionSetAssignment', row['Id']);
    await run.whenRefused('login without the assignment', { ...login, key: other });
    await run.assign('assignment made again', set, admin);
    await run.watch('new assignment', { ...login, key: other });
  },
};

const BEFORE: Readonly<Record<string, string>> = {
  'new app': 'app: end',
  'new certificate': 'certificate: end',
  'new assignment': 'assignment made again',
};

function duration(what: string, switches: string[] = []): Question {
  return {
    name: what,
    notes: '9.10, 10.3',
    ...(switches.length === 0 ? {} : { switches }),
    reliesOn: { file: 'src/salesforce/token/prover.ts', at: 'prov' },
    means: { 'at once': 'the first login works', 'in seconds': 'so many pass' },
    local: 'at once',
    read: (answers) => took(answers, what, switches[0]),
  };
}

function took(answers: Answers, what: string, name: string | undefined): Reading | undefined {
  const [begin, end] = [answers.get(BEFORE[what] ?? '')?.ms, answers.get(`${what}: granted`)?.ms];
  if (begin === undefined || end === undefined) return undefined;
  const waited = answers.labels.some((label) => label.startsWith(`${what}: answer`));
  const ms = waited ? end - begin : 0;
  const answer = waited ? `in ${String(Math.ceil(ms / 1000))} s` : 'at once';
  return name === undefined ? { answer } : { answer, settings: { [name]: ms } };
}

/** Refusals by the names that the local org has for them. */
const REFUSALS: ReadonlyArray<readonly [words: RegExp, name: string]> = [
  [/^invalid_client_id/, 'invalid_client_id'],
  [/^app_not_found/, 'app_not_found'],
  [/hasn't approved/, 'not_approved'],
  [/^invalid_app_acc?ess/, 'invalid_app_access'],
];

function waiting(answers: Answers): Reading | undefined {
  if (answers.get('new app: granted') === undefined) return undefined;
  const words = answers.labels
    .filter((label) => label.startsWith('new app: answer'))
    .map((label) => answers.grant(label) ?? '');
  if (words.length === 0) return { answer: 'none' };
  const named = words.map((text) => REFUSALS.find(([pattern]) => pattern.test(text))?.[1]);
  const known = named.filter((name) => name !== undefined);
  // The assignment is younger than the app, and is told last: that is its own delay, not the app's.
  const ofApp = known.length > 1 && known.at(-1) === 'invalid_app_access' ? known.slice(0, -1) : known;
  return {
    answer: words.join('; '),
    ...(known.length === words.length ? { settings: { propagationAnswers: ofApp } } : {}),
  };
}
