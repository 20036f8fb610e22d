import {
  createPrompt,
  isDownKey,
  isEnterKey,
  isUpKey,
  makeTheme,
  useKeypress,
  usePagination,
  usePrefix,
  useState,
  type Status,
} from '@inquirer/core';

type Item = { value: string; name: string; description?: string };

type FindConfig = {
  message: string;
  choices: readonly Item[];
  /** True, or what is wrong with an answer */
  validate: (answer: string) => Promise<true | string>;
};

/** Lines of the list that are shown at once. */
const PAGE = 8;

/**
 * A question with a list that what is typed narrows, and to which it belongs itself where nothing in the list has just that
 * name. The prompts of the library look their choices up in the background, and lose a Return that is typed meanwhile.
 */
export const findPrompt = createPrompt<string, FindConfig>(({ message, choices, validate }, done) => {
  const [status, setStatus] = useState<Status>('idle');
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const [wrong, setWrong] = useState<string>();
  const theme = makeTheme({});
  const prefix = usePrefix({ status, theme });
  const items = itemsFor(choices, typed.trim());
  const chosen = items[active];
  useKeypress(async (key, readline) => {
    if (status !== 'idle') return;
    if (isEnterKey(key)) {
      if (chosen === undefined) return;
      setStatus('loading');
      const verdict = await validate(chosen.value);
      if (verdict === true) {
        setTyped(chosen.value);
        setStatus('done');
        done(chosen.value);
        return;
      }
      setWrong(verdict);
      setTyped('');
      setActive(0);
      setStatus('idle');
    } else if (isUpKey(key) || isDownKey(key)) {
      readline.clearLine(0);
      setActive((active + (isUpKey(key) ? items.length - 1 : 1)) % Math.max(items.length, 1));
    } else {
      setTyped(readline.line);
      setActive(0);
      setWrong(undefined);
    }
  });
  const page = usePagination({
    items,
    active,
    loop: false,
    pageSize: PAGE,
    renderItem: ({ item: { name }, isActive }) => (isActive ? theme.style.highlight(`> ${name}`) : `  ${name}`),
  });
  const question = `${prefix} ${theme.style.message(message, status)}`;
  if (status === 'done') return `${question} ${theme.style.answer(typed)}`;
  const description = chosen?.description === undefined ? [] : [theme.style.help(chosen.description)];
  const below = [page, ...description, ...(wrong === undefined ? [] : [theme.style.error(wrong)])];
  return [`${question} ${typed}`, below.filter((line) => line !== '').join('\n')];
});

/** What matches, that which begins so first, and last what was typed itself; exactly what was typed goes before all. */
function itemsFor(choices: readonly Item[], typed: string): readonly Item[] {
  if (typed === '') return choices;
  const text = typed.toLowerCase();
  const exact = choices.find(({ name, value }) => [name, value].some((each) => each.toLowerCase() === text));
  if (exact !== undefined) return [exact];
  const found = choices.filter(({ name, value }) => `${name}\n${value}`.toLowerCase().includes(text));
  const beginsSo = ({ name, value }: Item): boolean =>
    [name, value].some((each) => each.toLowerCase().startsWith(text));
  return [...found.filter(beginsSo), ...found.filter((item) => !beginsSo(item)), { value: typed, name: typed }];
}
