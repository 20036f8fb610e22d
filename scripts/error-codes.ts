/** Writes `docs/error-codes.md`, the sentences of `messages/errors.md` by their code. Run in the project's folder. */
import { readFile, writeFile } from 'node:fs/promises';

const HEAD = `# Error codes

What stands in \`data.code\` of an error with \`--json\`, and the sentence that goes with it; \`{…}\` is what the case says. The codes
don't change between versions. Every error also has its next steps, in \`actions\`. How results look is told in
[Exit codes and JSON](exit-codes-and-json.md).
`;

const messages = await readFile('messages/errors.md', 'utf8');
const sections = messages.split(/^# /m).slice(1);
const lines = sections.flatMap((section) => {
  const [, code, text = ''] = /^error\.(\w+)\n([\s\S]*)$/.exec(section) ?? [];
  return code === undefined ? [] : [`- \`${code}\`: ${escaped(text.trim())}`];
});
await writeFile('docs/error-codes.md', `${HEAD}\n${lines.sort().join('\n')}\n`);

/** A sentence on one line, with nothing in it that Markdown would take for its own. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\*_<>[\]`]/g, (character) => `\\${character}`);
}
