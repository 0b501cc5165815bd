import { dial, RemoteError } from '/nefeli.mjs';

const NAMESPACE = 'news';
/** As many as the server keeps: a page that stays open for days must not grow for days. */
const MAX_HEADLINES = 30;
const UNREACHABLE = 'The server cannot be reached.';

const at = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
let conn;
let ns;

// What the server says.

const events = {
  /** The first time, and whenever the connection is back. */
  onNamespaceConnected() {
    setState('live', 'Live');
  },
  latest({ body: headlines }) {
    at('empty').hidden = headlines.length > 0;
    at('headlines').replaceChildren(...headlines.map(show));
  },
  published({ body: headline }) {
    at('empty').hidden = true;
    const item = show(headline);
    item.classList.add('fresh');
    at('headlines').prepend(item);
    while (at('headlines').childElementCount > MAX_HEADLINES) at('headlines').lastElementChild.remove();
  },
  applauded({ body: { id, applause } }) {
    const button = at('headlines').querySelector(`[data-id="${Number(id)}"] button`);
    if (button) showApplause(button, applause);
  },
};

/** Connects, and from then on the client comes back by itself. */
async function listen() {
  try {
    conn = await dial(address, { [NAMESPACE]: events }, { reconnect: { initial: true } });
    conn.state.subscribe(({ kind }) => {
      if (kind === 'closed') setState('closed', 'Closed');
      else if (kind !== 'open') setState('reconnecting', 'Reconnecting…');
    });
    await connect();
  } catch (error) {
    setState('closed', error.message);
  }
}

/** Of each try. */
function address({ tries }) {
  if (tries) setState('reconnecting', 'Reconnecting…');
  return '/websocket_endpoint';
}

async function connect() {
  try {
    ns = await conn.connect(NAMESPACE);
  } catch (error) {
    if (error instanceof RemoteError || conn.state.value.kind === 'closed') throw error;
    await connect(); // the connection was lost on the way: what is asked now waits until it is back
  }
}

// What the visitor does: publishing goes over HTTP, applause over the websocket.

async function publish(event) {
  event.preventDefault();
  tell('');
  try {
    const response = await fetch('/headlines', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: at('title').value, author: at('author').value }),
    });
    const answer = await response.json();
    if (!response.ok) return tell(answer.message ?? `The server answered ${response.status}.`, 'bad');
    at('title').value = '';
    tell(`Published. It reached ${answer.readers === 1 ? '1 reader' : `${answer.readers} readers`}.`);
  } catch {
    tell(UNREACHABLE, 'bad');
  }
}

async function applaud({ target }) {
  const id = target.closest('button')?.closest('[data-id]')?.dataset.id;
  if (id === undefined) return;
  tell('');
  try {
    if (conn?.state.value.kind !== 'open') return tell(UNREACHABLE, 'bad'); // an ask would wait for the connection
    await ns.ask('applaud', { id: Number(id) });
  } catch (error) {
    tell(error instanceof RemoteError ? error.text : UNREACHABLE, 'bad');
  }
}

at('draft').addEventListener('submit', publish);
at('headlines').addEventListener('click', applaud);

// What the visitor sees. Texts of others are set as text, never as HTML.

function show({ id, title, author, at: time, applause }) {
  const when = make('time', clock.format(time));
  when.dateTime = new Date(time).toISOString();
  const button = make('button');
  button.type = 'button';
  showApplause(button, applause);
  const item = make('li', make('h3', title), make('p', `${author} · `, when), button);
  item.dataset.id = id;
  return item;
}

function showApplause(button, applause) {
  button.textContent = `♥ ${applause}`;
  button.setAttribute('aria-label', `Applaud, ${applause} so far`);
}

/** Makes an element. Children are elements or texts; a text stays one, whatever is in it. */
function make(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

function tell(text, kind = 'good') {
  at('outcome').dataset.kind = kind;
  at('outcome').textContent = text;
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}

void listen();
