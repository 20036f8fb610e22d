/** The environment variable that `grant` reads the key from, and the usual name of the CI's secret. */
export const KEY_VARIABLE = 'SF_JWT_KEY';

/** One step: its name and its commands, each of which ends the step if it fails. */
export type Step = {
  name: string;
  commands: string[];
  /** Key of what is said above it. */
  note?: string;
  /** The secrets that it needs: names of variables, and of the CI's secrets. */
  secrets?: Record<string, string>;
  /** Variables of the CI that it needs, which are no secrets. */
  variables?: string[];
  /** An action of GitHub's in the place of commands. */
  action?: { uses: string; with: Record<string, string | boolean> };
  /** The variable of GitLab's that holds the job's token, and what the token is for. */
  idToken?: { name: string; audience: string };
  /** The service connection of Azure Pipelines that it runs with, and whether it needs the token of that. */
  connection?: { name: string; token: boolean };
};
