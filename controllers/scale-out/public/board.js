import { dial, RemoteError } from '/nefeli.mjs';

const NAMESPACE = 'board';
const MAX_SAID = 50;

const at = (id) => document.getElementById(id);
let conn;
let ns;
let server = '…';

const events = {
  welcome({ body }) {
    server = body.server;
    at('server').textContent = server;
  },
  count({ body: { connections } }) {
    at('status').textContent = `${connections} connected, to both servers together`;
  },
  said({ body: { text, server: from, by } }) {
    const line = document.createElement('li');
    const source = document.createElement('span');
    source.textContent = `${by}, over ${from}`;
    line.append(source, ` ${text}`);
    at('said').append(line);
    while (at('said').childElementCount > MAX_SAID) at('said').firstElementChild.remove();
    line.scrollIntoView();
  },
  'who are you': () => `a page on ${server}`,
};

/** Connects, and from then on the client comes back by itself. */
async function listen() {
  try {
    conn = await dial('/websocket_endpoint', { [NAMESPACE]: events }, { reconnect: { initial: true } });
    conn.state.subscribe(({ kind }) => {
      if (kind !== 'open') at('status').textContent = kind === 'closed' ? 'Closed' : 'Reconnecting…';
    });
    await connect();
  } catch (error) {
    at('status').textContent = error.message;
  }
}

async function connect() {
  try {
    ns = await conn.connect(NAMESPACE);
  } catch (error) {
    if (error instanceof RemoteError || conn.state.value.kind === 'closed') throw error;
    await connect(); // the connection was lost on the way: what is asked now waits until it is back
  }
}

at('say').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!ns) return;
  ns.emit('say', at('text').value); // one that is said while the server is away waits for it
  at('text').value = '';
});

at('roll-call').addEventListener('click', async () => {
  if (!ns) return;
  at('answers').textContent = 'Asking…';
  try {
    const { body } = await ns.ask('rollCall');
    const { answers, silent, isComplete } = body;
    const rest = isComplete ? '' : ` (${silent} have kept silent)`;
    at('answers').textContent = `${answers.length} have answered${rest}: ${answers.sort().join(', ')}`;
  } catch (error) {
    at('answers').textContent = error.message;
  }
});

void listen();
