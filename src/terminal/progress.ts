import { StandardColors } from '@salesforce/sf-plugins-core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { withoutSecrets } from '../keys/secrets.js';
import { Messages } from './messages.js';
import { inLine } from './printable.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'progress');

/**
 * What is going on, step by step, for a person who waits. A step that has ended stays on the terminal with a tick and the time
 * that it took; the one that goes on shows its time, and its limit where it has one.
 */
export type Progress = {
  /**
   * Begins a step, and with that ends the one before it, which leaves nothing behind if it was short. One that goes on
   * already goes on.
   *
   * @param limit milliseconds after which the step is given up
   */
  start: (action: string, limit?: number) => void;
  /** The step has ended well. */
  stop: () => void;
  /** Says more while the step lasts. */
  status: string | undefined;
};

type Step = { action: string; began: number; limit: number | undefined; status: string | undefined };

/** Milliseconds of a step that are worth a word. */
const NOTABLE = 1000;

/** The command's spinner, and silence where nobody watches: a log gets results, not dots. */
export function progressOf({ spinner }: Pick<SfCommand<unknown>, 'spinner'>): Progress {
  if (!process.stderr.isTTY) return { start: () => undefined, stop: () => undefined, status: undefined };
  let step: Step | undefined;
  let clock: NodeJS.Timeout | undefined;
  const show = (): void => {
    if (step !== undefined) spinner.status = [step.status, timeOf(step)].filter(Boolean).join(' ');
  };
  const stop = (): void => {
    clearInterval(clock);
    if (step === undefined) return;
    const took = Date.now() - step.began;
    spinner.stop([StandardColors.success('✔'), took < NOTABLE ? '' : inWords(took)].filter(Boolean).join(' '));
    step = undefined;
  };
  return {
    start: (action, limit) => {
      if (step?.action === action) return;
      if (step !== undefined && Date.now() - step.began >= NOTABLE) stop();
      clearInterval(clock);
      step = { action, began: Date.now(), limit, status: undefined };
      spinner.start(shown(action));
      clock = setInterval(show, NOTABLE).unref();
    },
    stop,
    get status() {
      return step?.status;
    },
    set status(status) {
      if (step === undefined) return;
      step.status = status === undefined ? status : shown(status);
      show();
    },
  };
}

function timeOf({ began, limit }: Step): string {
  const elapsed = Date.now() - began;
  if (elapsed < NOTABLE) return '';
  return limit === undefined
    ? messages.getMessage('time', [inWords(elapsed)])
    : messages.getMessage('time.limited', [inWords(elapsed), inWords(limit)]);
}

/** `41 s`, `2 min`, `2 min 5 s` */
function inWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = { minutes: Math.floor(seconds / 60), seconds: seconds % 60 };
  return [
    ...(parts.minutes > 0 ? [messages.getMessage('minutes', [parts.minutes])] : []),
    ...(parts.seconds > 0 || parts.minutes === 0 ? [messages.getMessage('seconds', [parts.seconds])] : []),
  ].join(' ');
}

const shown = (text: string): string => inLine(withoutSecrets(text));
