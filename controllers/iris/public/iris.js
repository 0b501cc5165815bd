import { IrisSocket } from '/iris-socket.js';
import { addLine, at, complain, make, onSubmit } from '/page.js';

const STATES = { connecting: 'Connecting…', open: 'Connected', waiting: 'Reconnecting…', closed: 'Disconnected' };
/** The choice that cannot be made. */
const NOBODY = '';
/** What the server writes in front of what somebody says. */
const FROM = /^From: ([^:]+): (.*)$/s;

let me = '';
let isInRoom = false;

const nameOf = (id) => (id === me ? 'You' : `Visitor ${id.slice(0, 8)}`);

/** Shows who has said what, and to whom. Texts are set as text, never as HTML. */
function show(name, to, text) {
  addLine([make('strong', name), ' ', make('small', to), make('div', text)]);
}

function showSaid(to) {
  return (said) => {
    const [, id, text] = FROM.exec(said);
    show(nameOf(id), to, text);
  };
}

const optionOf = (id) => [...at('people').children].find(({ value }) => value === id);

function addVisitor(id) {
  const option = make('option', nameOf(id));
  option.value = id;
  at('people').append(option);
}

/** Nobody is chosen then. The browser would choose somebody else: what is meant for one alone must not go to all. */
function removeVisitor(id) {
  const option = optionOf(id);
  if (option?.selected) {
    at('to').value = NOBODY;
    complain(new Error(`${nameOf(id)} has left: choose again whom you speak to.`));
  }
  option?.remove();
}

function showState(state) {
  at('status').dataset.state = state;
  at('status').textContent = STATES[state];
  at('leave').disabled = state !== 'open';
  at('bye').disabled = state === 'connecting' || state === 'waiting';
  at('bye').textContent = state === 'closed' ? 'Connect again' : 'Say bye';
}

const events = {
  welcome(id) {
    me = id;
    at('me').textContent = id;
    for (const { value } of [...at('people').children]) removeVisitor(value);
  },
  came: addVisitor,
  left: removeVisitor,
  inRoom(truth) {
    isInRoom = truth;
    at('leave').textContent = truth ? 'Leave room1' : 'Come back to room1';
  },
  chat: showSaid('to room1'),
  all: showSaid('to everybody'),
  others: showSaid('to everybody else'),
  whisper: showSaid('to you alone'),
  problem: (text) => complain(new Error(text)),
};

const socket = new IrisSocket('/my_endpoint', {
  events,
  raw: (text) => show('Somebody', 'as a raw message', text),
  state: showState,
  frame(direction, text) {
    at(direction).textContent = text;
  },
});

/** What each choice sends; and shows, where the speaker does not hear it. */
const say = {
  chat(text) {
    socket.emit('chat', text);
    if (!isInRoom) show('You', 'to room1', text);
  },
  all: (text) => socket.emit('all', text),
  others(text) {
    socket.emit('others', text);
    show('You', 'to everybody else', text);
  },
  raw(text) {
    socket.emitMessage(text);
    show('You', 'as a raw message', text);
  },
};

onSubmit(at('talk'), (text) => {
  const { value } = at('to');
  if (value === NOBODY) throw new Error('Choose whom you speak to.');
  if (Object.hasOwn(say, value)) return say[value](text);
  socket.emit('whisper', { id: value, text });
  show('You', `to ${nameOf(value)} alone`, text);
});

at('leave').addEventListener('click', () => socket.emit(isInRoom ? 'leave' : 'join'));
at('bye').addEventListener('click', () => {
  if (at('status').dataset.state === 'closed') socket.open();
  else socket.emit('bye');
});
