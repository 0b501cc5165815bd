import { dial } from '/nefeli.mjs';

/** A page that stays open for days must not grow for days. */
const MAX_NOTIFICATIONS = 50;

const at = (id) => document.getElementById(id);
let conn;

at('connect').addEventListener('submit', async (event) => {
  event.preventDefault();
  conn?.close();
  at('notifications').replaceChildren();
  setState('connecting', 'Connecting…');
  const user = at('me').value.trim();
  const address = `/websocket_endpoint?X-Websocket-Header-X-UserID=${encodeURIComponent(user)}`;
  try {
    conn = await dial(address, { agent: { OnNotification: (msg) => show(msg.json()) } });
    await conn.connect('agent');
    conn.state.subscribe(({ kind }) => {
      if (kind === 'open') setState('open', `Connected as ${user}`);
      else if (kind !== 'closed') setState('connecting', 'Reconnecting…');
    });
  } catch {
    setState('closed', 'Refused: a name has letters and digits');
  }
});

at('file').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { target } = event;
  // What is left empty is left out: the server says which fields are missing.
  const filled = [...new FormData(target)].filter(([, value]) => value !== '');
  try {
    const response = await fetch('/notifications', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(filled)),
    });
    const answer = await response.json();
    at('filed').textContent = response.ok ? `Filed: ${answer.filed}.` : '';
    at('outcome').textContent = response.ok ? '' : answer.message;
  } catch {
    at('outcome').textContent = 'The server cannot be reached.';
  }
});

// What the visitor sees. Texts of others are set as text, never as HTML.

function show({ subject, text }) {
  const item = document.createElement('li');
  const title = document.createElement('strong');
  title.textContent = subject;
  item.append(title, document.createElement('br'), text);
  at('notifications').prepend(item);
  while (at('notifications').childElementCount > MAX_NOTIFICATIONS) at('notifications').lastElementChild.remove();
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}
