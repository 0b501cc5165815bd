import { decode, encode } from '/chat-message.js';
import { dial } from '/nefeli.mjs';
import { addLine, at, make, onSubmit, showFailure, showState } from '/page.js';

const show = ({ username, text }, bytes) =>
  addLine([make('strong', username), ` ${text} `, make('small', `${bytes} bytes`)]);

const events = {
  chat(msg) {
    show(decode(msg.body), msg.body.length);
  },
};

try {
  const conn = await dial('/websocket_endpoint', { default: events }, { reconnect: { initial: true } });
  showState(conn);
  const ns = await conn.connect('default');
  onSubmit(at('chat'), async (text) => {
    const message = { username: at('username').value.trim(), text };
    const bytes = encode(message);
    await ns.ask('chat', bytes); // not emit: where it is refused, the visitor reads why
    show(message, bytes.length);
  });
} catch (error) {
  showFailure(error);
}
