import { createLog } from '/log.js';
import { make } from '/make.js';
import { dial, RemoteError } from '/nefeli.mjs';

const NAMESPACE = 'default';
const LOBBY = 'lobby';
const TOAST_MS = 5_000;

const at = (id) => document.getElementById(id);
const log = createLog(at('log'));
/** A tab is a visitor: reloaded, it has its name and its room again, and knows which messages were its own. */
const kept = { name: sessionStorage.getItem('name'), ids: new Set(JSON.parse(sessionStorage.getItem('ids') ?? '[]')) };

let conn;
let ns;
let me = { id: '', name: '' };
let room = '';
let isOnline = false;
let refusal = '';

// What the server says.

/** Only about the room that is open: while it changes, news of the last one may still be on their way. */
const toldOfRoom = (show) => (msg) => {
  if (msg.body.room === room) show(msg.body);
};

const events = {
  /** The first time, and whenever the connection is back. */
  onNamespaceConnected() {
    setState('online', 'Online');
  },
  onRoomLeft(msg) {
    if (msg.room === room && !isOver()) showRoom('');
  },
  welcome({ body: you }) {
    kept.ids.add(you.id);
    sessionStorage.setItem('ids', JSON.stringify([...kept.ids].slice(-20)));
    showMe(you);
  },
  rooms: (msg) => showRooms(msg.body),
  history(msg) {
    showRoom(msg.body.room);
    for (const line of msg.body.lines) log.say(line, kept.ids.has(line.from.id));
  },
  roster: toldOfRoom(({ people }) => showPeople(people)),
  chat: toldOfRoom((line) => log.say(line, kept.ids.has(line.from.id))),
  notice: toldOfRoom((notice) => log.note(notice)),
};

// The connection. When it is lost the client comes back by itself, to the same namespace and room.

const options = {
  reconnect: { initial: true },
  onError(error, { event }) {
    if (event === '_OnNamespaceConnect')
      giveUp(error); // it came back, and is no longer let in
    else toast(error.message);
  },
};

async function visit() {
  try {
    conn = await dial(address, { [NAMESPACE]: events }, options);
  } catch (error) {
    return setState('refused', error.message); // in the server's words
  }
  conn.state.subscribe(({ kind, reason }) => {
    if (kind === 'closed') setState('refused', refusal || reason || 'The connection has ended.');
    else if (kind !== 'open') setState('reconnecting', 'Reconnecting…');
  });
  await enter();
}

/** Of each try anew: a browser cannot send headers with a websocket, and the name may have changed. */
function address({ tries }) {
  if (tries) setState('reconnecting', 'Reconnecting…');
  const query = kept.name ? `?${new URLSearchParams({ 'X-Websocket-Header-X-Username': kept.name })}` : '';
  return `/websocket_endpoint${query}`;
}

async function enter() {
  try {
    ns = await conn.connect(NAMESPACE);
    await ns.joinRoom(roomInAddress()).catch(orLobby);
  } catch (error) {
    if (error instanceof RemoteError || isOver()) giveUp(error);
    else await enter(); // the connection was lost on the way: what is asked now waits until it is back
  }
}

function orLobby(error) {
  if (!(error instanceof RemoteError)) throw error;
  return ns.joinRoom(LOBBY);
}

function giveUp(error) {
  refusal ||= error.message;
  conn.close();
}

const isOver = () => conn.state.value.kind === 'closed';

// What the visitor does. An answer of the server ends each: the value, or an error with the server's words.

async function enterRoom(name) {
  const before = room;
  if (name === before) return;
  await leaveRoom();
  try {
    await ns.joinRoom(name);
  } catch (error) {
    if (before) await ns.joinRoom(before);
    throw error;
  }
}

async function leaveRoom() {
  await ns.room(room)?.leave();
}

async function send() {
  const text = at('text').value;
  at('text').value = '';
  try {
    await ns.ask('chat', text);
  } catch (error) {
    at('text').value ||= text; // to be mended
    throw error;
  }
}

async function rename() {
  const wish = at('name').value;
  try {
    const { body: name } = await ns.ask('rename', wish);
    showMe({ ...me, name });
    kept.name = name;
    sessionStorage.setItem('name', name);
  } finally {
    if (at('name').value === wish) at('name').value = me.name; // also the old one, when the wish was refused
  }
}

/** What fails is said to the visitor, until they do something else: in another room it would mean nothing. */
const attempt = (act) => async (event) => {
  event.preventDefault();
  if (!isOnline) return;
  toast('');
  try {
    await act(event);
  } catch (error) {
    toast(error.message);
  }
};

at('composer').addEventListener('submit', attempt(send));
at('rename').addEventListener('submit', attempt(rename));
at('leave').addEventListener('click', attempt(leaveRoom));
at('room-list').addEventListener(
  'click',
  attempt(async ({ target }) => {
    const name = target.closest('button')?.dataset.room;
    if (name) await enterRoom(name);
  }),
);
at('new-room').addEventListener(
  'submit',
  attempt(async () => {
    await enterRoom(at('room-name').value.trim());
    at('room-name').value = '';
  }),
);
at('retry').addEventListener('click', () => location.reload());
at('menu').addEventListener('click', () => openMenu(!document.body.classList.contains('menu-open')));

// What the visitor sees. Texts of others are set as text, never as HTML.

function setState(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
  at('retry').hidden = state !== 'refused';
  isOnline = state === 'online';
  allowInput();
}

function allowInput() {
  const isIn = isOnline && room !== '';
  for (const part of at('composer').elements) part.disabled = !isIn;
  for (const id of ['rename', 'new-room']) for (const part of at(id).elements) part.disabled = !isOnline;
  for (const button of at('room-list').querySelectorAll('button')) button.disabled = !isOnline;
  at('leave').disabled = !isOnline;
  at('text').placeholder = isIn ? `Message #${room}` : isOnline ? 'Join a room to write' : 'Waiting for the server…';
}

/** On narrow windows; wide ones show everything at once. */
function openMenu(isOpen) {
  document.body.classList.toggle('menu-open', isOpen);
  at('menu').setAttribute('aria-expanded', String(isOpen));
}

function showRoom(name) {
  room = name;
  openMenu(false);
  log.clear();
  at('room-title').textContent = name ? `# ${name}` : 'No room';
  at('leave').hidden = !name;
  if (!name) {
    showPeople([]);
    log.note({ text: 'You are in no room. Choose one, or open your own.' });
  }
  history.replaceState(null, '', name ? `#${encodeURIComponent(name)}` : location.pathname);
  document.title = name ? `${name} · Nefeli chat` : 'Nefeli chat';
  markRoom();
  allowInput();
  if (name && matchMedia('(min-width: 56rem)').matches) at('text').focus();
}

function showRooms(rooms) {
  const focused = document.activeElement?.dataset.room;
  at('room-list').replaceChildren(
    ...rooms.map(({ name, count }) => {
      const button = make('button', '', make('span', 'name', name), make('span', 'count', String(count)));
      button.type = 'button';
      button.dataset.room = name;
      button.disabled = !isOnline;
      button.setAttribute('aria-label', `${name}, ${peopleIn(count)}`);
      return make('li', '', button);
    }),
  );
  markRoom();
  if (focused)
    at('room-list')
      .querySelector(`[data-room="${CSS.escape(focused)}"]`)
      ?.focus();
}

function markRoom() {
  for (const button of at('room-list').querySelectorAll('button')) {
    button.toggleAttribute('aria-current', button.dataset.room === room);
  }
}

function showPeople(people) {
  at('roster').replaceChildren(
    ...people.map((person) => {
      const name = make('span', 'name', person.name);
      const you = person.id === me.id ? [make('small', '', 'you')] : [];
      return make('li', '', log.avatarOf(person), name, ...you);
    }),
  );
  at('people-count').textContent = people.length ? `· ${people.length}` : '';
  at('room-note').textContent = room ? peopleIn(people.length) : '';
}

function showMe(you) {
  me = you;
  if (document.activeElement !== at('name')) at('name').value = you.name;
}

const peopleIn = (count) => (count === 1 ? '1 person' : `${count} people`);

let toastTimer;
function toast(text) {
  at('toast').textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    at('toast').textContent = '';
  }, TOAST_MS);
}

function roomInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || LOBBY;
  } catch {
    return LOBBY; // an address that somebody has cut short
  }
}

void visit();
