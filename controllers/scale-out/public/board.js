import { dial, reply } from '/neffos.min.js';

const NAMESPACE = 'board';
const RECONNECT_MS = 1_000;
const MAX_SAID = 50;

const at = (id) => document.getElementById(id);
let ns;
let server = '…';

// A handler returns a reply or nothing: whatever else it returned, neffos.js would send back as an error.
const told = (show) => (_ns, msg) => {
  show(JSON.parse(msg.Body));
};

const events = {
  welcome: told((welcome) => {
    server = welcome.server;
    at('server').textContent = server;
  }),
  count: told(({ connections }) => {
    at('status').textContent = `${connections} connected, to both servers together`;
  }),
  said: told(({ text, server: from, by }) => {
    const line = document.createElement('li');
    const source = document.createElement('span');
    source.textContent = `${by}, over ${from}`;
    line.append(source, ` ${text}`);
    at('said').append(line);
    while (at('said').childElementCount > MAX_SAID) at('said').firstElementChild.remove();
    line.scrollIntoView();
  }),
  'who are you': () => reply(`a page on ${server}`),
};

async function listen() {
  const conn = await dial('/websocket_endpoint', { [NAMESPACE]: events });
  const closed = new Promise((resolve) => conn.conn.addEventListener('close', resolve));
  ns = await conn.connect(NAMESPACE);
  await closed;
}

async function stayConnected() {
  for (;;) {
    await listen().catch(() => {}); // whatever it was: it is tried again
    ns = undefined;
    at('status').textContent = 'Reconnecting…';
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

at('say').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!ns) return;
  ns.emit('say', at('text').value);
  at('text').value = '';
});

at('roll-call').addEventListener('click', async () => {
  at('answers').textContent = 'Asking…';
  try {
    const { answers, silent, isComplete } = JSON.parse((await ns.ask('rollCall')).Body);
    const rest = isComplete ? '' : ` (${silent} have kept silent)`;
    at('answers').textContent = `${answers.length} have answered${rest}: ${answers.sort().join(', ')}`;
  } catch (error) {
    at('answers').textContent = String(error?.message ?? error);
  }
});

void stayConnected();
