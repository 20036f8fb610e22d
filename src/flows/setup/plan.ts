import type { Change } from '../../salesforce/app/app.js';
import type { IgnorePlan, PlannedFile } from './files.js';
import type { KeyPlan } from './key-plan.js';
import type { UserStep } from './new-user.js';
import type { SetupRequest } from './request.js';
import type { SecretPlace, SecretStore } from './stores/store.js';
import type { Failure } from '../../failure.js';

/** The secret of the CI: where it goes and by what, or why it has to be set by hand. */
export type SecretPlan = {
  store: SecretStore;
  places: SecretPlace[];
  /** Why the CI's own tool can't do it; then the key is in a file, and a person does. */
  manual: Failure | undefined;
};

/** What will be done, and what of it is done already. */
export type SetupPlan = {
  request: SetupRequest;
  keyPlan: KeyPlan;
  /** What is to be made of the user. */
  user: UserStep[];
  /** In the org, of the app. */
  changes: Change[];
  secret: SecretPlan | undefined;
  file: PlannedFile | undefined;
  ignore: IgnorePlan | undefined;
  /** What the pipeline does without, where the plugin can't be installed there: sentences. */
  loss: string[];
  /** What the pipeline needs besides the key, such as what may write a renewed one: its name, and what it is. */
  others: Array<{ name: string; description: string }>;
  /** Absolute paths of the pair's files, where they will be written. */
  keyFiles: { privateKeyFile: string; certificateFile: string } | undefined;
};

/** Whether a run has nothing left to do. */
export function isDone({ changes, user, keyPlan, secret, file, ignore }: SetupPlan): boolean {
  const setsSecret = keyPlan.setsSecret && secret !== undefined && secret.manual === undefined;
  const writes = file?.status === 'created' || file?.status === 'updated' || ignore !== undefined;
  return changes.length === 0 && user.length === 0 && keyPlan.key.source !== 'new' && !setsSecret && !writes;
}
