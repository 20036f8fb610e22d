import { keepKeyMaterial, keepSecret, withoutSecrets } from '../../keys/secrets.js';

/** Every variable of this plugin: most hold a key or a passphrase. */
const OURS = /^SF_JWT_/;
/** How the CLI's debug log shows its variables, one a line. */
const OURS_IN_LOG = /\b(SF_JWT_\w+)(\s*[:=]\s?).*/g;

/** The part of `sf doctor` that writes what a command printed to files. */
export type CommandLog = Partial<
  Record<'writeStdout' | 'writeStderr', (contents: string) => Promise<boolean>> &
    Record<'closeStdout' | 'closeStderr', () => void>
>;

/** As much of the doctor of `sf doctor` (package `@salesforce/plugin-info`) as this plugin uses. */
export type SfDoctor = CommandLog & {
  addSuggestion: (suggestion: string) => void;
  addPluginData: (plugin: string, data: object) => void;
  getDiagnosis: () => { sfEnvVars?: Array<[name: string, value: string | undefined]> };
};

/** As `sf` itself writes it. */
const REDACTED = '[REDACTED]';

const redactedDoctors = new WeakSet<SfDoctor>();

/**
 * Takes our secrets from all that `sf doctor` collects: its list of variables, and the output of the command that it runs.
 * It changes nothing else, and once is enough.
 */
export function redactDoctor(doctor: SfDoctor, environment: NodeJS.ProcessEnv): void {
  if (redactedDoctors.has(doctor)) return;
  redactedDoctors.add(doctor);
  redactCommandLog(doctor, environment, REDACTED);
  for (const variable of doctor.getDiagnosis().sfEnvVars ?? []) if (OURS.test(variable[0])) variable[1] = REDACTED;
}

/**
 * From here on, `sf doctor --command` writes no secret to the files of the command's output. The CLI logs all its variables
 * as soon as the command starts, so this is called before anything is loaded that takes time.
 */
export function redactCommandLog(doctor: CommandLog, environment: NodeJS.ProcessEnv, mask: string): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!OURS.test(name)) continue;
    keepSecret(value);
    keepKeyMaterial(value);
    for (const line of value.split(/[\r\n]+/)) if (!/-----(BEGIN|END) /.test(line)) keepSecret(line);
  }
  redact(doctor, 'writeStdout', 'closeStdout', mask);
  redact(doctor, 'writeStderr', 'closeStderr', mask);
}

/** What comes in pieces is looked at by whole lines; a line without an end is written when the file is closed. */
function redact(
  doctor: CommandLog,
  write: 'writeStdout' | 'writeStderr',
  close: 'closeStdout' | 'closeStderr',
  mask: string,
): void {
  const [writeOn, closeNow] = [doctor[write]?.bind(doctor), doctor[close]?.bind(doctor)];
  if (writeOn === undefined || closeNow === undefined) return;
  let rest = '';
  const redacted = (text: string): string => withoutSecrets(text).replace(OURS_IN_LOG, `$1$2${mask}`);
  doctor[write] = (contents) => {
    const text = rest + contents;
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    return end === 0 ? Promise.resolve(true) : writeOn(redacted(text.slice(0, end)));
  };
  doctor[close] = () => {
    if (rest !== '') void writeOn(redacted(rest));
    rest = '';
    closeNow();
  };
}
