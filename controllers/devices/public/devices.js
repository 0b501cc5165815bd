import { dial } from '/nefeli.mjs';

const MAX_MESSAGES = 100;
/** The server lets go of a device that is silent for 20 s. A sign of life in time keeps this one. */
const HEARTBEAT = { intervalMs: 8_000, timeoutMs: 8_000 };

const at = (id) => document.getElementById(id);
let conn;
let ns;
let name = '';

const events = {
  default: {
    chat: (msg) => show(msg.body),
    devices(msg) {
      at('devices').textContent = msg.json();
    },
    onNamespaceConnected: () => setState('open', `Connected${name && ` as ${name}`}`),
    // Also when the server sends the device out. The connection stays, and may connect again.
    onNamespaceDisconnect() {
      at('devices').textContent = '0';
      setState('closed', 'Disconnected');
    },
  },
};

at('connect').addEventListener('submit', async (event) => {
  event.preventDefault();
  conn?.close();
  name = at('me').value.trim();
  at('messages').replaceChildren();
  setState('connecting', 'Connecting…');
  const query = name && `?X-Websocket-Header-X-Username=${encodeURIComponent(name)}`;
  try {
    conn = await dial(`/websocket_endpoint${query}`, events, { heartbeat: HEARTBEAT });
    ns = await conn.connect('default');
    conn.state.subscribe(({ kind }) => kind === 'waiting' && setState('connecting', 'Reconnecting…'));
  } catch (error) {
    setState('closed', error.text ?? 'The server cannot be reached');
  }
});

at('say').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('outcome').textContent = '';
  try {
    if (!ns) throw new Error('Connect first.');
    await ns.ask('chat', at('text').value);
    at('text').value = '';
  } catch (error) {
    at('outcome').textContent = error.text ?? error.message;
  }
});

at('disconnect').addEventListener('click', () => {
  const headers = name === '' ? {} : { 'x-username': name };
  return fetch('/disconnect', { method: 'POST', headers });
});

// What the visitor sees. Texts are set as text, never as HTML.

function show(text) {
  const item = document.createElement('li');
  item.textContent = text;
  at('messages').append(item);
  while (at('messages').childElementCount > MAX_MESSAGES) at('messages').firstElementChild.remove();
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}
