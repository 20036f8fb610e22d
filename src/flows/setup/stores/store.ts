import type { RunProgram } from '../../../machine/program.js';
import type { Fetch } from '../../../salesforce/token/endpoint.js';

/** One of the places in which a CI keeps a secret, and whether it's there. */
export type SecretPlace = {
  /** As the plan names it, such as `Actions` */
  name: string;
  exists: boolean;
  /** The tool gave no list at all, as older ones do where it's empty; then the record of an earlier run counts. */
  unsaid?: boolean;
  /** ISO 8601; undefined where the CI doesn't say. */
  updatedAt?: string | undefined;
  /** By what the CI's API knows the secret, where that isn't its name */
  id?: string;
};

/** A secret that a CI keeps: its own tool or API reads whether it's there, and sets it. */
export type SecretStore = {
  /** Where, as the plan says it, such as `acme/app` */
  where: string;
  /** What sets it, such as `gh` */
  tool: string;
  /**
   * Finds out that the tool is there and logged in, and where the secret is already. Changes nothing.
   *
   * @throws Failure `ci_tool_missing`, `ci_tool_not_logged_in`, `ci_tool_refused`
   */
  find: () => Promise<SecretPlace[]>;
  /**
   * Sets the secret in one place. The value never is an argument of a program.
   *
   * @throws Failure `ci_tool_refused`
   */
  set: (value: string, place: SecretPlace) => Promise<void>;
  /**
   * The lines that do the same by hand.
   *
   * @param printKey the command that prints the key in PEM
   */
  byHand: (printKey: string) => string[];
};

export type StoreDependencies = {
  run: RunProgram;
  fetch: Fetch;
  environment: NodeJS.ProcessEnv;
  /** Milliseconds until one request is given up */
  timeout: number;
};

export type StoreRequest = {
  /** Empty where the CI needs none */
  repository: string;
  secretName: string;
  /** Whether Dependabot gets it too, for GitHub. */
  dependabot: boolean;
};

/** Most CIs keep or mask a secret of one line only. */
export const IN_ONE_LINE = "base64 | tr -d '\\n'";
