/**
 * What a signal ends a command with: the exit code that a shell gives to a process that a signal killed, and no trace. sf's own
 * class of commands throws out of its listener instead, which Node.js reports as a crash.
 */
const SIGNALS = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143, SIGBREAK: 149 } as const;

type LastWords = () => string;

let lastWords: LastWords | undefined;
let listening = false;

/** Ends this process cleanly when a signal comes. `say` writes a line to the terminal. */
export function endOnSignals(say: (words: string) => void): void {
  if (listening) return;
  listening = true;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.prependListener(signal as NodeJS.Signals, () => {
      // Below the terminal's own ^C.
      say(`\n${lastWordsNow()}`);
      process.exit(code);
    });
  }
}

/**
 * What is said when a signal ends the command from now on; undefined: nothing.
 *
 * @param words a sentence for a person, such as what goes on in the org all the same
 */
export function onSignal(words: LastWords | undefined): void {
  lastWords = words;
}

/** What would be said if the command ended now; may be empty. */
export function lastWordsNow(): string {
  return lastWords?.() ?? '';
}
