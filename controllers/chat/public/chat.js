import { createLog } from '/log.js';
import { make } from '/make.js';
import { dial, Message } from '/neffos.min.js';

const NAMESPACE = 'default';
const LOBBY = 'lobby';
const RECONNECT_MS = 1_000;
const DIAL_MS = 10_000;
const TOAST_MS = 5_000;

const at = (id) => document.getElementById(id);
const log = createLog(at('log'));
/** A tab is a visitor: reloaded, it has its name and its room again, and knows which messages were its own. */
const kept = { name: sessionStorage.getItem('name'), ids: new Set(JSON.parse(sessionStorage.getItem('ids') ?? '[]')) };
const options = { headers: kept.name ? { 'X-Username': kept.name } : {} };

let conn;
let ns;
let me = { id: '', name: '' };
let room = '';
let isOnline = false;
let hasEntered = false;

// What the server says. A handler returns nothing: whatever it returned, neffos.js would send back as an error.

const told = (show) => (_ns, msg) => {
  show(JSON.parse(msg.Body));
};
/** Only about the room that is open: while it changes, news of the last one may still be on their way. */
const toldOfRoom = (show) =>
  told((body) => {
    if (body.room === room) show(body);
  });

const events = {
  _OnRoomLeft(_ns, msg) {
    if (!msg.IsForced && msg.Room === room) showRoom('');
  },
  welcome: told((you) => {
    kept.ids.add(you.id);
    sessionStorage.setItem('ids', JSON.stringify([...kept.ids].slice(-20)));
    showMe(you);
  }),
  rooms: told(showRooms),
  history: told((history) => {
    showRoom(history.room);
    for (const line of history.lines) log.say(line, kept.ids.has(line.from.id));
  }),
  roster: toldOfRoom(({ people }) => showPeople(people)),
  chat: toldOfRoom((line) => log.say(line, kept.ids.has(line.from.id))),
  notice: toldOfRoom((notice) => log.note(notice)),
};

// The connection. It is made anew here, and not by the option `reconnect` of neffos.js, which gives up for good when the
// server answers the HTTP request that it tries first, but not the websocket: as one does that is about to restart.

async function stayConnected() {
  for (;;) {
    try {
      await visit();
    } catch (error) {
      if (error instanceof Error) return setState('refused', error.message); // in the server's words
    }
    setState('reconnecting', 'Reconnecting…');
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

/** Ends when the connection does. */
async function visit() {
  conn = await dialInTime();
  const closed = new Promise((resolve) => conn.conn.addEventListener('close', resolve));
  try {
    await Promise.race([closed, enter()]);
  } catch (error) {
    conn.close();
    throw error;
  }
  await closed;
}

/** neffos.js leaves a dial unsettled whose connection is closed before the handshake. */
function dialInTime() {
  return new Promise((resolve, reject) => {
    let isLate = false;
    setTimeout(() => {
      isLate = true;
      reject('no answer');
    }, DIAL_MS);
    dial('/websocket_endpoint', { [NAMESPACE]: events }, options).then(
      (made) => (isLate ? made.close() : resolve(made)),
      reject,
    );
  });
}

async function enter() {
  ns = await conn.connect(NAMESPACE);
  setState('online', 'Online');
  const wanted = hasEntered ? room : roomInAddress();
  hasEntered = true;
  if (wanted) await ns.joinRoom(wanted).catch(() => ns.joinRoom(LOBBY));
}

// What the visitor does.

/** Asks the server. JSON goes there; the answer comes as it is, and a refusal as an error with the server's words. */
async function ask(event, body, inRoom = '') {
  const message = Object.assign(new Message(), { Namespace: NAMESPACE, Room: inRoom, Event: event });
  message.Body = JSON.stringify(body);
  return (await conn.ask(message)).Body;
}

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
  const error = await ns.room(room)?.leave();
  if (error) throw error; // neffos.js returns it
}

async function send() {
  const text = at('text').value;
  at('text').value = '';
  try {
    await ask('chat', text, room);
  } catch (error) {
    at('text').value ||= text; // to be mended
    throw error;
  }
}

async function rename() {
  const wish = at('name').value;
  try {
    showMe({ ...me, name: await ask('rename', wish) });
    keepName();
  } finally {
    if (at('name').value === wish) at('name').value = me.name; // also the old one, when the wish was refused
  }
}

function keepName() {
  sessionStorage.setItem('name', me.name);
  options.headers['X-Username'] = me.name; // for the next dial
}

/** What fails is said to the visitor, until they do something else: in another room it would mean nothing. */
const attempt = (act) => async (event) => {
  event.preventDefault();
  if (!isOnline) return;
  toast('');
  try {
    await act(event);
  } catch (error) {
    toast(error.message ?? String(error));
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

void stayConnected();
