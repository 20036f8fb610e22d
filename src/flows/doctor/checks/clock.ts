import type { Facts } from '../facts.js';
import { finding, type Finding } from '../finding.js';

/** Milliseconds by which a clock may be off before it is worth a word; the `Date` header itself has whole seconds. */
const TOLERANCE = 90_000;

/** What sets the clock by the network, by platform. */
const COMMANDS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'sudo sntp -sS time.apple.com',
  win32: 'w32tm /resync',
};

/** An assertion is good for three minutes by the server's clock, so a machine that is behind sends it expired. */
export function checkClock({ clockDifference, login, now, platform }: Facts): Finding[] {
  if (clockDifference === undefined) return [];
  const expired = login.state === 'refused' && login.failure.code === 'assertion_expired';
  if (Math.abs(clockDifference) < TOLERANCE && !expired) return [finding('ok', 'clock_right', {})];
  const values = {
    difference: duration(Math.abs(clockDifference)),
    serverTime: new Date(now + clockDifference).toISOString(),
    command: COMMANDS[platform] ?? 'sudo timedatectl set-ntp true',
  };
  if (clockDifference > 0) return [finding(expired ? 'error' : 'warning', 'clock_behind', values)];
  return Math.abs(clockDifference) < TOLERANCE ? [] : [finding('warning', 'clock_ahead', values)];
}

/** `12:05:09`: hours, minutes, seconds. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}
