import { sourceOf, type PluginSource, type RunningPlugin } from '../../machine/plugin-source.js';

/** The version of the CLI that this plugin's tests run in, for a plugin that runs without one. */
export const TESTED_CLI = '2.150.6';

const [PLUGIN, CLI] = ['sf-plugin-jwt', '@salesforce/cli'];

/** What oclif knows of the program that runs: itself, and its plugins by name. */
export type RunningProgram = { name: string; version: string; root: string; plugins: Map<string, RunningPlugin> };

/** What a pipeline installs: the CLI and the plugin that run, or the CLI that was tested where none runs. */
export function runningVersions({ name, version, root, plugins }: RunningProgram): {
  cliVersion: string;
  plugin: PluginSource;
} {
  const plugin = plugins.get(PLUGIN) ?? { name: PLUGIN, root, type: 'core' };
  return { cliVersion: name === CLI ? version : TESTED_CLI, plugin: sourceOf(plugin) };
}
