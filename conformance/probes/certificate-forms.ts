import type { Answers } from '../answers.js';
import { globalSettings } from '../apps.js';
import { rsaKey } from '../keys.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

const FORMS = ['PEM', 'CRLF', 'base64', 'base64 of PEM'] as const;
const SWITCH = 'certificateReadback';

/** The same certificate in each form that somebody is known to have sent, and a chain. */
export const certificateForms: Probe = {
  name: 'certificate-forms',
  title: 'In which forms `certificate` is taken, and in which it comes back',
  needs: [],
  changes: 'makes an app and changes its certificate some times; it is removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'forms that are taken',
      notes: '10.3',
      reliesOn: { file: 'src/salesforce/app/certificate-field.ts', at: 'certificate' },
      means: { 'PEM, CRLF, base64, base64 of PEM': 'all of them' },
      local: 'PEM, CRLF, base64, base64 of PEM',
      read: (answers) => {
        const taken = FORMS.filter((form) => answers.deployed(form)?.success === true);
        return answers.deployed('PEM') === undefined ? undefined : { answer: taken.join(', ') };
      },
    },
    {
      name: 'form that comes back',
      notes: '9.3, 10.3',
      switches: [SWITCH],
      reliesOn: { file: 'src/salesforce/app/certificate-field.ts', at: 'certificate' },
      means: {
        'as-sent': 'the form in which it was sent',
        'pem': 'PEM, whatever was sent',
        'base64': 'base64 without BEGIN and END, whatever was sent',
        'base64-of-pem': 'base64 of the PEM text, whatever was sent',
        'omitted': 'the element is missing',
      },
      local: 'as-sent',
      read: comesBack,
    },
    {
      name: 'a chain',
      notes: '9.7',
      switches: ['certificateChain'],
      means: { 'refused': 'one certificate only', 'first-taken': 'the deployment succeeds' },
      local: 'refused',
      read: (answers) => {
        const end = answers.deployed('chain');
        if (end === undefined) return undefined;
        const answer = end.success ? 'first-taken' : 'refused';
        return setting(answer, 'certificateChain', answer);
      },
    },
  ],
  ask: async (run) => {
    const key = await rsaKey('probe');
    const pem = await run.certificate(key);
    const app = await run.app('app', 'Forms', { certificate: pem });
    if (app === undefined) return;
    const issuer = await run.certificate(await rsaKey('other'));
    const texts: Record<(typeof FORMS)[number] | 'chain', string> = {
      'PEM': pem,
      'CRLF': pem.replaceAll('\n', '\r\n'),
      'base64': pem.replaceAll(/-----(BEGIN|END) CERTIFICATE-----\n/g, ''),
      'base64 of PEM': Buffer.from(pem).toString('base64'),
      'chain': pem + issuer,
    };
    for (const [form, certificate] of Object.entries(texts)) {
      const made = await run.install(form, [globalSettings(app.name, { certificate })]);
      if (!made.success) continue;
      await run.read(`${form}: read back`, 'ExtlClntAppGlobalOauthSettings', `${app.name}_glbloauth`);
    }
  },
};

function comesBack(answers: Answers): Reading | undefined {
  const forms = ['PEM', 'base64', 'base64 of PEM'].map((form) => formOf(answers, form));
  const [asPem, asBase64, asBase64OfPem] = forms;
  if (asPem === undefined) return undefined;
  const seen = new Set(forms.filter((form) => form !== undefined));
  if (asPem === 'pem' && seen.size === 1 && asBase64 === undefined) return { answer: 'pem', undecided: true };
  if (asPem === 'pem' && asBase64 === 'base64') return setting('as-sent', SWITCH, 'as-sent');
  if (seen.size === 1) return setting(asPem, SWITCH, asPem);
  return {
    answer: `PEM as ${asPem}, base64 as ${asBase64 ?? 'refused'}, base64 of PEM as ${asBase64OfPem ?? 'refused'}`,
  };
}

function formOf(answers: Answers, form: string): string | undefined {
  if (answers.status(`${form}: read back`) !== 200) return undefined;
  const text = answers.element(`${form}: read back`, 'certificate');
  if (text === undefined) return 'omitted';
  if (text.includes('BEGIN CERTIFICATE')) return 'pem';
  return text.includes('as base64 of PEM') ? 'base64-of-pem' : 'base64';
}
