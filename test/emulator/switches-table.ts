import { EVIDENCE } from './evidence.js';
import { DEFAULT_SWITCHES, type Switches } from './switches.js';

const HEAD = ['Switch', 'Setting', 'Stands on', 'Observation'] as const;

/**
 * The switches in four columns: name, setting, on what its default stands, what was observed. A setting that a recording
 * settled stands on that.
 *
 * @param settled what a recording says, to be shown in the place of the defaults
 * @param recording the name of that recording
 */
export function switchesTable(settled: Partial<Switches> = {}, recording = ''): string {
  const rows = switchNames().map((name) => {
    const { stands, observation } = EVIDENCE[name];
    if (!(name in settled)) return [name, settingText(DEFAULT_SWITCHES[name]), stands, observation];
    const otherwise = `by default ${settingText(DEFAULT_SWITCHES[name])}`;
    return [name, settingText(settled[name]), 'this recording', `${recording}; ${otherwise}`];
  });
  const lines = [HEAD, HEAD.map((title) => '-'.repeat(title.length)), ...rows];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export const switchNames = (): (keyof Switches)[] => Object.keys(DEFAULT_SWITCHES) as (keyof Switches)[];

/** As it is written in a table: words bare, the rest as JSON. */
export function settingText(setting: Switches[keyof Switches] | undefined): string {
  if (Array.isArray(setting)) return setting.join(', ');
  return typeof setting === 'string' ? setting : JSON.stringify(setting);
}
