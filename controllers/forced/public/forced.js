import { dial } from '/nefeli.mjs';
import { addLine, at, complain, onSubmit, showState } from '/page.js';

let ns;

const events = {
  chat(msg) {
    addLine([msg.body]);
  },
  onRoomJoined(msg) {
    addLine([`The server has put you into “${msg.room}”.`]);
  },
  onNamespaceDisconnect(_msg, left) {
    addLine(['You are disconnected.']);
    setInside(false);
    left.conn.close();
  },
};

function setInside(isInside) {
  at('dial').hidden = isInside;
  at('inside').hidden = !isInside;
}

onSubmit(at('dial'), async (name) => {
  const url = `/websocket_endpoint?X-Websocket-Header-X-Username=${encodeURIComponent(name)}`;
  const conn = await dial(url, { default: events }, { reconnect: false, onError: complain });
  showState(conn);
  ns = await conn.waitServerConnect('default'); // nothing is asked for here
  setInside(true);
});

onSubmit(at('chat'), (text) => {
  ns.room('room1').emit('chat', text);
  addLine([`You: ${text}`]);
});

at('leave').addEventListener('click', () => {
  complain();
  ns.disconnect().catch(complain);
});

at('everybody').addEventListener('click', () => {
  complain();
  fetch('/guests', { method: 'DELETE' }).catch(complain);
});
