import { externalClientApp, oauthPolicy, permissionSet, PREFIX } from '../apps.js';
import { rsaKey } from '../keys.js';
import type { Probe, Reading } from '../probe.js';
import type { Answers } from '../answers.js';
import { deployWords, setting } from '../questions.js';

const TYPE = 'ExtlClntAppOauthConfigurablePolicies';
const SET = 'JwtConformancePolicies';

/** A new app whole and in steps, with the policy names of Setup and of a deployment. */
export const policyNames: Probe = {
  name: 'policy-names',
  title: 'Which name an OAuth policy may have, and which policies the server makes by itself',
  needs: [],
  changes: 'makes three apps and a permission set; all are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'a name of its own, in the package of the new app',
      notes: '10.3',
      switches: ['defaultPolicyTiming'],
      reliesOn: { file: 'src/salesforce/app/external-client-app.ts', at: '_oauthPlcy' },
      means: {
        'after-package': 'the server makes its own only when the package brings none',
        'with-settings': 'the server has made its own by then, and a second one is refused',
      },
      local: 'after-package',
      read: (answers) => {
        const end = answers.deployed("whole, Setup's name");
        if (end === undefined) return undefined;
        if (end.success) return setting('after-package', 'defaultPolicyTiming', 'after-package');
        const duplicate = end.problems.some((problem) => problem.includes('duplicate value'));
        return duplicate
          ? setting('with-settings', 'defaultPolicyTiming', 'with-settings')
          : { answer: end.problems.join('; ') };
      },
    },
    deployWords({
      name: "the server's name, in the package of the new app",
      notes: '10.3',
      label: "whole, the server's name",
      local: 'taken',
    }),
    {
      name: 'what the server makes for an app without policies',
      notes: '10.3',
      means: { 'both policies': '<OAuth settings>_defaultPolicy and <app>_defaultPolicy' },
      local: 'both policies',
      read: made,
    },
    deployWords({
      name: "Setup's name, after the server made its own",
      notes: '10.3',
      label: "in steps, Setup's name",
      local: `duplicate value found: ExternalClientApplicationId duplicates value on ${PREFIX}Steps_oauth_defaultPolicy`,
    }),
  ],
  ask: async (run) => {
    const certificate = await run.certificate(await rsaKey('probe'));
    const policy = { permissionSet: SET };
    const whole = async (label: string, name: string, policyName: string): Promise<void> => {
      const options = { ...policy, certificate, policyName };
      await run.install(label, [permissionSet(SET), ...externalClientApp(name, options)]);
    };
    await whole("whole, Setup's name", `${PREFIX}Whole`, `${PREFIX}Whole_oauthPlcy`);
    await whole("whole, the server's name", `${PREFIX}Named`, `${PREFIX}Named_oauth_defaultPolicy`);
    const steps = `${PREFIX}Steps`;
    await run.install('in steps, no policy', externalClientApp(steps, { certificate, policyName: 'none' }));
    await run.read('OAuth policy that the server made', TYPE, `${steps}_oauth_defaultPolicy`);
    await run.read('policy that the server made', 'ExtlClntAppConfigurablePolicies', `${steps}_defaultPolicy`);
    await run.install("in steps, Setup's name", [oauthPolicy(steps, { ...policy, policyName: `${steps}_oauthPlcy` })]);
  },
};

function made(answers: Answers): Reading | undefined {
  if (answers.deployed('in steps, no policy')?.success !== true) return undefined;
  const has = (label: string): boolean => (answers.element(label, 'fullName') ?? '') !== '';
  const [oauth, general] = [has('OAuth policy that the server made'), has('policy that the server made')];
  if (oauth && general) return { answer: 'both policies' };
  if (oauth) return { answer: 'the OAuth policy' };
  return { answer: general ? 'the general policy' : 'none of these names' };
}
