import { dial, PublicError } from '/nefeli.mjs';
import { addLine, at, complain, make, onSubmit, showFailure, showState } from '/page.js';

/** As long as the server waits: nobody reads what is answered later. */
const ANSWER_MS = 20_000;
const LOBBY = 'lobby';

const events = {
  here(msg) {
    const ids = msg.json();
    const chosen = at('people').value;
    at('people').replaceChildren(...ids.map(optionFor));
    if (ids.includes(chosen)) at('people').value = chosen;
  },
  /** What it returns, or gives later, is the answer; what it throws is one, too. */
  onAsk: (msg) => new Promise((resolve, reject) => askVisitor(msg.body, { resolve, reject })).finally(askNothing),
  lastWords(msg) {
    const { id, outcome } = msg.json();
    addLine([`${nameFor(id)} left: ${textFor(outcome)}`]);
  },
};

let conn;
/** What waits for the visitor, if anything does. */
let question;

function askVisitor(text, { resolve, reject }) {
  const timer = setTimeout(() => reject(new PublicError('I was not there.')), ANSWER_MS);
  question = { resolve, reject, timer };
  at('asked').textContent = text;
  at('questioned').hidden = false;
  at('answer').elements.text.focus();
}

function askNothing() {
  clearTimeout(question.timer);
  question = undefined;
  at('questioned').hidden = true;
}

const nameFor = (id) => (id === conn?.id ? 'You' : `Visitor ${id.slice(0, 8)}`);

function optionFor(id) {
  const option = make('option', nameFor(id));
  option.value = id;
  return option;
}

function textFor({ kind, text }) {
  if (kind === 'answer') return text;
  return { error: `(refuses: ${text})`, timeout: '(no answer in time)', gone: '(has gone)' }[kind];
}

onSubmit(at('answer'), (text) => question?.resolve(text));
at('refuse').addEventListener('click', () => question?.reject(new PublicError('I would rather not say.')));

try {
  conn = await dial(
    '/websocket_endpoint',
    { default: events },
    { reconnect: { initial: true }, askTimeoutMs: 2 * ANSWER_MS },
  );
  showState(conn);
  const ns = await conn.connect('default');
  await ns.joinRoom(LOBBY);
  onSubmit(at('question'), async (text) => {
    const to = at('people').value;
    const answer = await ns.ask('question', { to, text });
    addLine([`${text} ${nameFor(to)}: ${textFor(answer.json())}`]);
  });
  at('leave').addEventListener('click', async () => {
    const lobby = ns.room(LOBBY);
    await (lobby ? lobby.leave() : ns.joinRoom(LOBBY)).catch(complain);
    at('leave').textContent = ns.room(LOBBY) ? 'Leave the lobby' : 'Come back to the lobby';
  });
} catch (error) {
  showFailure(error);
}
