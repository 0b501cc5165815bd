import { dial } from '/nefeli.mjs';
import { post, signIn, signOut, whoAmI } from '/sign-in.js';

/** A page that stays open for days must not grow for days. */
const MAX_MESSAGES = 50;

/** What the server closes with when somebody has signed out. */
const SIGNED_OUT = 4001;

const at = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
/** What is shown, by id: what comes on both ways, live and in the list of the past, is shown once. */
const shown = new Map();
let conn;

async function enter() {
  const user = await whoAmI();
  at('sign-in').hidden = user !== undefined;
  at('tool').hidden = user === undefined;
  at('name').textContent = user?.name ?? '';
  if (!user) return setState('closed', 'Signed out');
  setState('connecting', 'Connecting…');
  const events = { '': { onNativeMessage: (msg) => show(JSON.parse(msg.body)) } };
  conn = await dial('/socket/system/message', events, { native: 'only', reconnect: { initial: true } });
  conn.state.subscribe(follow);
}

/** The client comes back by itself. What was missed meanwhile is in the list. */
async function follow(state) {
  if (state.kind === 'open') {
    setState('open', 'Live');
    const response = await fetch('/api/tool/messages').catch(() => undefined);
    if (response?.ok) for (const message of await response.json()) show(message);
  } else if (state.kind === 'waiting') {
    setState('connecting', 'Reconnecting…');
    // A browser does not say why a websocket was refused. Who is no longer signed in need not try again.
    if (!(await whoAmI().catch(() => true))) await leave();
  } else if (state.kind === 'closed' && state.code === SIGNED_OUT) {
    await leave(); // on this browser, or elsewhere: then this one comes back
  }
}

function leave() {
  conn?.close();
  conn = undefined;
  shown.clear();
  at('messages').replaceChildren();
  at('empty').hidden = false;
  enter().catch(() => setState('closed', 'The server cannot be reached'));
}

at('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('refusal').textContent = '';
  try {
    await signIn(at('email').value, at('password').value);
    at('password').value = '';
    await enter();
  } catch (error) {
    at('refusal').textContent = error.message;
  }
});

at('sign-out').addEventListener('click', async () => {
  conn?.close();
  await signOut().catch(() => {}); // what is left of the session is asked for next
  await leave();
});

at('say').addEventListener('submit', (event) => {
  event.preventDefault();
  conn?.emitNative(at('text').value);
  at('text').value = '';
});

at('send').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('outcome').textContent = '';
  try {
    await post('/api/tool/send_message', { message: at('message').value, user: at('user').value });
    at('message').value = '';
  } catch (error) {
    at('outcome').textContent = error.message;
  }
});

// What the visitor sees. Texts of others are set as text, never as HTML.

function show(message) {
  shown.set(message.id, message);
  const latest = [...shown.values()].sort((a, b) => b.id - a.id).slice(0, MAX_MESSAGES);
  shown.clear();
  for (const one of latest) shown.set(one.id, one);
  at('messages').replaceChildren(...latest.map(itemOf));
  at('empty').hidden = true;
}

function itemOf({ username, message, time }) {
  const item = document.createElement('li');
  const note = document.createElement('small');
  note.textContent = `${username} · ${clock.format(new Date(time))}`;
  item.append(message, document.createElement('br'), note);
  return item;
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}

enter().catch(() => setState('closed', 'The server cannot be reached'));
