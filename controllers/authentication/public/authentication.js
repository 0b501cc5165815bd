import { dial } from '/nefeli.mjs';
import { signIn, signOut, tokenFor, whoAmI } from '/sign-in.js';

const ENDPOINT = '/websocket_endpoint';
const MAX_MESSAGES = 100;
/** What the server closes with when somebody has signed out. */
const SIGNED_OUT = 4001;

const at = (id) => document.getElementById(id);
let conn;
let ns;
let token;

/** Connects who has signed in: by the cookie, which the browser sends itself, or by a token. */
async function enter(user, ownToken) {
  token = ownToken;
  at('sign-in').hidden = user !== undefined;
  at('chat').hidden = user === undefined;
  at('name').textContent = user?.email ?? '';
  if (!user) return setState('closed', 'Signed out');
  setState('connecting', 'Connecting…');
  const address = token === undefined ? ENDPOINT : `${ENDPOINT}?token=${encodeURIComponent(token)}`;
  conn = await dial(address, { default: { chat: (msg) => show(msg.body) } }, { reconnect: { initial: true } });
  conn.state.subscribe(async (state) => {
    if (state.kind === 'open') setState('open', 'Online');
    if (state.kind === 'closed' && state.code === SIGNED_OUT) await leave();
    if (state.kind !== 'waiting') return;
    setState('connecting', 'Reconnecting…');
    // A browser does not say why a websocket was refused. Who is no longer signed in need not try again.
    if (token === undefined && !(await whoAmI().catch(() => true))) await leave();
  });
  ns = await conn.connect('default');
}

/** On this browser, or elsewhere: then this one, if it has a cookie, comes back. */
async function leave() {
  conn?.close();
  conn = ns = undefined;
  at('messages').replaceChildren();
  at('empty').hidden = false;
  await enter(await whoAmI().catch(() => undefined));
}

at('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('refusal').textContent = '';
  const [email, password] = [at('email').value, at('password').value];
  try {
    if (event.submitter?.value === 'token') await enter({ email }, await tokenFor(email, password));
    else await enter(await signIn(email, password));
    at('password').value = '';
  } catch (error) {
    at('refusal').textContent = error.message;
  }
});

at('sign-out').addEventListener('click', async () => {
  conn?.close();
  await signOut(token).catch(() => {}); // what is left of the session is asked for next
  await leave();
});

at('say').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('outcome').textContent = '';
  try {
    await ns?.ask('chat', at('text').value);
    at('text').value = '';
  } catch (error) {
    at('outcome').textContent = error.text ?? error.message;
  }
});

// What the visitor sees. Texts of others are set as text, never as HTML.

function show(text) {
  const item = document.createElement('li');
  item.textContent = text;
  at('messages').append(item);
  while (at('messages').childElementCount > MAX_MESSAGES) at('messages').firstElementChild.remove();
  at('empty').hidden = true;
}

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}

whoAmI().then(enter, () => setState('closed', 'The server cannot be reached'));
