/** The style of the page: for a screen, light and dark, and for paper. Colors of texts have a contrast of 4.5 and more (WCAG AA). */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --quiet: #575f68; --line: #d4d9de; --code: #f3f5f7;
  --ok: #1e6b41; --warning: #8a5200; --error: #b3261e; --unknown: #575f68; --notBegun: #575f68;
  --within30: #ffd4cc; --within90: #fff0c4; --today: #1f5fbf; --button: #eef1f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --text: #e7eaee; --quiet: #aab2bb; --line: #3a4149; --code: #20252b;
    --ok: #6fd39b; --warning: #f2b84b; --error: #ff8f85; --unknown: #aab2bb; --notBegun: #aab2bb;
    --within30: #57312d; --within90: #4a3f1f; --today: #7fb0ff; --button: #2a3037;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 0.9375rem/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
header p { margin: 0.35rem 0; color: var(--quiet); }
code { font: 0.8125rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.counts { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 0.75rem 0; padding: 0; font-weight: 600; }
.ok { color: var(--ok); } .warning { color: var(--warning); } .error { color: var(--error); }
.unknown { color: var(--unknown); } .notBegun { color: var(--notBegun); }
.symbol { display: inline-block; width: 1.1em; text-align: center; font-weight: 700; }
#controls { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.25rem; margin: 1rem 0 0.5rem; }
#controls[hidden] { display: none; }
#controls fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; }
#controls legend { float: left; padding: 0 0.75rem 0 0; }
input[type="search"] { font: inherit; padding: 0.25rem 0.5rem; color: inherit; background: var(--page);
  border: 1px solid var(--quiet); border-radius: 4px; }
#shown { color: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.5rem; margin: 0.5rem 0; color: var(--quiet); font-size: 0.8125rem; }
.legend i { display: inline-block; width: 1.2em; height: 0.9em; margin-left: 0.5rem; }
.legend .today { width: 0; border-left: 2px solid var(--today); }
.legend .within30 { background: var(--within30); } .legend .within90 { background: var(--within90); }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--today); }
table { border-collapse: collapse; width: 100%; min-width: 56rem; }
caption { text-align: left; color: var(--quiet); padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.6rem; border-bottom: 1px solid var(--line); }
thead th { border-bottom-width: 2px; white-space: nowrap; }
th button { font: inherit; font-weight: 700; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort="ascending"] button::after { content: " \\2191"; } th[aria-sort="descending"] button::after { content: " \\2193"; }
td.state { white-space: nowrap; font-weight: 600; }
th.org { font-weight: 400; overflow-wrap: anywhere; min-width: 15rem; }
th.org span, td.ends span + span { display: block; color: var(--quiet); font-size: 0.8125rem; }
td.ends { white-space: nowrap; }
.timeLine { width: 24%; min-width: 15rem; }
.next { min-width: 18rem; overflow-wrap: anywhere; }
.next p { margin: 0 0 0.25rem; } .next ul { margin: 0.25rem 0; padding: 0; list-style: none; color: var(--text); }
.next li { color: var(--text); } .next li .symbol { color: inherit; }
.next li.error .symbol { color: var(--error); } .next li.warning .symbol { color: var(--warning); } .next li.ok .symbol { color: var(--ok); }
.command, .fix { display: block; white-space: pre-wrap; background: var(--code); border-radius: 4px; padding: 0.3rem 0.5rem; margin: 0.15rem 0; }
summary { cursor: pointer; color: var(--quiet); }
button.copy { font: inherit; font-size: 0.75rem; color: inherit; background: var(--button); border: 1px solid var(--quiet);
  border-radius: 4px; padding: 0.1rem 0.5rem; margin: 0.1rem 0 0.3rem; cursor: pointer; }
button:focus-visible, summary:focus-visible, input:focus-visible { outline: 2px solid var(--today); outline-offset: 2px; }
.line { display: block; overflow: visible; }
.line text { fill: var(--quiet); font-size: 10px; font-weight: 400; }
.line .within30 { fill: var(--within30); } .line .within90 { fill: var(--within90); }
.line .today { stroke: var(--today); stroke-width: 2; }
.line .bar { fill: currentColor; }
@media print {
  :root { --page: #ffffff; --text: #000000; --quiet: #444444; --line: #999999; --code: #f3f5f7;
    --ok: #1e6b41; --warning: #8a5200; --error: #b3261e; --unknown: #444444; --notBegun: #444444;
    --within30: #ffd4cc; --within90: #fff0c4; --today: #1f5fbf; color-scheme: light; }
  body { padding: 0; font-size: 9pt; max-width: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  #controls, button.copy { display: none !important; }
  .scroll { overflow: visible; } table { min-width: 0; }
  .timeLine { min-width: 8rem; } .next, th.org { min-width: 0; }
  thead { display: table-header-group; } tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; }
}
@page { size: landscape; margin: 12mm; }
`;
