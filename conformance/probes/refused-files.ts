import { component, CONTACT_EMAIL, externalClientApp } from '../apps.js';
import type { Component } from '../metadata.js';
import type { Probe } from '../probe.js';
import { deployWords, setting } from '../questions.js';

const NAME = 'JwtConformanceChecked';
const HEADER = 'ExternalClientApplication';

const header = (changes: Record<string, string>): Component => {
  const elements = { contactEmail: CONTACT_EMAIL, distributionState: 'Local', label: NAME, ...changes };
  return component(HEADER, NAME, elements);
};

/** Files with a mistake, in deployments that are only checked. */
export const refusedFiles: Probe = {
  name: 'refused-files',
  title: 'What an invented element, a missing label and a wrong mail address are answered (check-only)',
  needs: [],
  changes: 'nothing: its deployments are only checked, and appear in Deployment Status',
  readOnly: true,
  limitSeconds: 600,
  questions: [
    deployWords({
      name: 'an invented element',
      notes: '9.20',
      label: 'invented element',
      local:
        'Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}inventedByNobody invalid at this location ' +
        `in type ${HEADER}`,
    }),
    {
      name: 'a header without label',
      notes: '9.7',
      switches: ['labelRequired'],
      means: { refused: 'the label has to be there', taken: 'it may be missing' },
      local: 'refused',
      read: (answers) => {
        const end = answers.deployed('no label');
        if (end === undefined) return undefined;
        return end.success ? setting('taken', 'labelRequired', false) : setting('refused', 'labelRequired', true);
      },
    },
    {
      name: 'a contact address that is none',
      notes: '9.7',
      switches: ['contactEmail'],
      reliesOn: { file: 'src/failure.ts', at: 'contact' },
      means: { checked: 'it is refused', taken: 'nobody looks at it' },
      local: 'checked',
      read: (answers) => {
        const end = answers.deployed('no mail address');
        if (end === undefined) return undefined;
        return end.success ? setting('taken', 'contactEmail', 'taken') : setting('checked', 'contactEmail', 'checked');
      },
    },
    deployWords({ name: 'the same files without a mistake', notes: '9.7', label: 'no mistake', local: 'taken' }),
  ],
  ask: async (run) => {
    const checkOnly = { checkOnly: true };
    const { elements } = header({});
    const unlabelled = Object.fromEntries(Object.entries(elements).filter(([name]) => name !== 'label'));
    await run.install('invented element', [header({ inventedByNobody: 'true' })], checkOnly);
    await run.install('no label', [component(HEADER, NAME, unlabelled)], checkOnly);
    await run.install('no mail address', [header({ contactEmail: 'no mail address' })], checkOnly);
    await run.install('no mistake', externalClientApp(NAME, { policyName: 'none' }), checkOnly);
  },
};
