import { dial } from '/nefeli.mjs';
import { addLine, at, complain, onSubmit, showFailure, showState } from '/page.js';

const events = {
  OnVisit(msg) {
    const count = Number(msg.body);
    at('visits').textContent = count === 1 ? '1 visitor' : `${count} visitors`;
  },
  OnChat(msg) {
    addLine([msg.body]);
  },
};

at('scheme').textContent = location.protocol.replace('http', 'ws');

try {
  const conn = await dial(
    '/websocket_endpoint',
    { default: events },
    { reconnect: { initial: true }, onError: complain },
  );
  showState(conn);
  const ns = await conn.connect('default');
  onSubmit(at('chat'), (text) => {
    ns.emit('OnChat', text);
    addLine([`You: ${text}`]);
  });
} catch (error) {
  showFailure(error);
}
