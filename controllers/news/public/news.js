import { dial } from '/neffos.min.js';

const NAMESPACE = 'news';
const RECONNECT_MS = 1_000;
const DIAL_MS = 10_000;
/** As many as the server keeps: a page that stays open for days must not grow for days. */
const MAX_HEADLINES = 30;

const at = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
let ns;

// What the server says. A handler returns nothing: whatever it returned, neffos.js would send back as an error.

const told = (show) => (_ns, msg) => {
  show(JSON.parse(msg.Body));
};

const events = {
  latest: told((headlines) => {
    at('empty').hidden = headlines.length > 0;
    at('headlines').replaceChildren(...headlines.map(show));
  }),
  published: told((headline) => {
    at('empty').hidden = true;
    const item = show(headline);
    item.classList.add('fresh');
    at('headlines').prepend(item);
    while (at('headlines').childElementCount > MAX_HEADLINES) at('headlines').lastElementChild.remove();
  }),
  applauded: told(({ id, applause }) => {
    const button = at('headlines').querySelector(`[data-id="${Number(id)}"] button`);
    if (button) showApplause(button, applause);
  }),
};

async function stayConnected() {
  for (;;) {
    await listen().catch(() => {}); // whatever it was: it is tried again
    setState('reconnecting', 'Reconnecting…');
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

/** Ends when the connection does. */
async function listen() {
  const conn = await dialInTime();
  const closed = new Promise((resolve) => conn.conn.addEventListener('close', resolve));
  try {
    ns = await Promise.race([conn.connect(NAMESPACE), closed.then(() => Promise.reject(new Error('closed')))]);
    setState('live', 'Live');
    await closed;
  } finally {
    ns = undefined;
    conn.close();
  }
}

/** neffos.js leaves a dial unsettled whose connection is closed before the handshake. */
function dialInTime() {
  return new Promise((resolve, reject) => {
    let isLate = false;
    setTimeout(() => {
      isLate = true;
      reject(new Error('no answer'));
    }, DIAL_MS);
    dial('/websocket_endpoint', { [NAMESPACE]: events }).then(
      (made) => (isLate ? made.close() : resolve(made)),
      reject,
    );
  });
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
    tell('The server cannot be reached.', 'bad');
  }
}

async function applaud({ target }) {
  const id = target.closest('button')?.closest('[data-id]')?.dataset.id;
  if (id === undefined) return;
  tell('');
  try {
    if (!ns) throw new Error('The server cannot be reached.');
    await ns.ask('applaud', JSON.stringify({ id: Number(id) }));
  } catch (error) {
    tell(error.message, 'bad');
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

void stayConnected();
