import type { Answers } from './answers.js';
import type { ProbeRun } from './probe-run.js';
import type { Json } from './recording.js';

/**
 * What a probe can't do without, besides an admin. `user` and `integration-user` are named by the caller; the login hosts
 * are Salesforce's, or those that stand for them beside a local org.
 */
export type Need = 'user' | 'integration-user' | 'login-hosts' | 'dev-hub';

/** One small experiment at an org: its requests, what it changes, and how its answers are to be read. */
export interface Probe {
  /** File name without `.ts`. */
  name: string;
  /** What it asks, one line. */
  title: string;
  needs: readonly Need[];
  /** What it makes or changes in the org, and how that is taken back. */
  changes: string;
  /** It creates and changes nothing; a deployment that is only checked counts as nothing. */
  readOnly: boolean;
  /** The probe is given up after so many seconds at a real org. */
  limitSeconds: number;
  questions: readonly Question[];
  /** Sends the requests. What they mean is left to the questions. */
  ask: (run: ProbeRun) => Promise<void>;
  /** It can't be done by a program: what a person does instead. Such a probe has no requests. */
  byHand?: string;
}

/** What one probe settles. */
export interface Question {
  name: string;
  /** Number in the project's notes about the platform: section 9 has what was unknown, 10 what was learnt since. */
  notes: string;
  /** Switches of the local org whose setting the answer tells. */
  switches?: readonly string[];
  /** Who relies on it in the plugin: a file, and a text in it. */
  reliesOn?: { file: string; at: string };
  /** What each answer means; an answer that isn't here is the server's own words. */
  means: Readonly<Record<string, string>>;
  /** The answer of the local org as it is by default; none where that depends on what sort of org it is. */
  local?: string;
  /** From the recorded answers to the name of the answer. Undefined: this run can't tell. */
  read: (answers: Answers) => Reading | undefined;
}

export interface Reading {
  answer: string;
  /** Settings of the local org's switches that answer so. */
  settings?: Record<string, Json>;
  /** More than one setting of the local org would answer so: neither agreement nor difference. */
  undecided?: boolean;
}
