// The page's elements, and figures in them.

export const byId = (id) => document.getElementById(id);
export const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** Writes only what has changed: a text that stays costs no layout. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a figure; its plain value stands in data-value. */
export function show(element, value, text) {
  write(element, text);
  element.dataset.value = value;
  element.classList.toggle('zero', value === 0);
}

/** The cells of a row by the names of their figures. */
export function figuresOf(row) {
  const cells = {};
  for (const cell of row.querySelectorAll('[data-figure]')) cells[cell.dataset.figure] = cell;
  return cells;
}
