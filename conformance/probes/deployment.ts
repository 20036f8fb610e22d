import { type Answers, memberOf } from '../answers.js';
import { permissionSet } from '../apps.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

const PARTS = [permissionSet('JwtConformanceDeployment')];
const FINALIZING = ['FinalizingDeploy', 'Finalizing'] as const;

/** A small deployment over REST: its test level, the words for its end, and the types of its numbers. */
export const deployment: Probe = {
  name: 'deployment',
  title: 'A REST deployment with and without a test level: what is refused, its statuses, numbers or texts',
  needs: [],
  changes: 'deploys a permission set, which is removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'test level in production',
      notes: '9.16, 10.3',
      switches: ['productionTests'],
      reliesOn: { file: 'src/salesforce/app/deployment.ts', at: 'deploy' },
      means: {
        'required': 'NoTestRun is refused, none is taken',
        'level-required': 'none is refused',
        'fail': "the org's tests run, and fail",
        'pass': 'both are taken',
      },
      read: productionTests,
    },
    {
      name: 'status before the end',
      notes: '9.12',
      switches: ['finalizing'],
      reliesOn: { file: 'src/salesforce/app/deployment.ts', at: 'status' },
      means: {
        Finalizing: 'as the WSDL spells it',
        FinalizingDeploy: 'as the guide spells it',
        none: 'it was not seen',
      },
      local: 'none',
      read: (answers) => {
        if (answers.deployed('without level') === undefined) return undefined;
        const seen = FINALIZING.find((status) => answers.get(`without level: ${status}`) !== undefined);
        const answer = seen ?? 'none';
        return setting(answer, 'finalizing', answer);
      },
    },
    {
      name: 'numberFiles',
      notes: '9.12',
      means: { string: 'text that holds a number', number: 'a number' },
      local: 'string',
      read: (answers) => {
        const value = memberOf(answers.member('without level: end', 'deployResult'), 'numberFiles');
        return value === undefined ? undefined : { answer: typeof value };
      },
    },
    {
      name: 'query of DeployRequest',
      notes: '9.12',
      switches: ['deploymentsQueryable'],
      means: { yes: 'an admin may', no: 'nobody may' },
      local: 'yes',
      read: (answers) => {
        const status = answers.status('deployments');
        if (status === undefined) return undefined;
        return status === 200
          ? setting('yes', 'deploymentsQueryable', true)
          : setting('no', 'deploymentsQueryable', false);
      },
    },
  ],
  ask: async (run) => {
    const label = run.circumstances.kind === 'production' ? ', production' : '';
    await run.install('without level', PARTS);
    await run.install(`NoTestRun${label}`, PARTS, { testLevel: 'NoTestRun', checkOnly: true });
    await run.query('deployments', 'SELECT Status, CheckOnly FROM DeployRequest LIMIT 1', { tooling: true });
  },
};

function productionTests(answers: Answers): Reading | undefined {
  const [without, noTests] = [answers.deployed('without level'), answers.deployed('NoTestRun, production')];
  if (without === undefined || noTests === undefined) return undefined;
  const named = (value: string): Reading => setting(value, 'productionTests', value);
  if (answers.status('without level') !== 201) return named('level-required');
  const failures = memberOf(answers.member('without level: end', 'deployResult'), 'numberTestErrors');
  if (typeof failures === 'number' && failures > 0) return named('fail');
  return named(noTests.success ? 'pass' : 'required');
}
