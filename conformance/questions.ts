import type { Answers } from './answers.js';
import type { Question, Reading } from './probe.js';
import type { Json } from './recording.js';

type Words = Omit<Question, 'read' | 'means'> & { label: string; means?: Question['means'] };

/** What the token endpoint says, in its own words, or `granted`. */
export function grantWords({ label, means = {}, ...question }: Words): Question {
  return {
    ...question,
    means: { granted: 'a token was issued', ...means },
    read: (answers) => said(answers.grant(label)),
  };
}

/** What becomes of a deployment: `taken`, or the words of the refusal. */
export function deployWords({ label, means = {}, ...question }: Words): Question {
  return {
    ...question,
    means: { taken: 'the deployment succeeded', ...means },
    read: (answers) => said(deployed(answers, label)),
  };
}

export function deployed(answers: Answers, label: string): string | undefined {
  const end = answers.deployed(label);
  return end && (end.success ? 'taken' : end.problems.join('; '));
}

export function said(answer: string | undefined): Reading | undefined {
  return answer === undefined ? undefined : { answer };
}

/** A reading that tells the setting of one switch. */
export function setting(answer: string, name: string, value: Json): Reading {
  return { answer, settings: { [name]: value } };
}

/** Whether a component was taken or refused at deployment, as a switch with these two settings. */
export function takenOrRefused(answers: Answers, label: string, name: string): Reading | undefined {
  const end = answers.deployed(label);
  if (end === undefined) return undefined;
  return end.success ? setting('accepted', name, 'accepted') : setting('refused', name, 'refused');
}
