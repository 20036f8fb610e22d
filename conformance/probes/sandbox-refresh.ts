import type { Probe } from '../probe.js';

/** A sandbox is refreshed in Setup, and the refresh takes hours or days. */
export const sandboxRefresh: Probe = {
  name: 'sandbox-refresh',
  title: 'What becomes of an External Client App when its sandbox is refreshed',
  needs: [],
  changes: 'nothing',
  readOnly: true,
  limitSeconds: 0,
  questions: [],
  ask: () => Promise.resolve(),
  byHand: 'docs/conformance.md says how',
};
