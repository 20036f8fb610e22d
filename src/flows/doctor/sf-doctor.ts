import { redactDoctor, type SfDoctor } from './command-log.js';

/**
 * The part of `sf doctor` that this plugin plays: it looks at the stored JWT logins, and takes our secrets from all that
 * the doctor writes: its list of variables, and the output of the command that it runs. It changes nothing else.
 *
 * @see https://github.com/salesforcecli/plugin-info/wiki, hook `sf-doctor-<plugin>`
 */
export default async function joinDoctor({ doctor }: { doctor: SfDoctor }): Promise<void> {
  redactDoctor(doctor, process.env);
  const { checkStoredLogins } = await import('./stored-logins-check.js');
  await checkStoredLogins(doctor);
}
