import { dial } from '/nefeli.mjs';

const at = (id) => document.getElementById(id);
let todos = [];
let ns;

/** The list as the server has it. */
async function load() {
  const response = await fetch('/todos');
  if (response.ok) show(await response.json());
}

/** Saves over HTTP, and then says so: the server tells all tabs, this one included. */
async function save(list) {
  at('outcome').textContent = '';
  try {
    const response = await fetch('/todos', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list),
    });
    if (!response.ok) throw new Error((await response.json()).message);
    ns?.emit('save');
    show(list);
  } catch (error) {
    at('outcome').textContent = error instanceof TypeError ? 'The server cannot be reached.' : error.message;
    show(todos);
  }
}

at('add').addEventListener('submit', (event) => {
  event.preventDefault();
  const id = Math.max(0, ...todos.map((todo) => todo.id)) + 1;
  void save([...todos, { id, title: at('text').value, completed: false }]);
  at('text').value = '';
});

// What the visitor sees. Titles are set as text, never as HTML.

function show(list) {
  todos = list;
  at('todos').replaceChildren(...list.map(itemOf));
  const left = list.filter(({ completed }) => !completed).length;
  at('left').textContent = list.length === 0 ? 'Nothing to do.' : `${left} of ${list.length} left`;
}

function itemOf(todo) {
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.id = `todo-${todo.id}`;
  box.checked = todo.completed;
  box.addEventListener('change', () =>
    save(todos.map((one) => (one.id === todo.id ? { ...one, completed: box.checked } : one))),
  );
  const label = document.createElement('label');
  label.htmlFor = box.id;
  label.textContent = todo.title;
  const remove = document.createElement('button');
  remove.className = 'quiet';
  remove.textContent = 'Remove';
  remove.setAttribute('aria-label', `Remove ${todo.title}`);
  remove.addEventListener('click', () => save(todos.filter(({ id }) => id !== todo.id)));
  const item = document.createElement('li');
  item.className = 'row';
  item.append(box, label, remove);
  return item;
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}

// The client comes back by itself. Each time it asks for what was saved meanwhile.

const events = {
  todos: {
    onNamespaceConnected: () => void load().catch(() => {}), // it runs again after each reconnect
    saved: (msg) => show(msg.json()),
  },
};
await load();
const conn = await dial('/todos/sync', events, { reconnect: { initial: true } });
conn.state.subscribe(({ kind }) => {
  if (kind === 'open') setState('open', 'The same in all tabs');
  else setState('connecting', 'Reconnecting…');
});
ns = await conn.connect('todos');
