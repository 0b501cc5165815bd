// What the pages of the examples have in common.

/** A page that stays open for days must not grow for days. */
const MAX_LINES = 100;

const STATES = { connecting: 'Connecting…', open: 'Connected', waiting: 'Reconnecting…', closed: 'Closed' };

/** The element with this id. */
export const at = (id) => document.getElementById(id);

/** Makes an element. Children are elements or texts; a text stays one, whatever is in it. */
export function make(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

/** Adds a line to the end of the list `#log`, or of another one. */
export function addLine(children, list = at('log')) {
  list.append(make('li', ...children));
  while (list.childElementCount > MAX_LINES) list.firstElementChild.remove();
  list.lastElementChild.scrollIntoView({ block: 'nearest' });
}

/** Shows in the header how the connection stands, from now on. */
export function showState(conn) {
  conn.state.subscribe(({ kind, reason }) => {
    at('status').dataset.state = kind;
    at('status').textContent = kind === 'closed' && reason ? `Closed: ${reason}` : STATES[kind];
  });
}

/** Shows in the header why there is no connection, and will be none. */
export function showFailure(error) {
  at('status').dataset.state = 'closed';
  at('status').textContent = error.message;
}

/** Shows why what the visitor wanted has not happened; nothing takes it away. */
export function complain(error) {
  at('problem').textContent = error?.text ?? error?.message ?? '';
}

/** Calls `run` with what was written in the form, when it is sent, and empties its field. */
export function onSubmit(form, run) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    complain();
    const text = form.elements.text.value.trim();
    if (text === '') return;
    try {
      await run(text);
      form.elements.text.value = '';
    } catch (error) {
      complain(error);
    }
  });
}
