/** What the page does where scripts run: it filters by words and states, sorts by a column, and copies a command. */
export const PAGE_SCRIPT = `
(() => {
  'use strict';
  const controls = document.getElementById('controls');
  const body = document.getElementById('rows');
  if (controls === null || body === null) return;
  const rows = [...body.rows];
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = document.getElementById('filter');
  const boxes = [...controls.querySelectorAll('input[type=checkbox]')];

  const show = () => {
    const wanted = filter.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    const states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const row of rows) {
      const text = words.get(row);
      row.hidden = !states.has(row.dataset.state) || !wanted.every((word) => text.includes(word));
    }
    const counts = { shown: rows.filter((row) => !row.hidden).length, all: rows.length };
    document.getElementById('shown').textContent = controls.dataset.shown.replace(/{(\\w+)}/g, (_, name) => counts[name]);
  };
  filter.addEventListener('input', show);
  for (const box of boxes) box.addEventListener('change', show);

  const by = {
    state: (row) => Number(row.dataset.index),
    org: (row) => row.querySelector('th').textContent.toLowerCase(),
    ends: (row) => Number(row.dataset.ends ?? Number.MAX_VALUE),
  };
  const heads = [...document.querySelectorAll('th[data-sort]')];
  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const order = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', order);
      const value = by[head.dataset.sort];
      const sign = order === 'ascending' ? 1 : -1;
      const compare = (one, other) => (value(one) < value(other) ? -sign : value(one) > value(other) ? sign : 0);
      body.append(...[...rows].sort(compare));
    });
  }

  for (const code of document.querySelectorAll('code.command')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = controls.dataset.copy;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = controls.dataset.copied;
      } catch {
        // Without leave to write to the clipboard, the command is selected for the keyboard.
        getSelection().selectAllChildren(code);
      }
    });
    code.after(button);
  }

  // What is folded would be missing on paper.
  addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
  controls.hidden = false;
  show();
})();
`;
