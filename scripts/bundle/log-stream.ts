/**
 * Where the log of core goes in the packed plugin. Core has a worker write it, which starts with the first logger and has to
 * end before the command may, though by default there's nothing to write. Here a line is written when there is one, by
 * the command itself, into the same file or to the same stream as core would write it.
 */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** As core asks pino for it: what filters, and what writes. */
export type LogTransport = {
  pipeline: [
    filter: object,
    writer:
      | { target: 'pino/file'; options: { destination: string } }
      | { target: 'pino-pretty'; options: { destination: number; colorize: boolean } },
  ];
};

type LogRecord = Record<string, unknown>;

/**
 * @param withoutSecrets core's own filter
 * @param pretty makes the text for a person, where `DEBUG` is set
 * @returns what pino gives its lines to
 */
export function logStream(
  { pipeline: [, writer] }: LogTransport,
  withoutSecrets: (record: LogRecord) => LogRecord,
  pretty: (options: object) => (record: LogRecord) => string,
  environment: NodeJS.ProcessEnv,
): { write: (line: string) => void } {
  let write: ((record: LogRecord) => void) | undefined;
  const open = (): ((record: LogRecord) => void) => {
    if (writer.target === 'pino-pretty') {
      const { destination, ...options } = writer.options;
      const text = pretty(options);
      return (record) => writeSync(destination, text(record));
    }
    mkdirSync(dirname(writer.options.destination), { recursive: true });
    const file = openSync(writer.options.destination, 'a');
    return (record) => writeSync(file, `${JSON.stringify(record)}\n`);
  };
  return {
    write: (line) => {
      const record = JSON.parse(line) as LogRecord;
      if (!isWanted(record, environment['DEBUG'])) return;
      try {
        write ??= open();
        write(withoutSecrets(record));
      } catch {
        // A command does what it's asked for where its log can't be written, too.
        write = () => undefined;
      }
    },
  };
}

/** `DEBUG` names loggers, as core reads it. */
function isWanted({ name }: LogRecord, debug: string | undefined): boolean {
  if (debug === undefined || debug === '' || debug === '*' || typeof name !== 'string') return true;
  return new RegExp(debug.replaceAll('*', '.*')).test(name);
}
