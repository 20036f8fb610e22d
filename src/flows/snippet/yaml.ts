import type { Step } from './job.js';
import { text } from './text.js';

/** A node of a YAML document. */
export type Path = Array<string | number>;

/** What is said above a node: by its path, the text's key and its values. */
export type Comment = [path: Path, key: string, values?: string[]];

/** A pipeline as plain data, and what is said above some of its nodes. */
export type YamlPipeline = {
  content: object;
  comments: Comment[];
  /** Whether an object that stands in several places is named once, and referred to. */
  anchors?: boolean;
};

/** Commands of a step as one script: one line, or a block that ends with a line's end. */
export const scriptOf = ({ commands }: Step): string =>
  commands.length > 1 || commands[0]?.includes('\n')
    ? commands.map((command) => `${command}\n`).join('')
    : commands.join('');

/** The comments of steps that stand in a list, from a place in it on. */
export function commentsOf(steps: Step[], list: Path, from: number): Comment[] {
  return steps.flatMap(({ note }, index) => (note === undefined ? [] : [[[...list, from + index], note] as Comment]));
}

/** The comments of steps whose commands stand in one list, each above its first command. */
export function scriptComments(steps: Step[], list: Path, from: number): Comment[] {
  let at = from;
  return steps.flatMap(({ note, commands }) => {
    const place = at;
    at += commands.length;
    return note === undefined ? [] : [[[...list, place], note] as Comment];
  });
}

/** The text of a pipeline. Pure but for its texts. */
export async function printYaml({ content, comments, anchors = false }: YamlPipeline, header: string): Promise<string> {
  const { Document } = await import('yaml');
  const document = new Document(content, { aliasDuplicateObjects: anchors });
  document.commentBefore = asComment(header);
  for (const [path, key, values] of comments) {
    const node = document.getIn(path, true) as { commentBefore?: string };
    node.commentBefore = asComment(text(key, values));
  }
  return document.toString({ lineWidth: 0 });
}

const asComment = (words: string): string => words.replace(/^/gm, ' ');
