import { dial } from '/neffos.min.js';
import { addLine, at, complain, onSubmit, showFailure } from '/page.js';

const RECONNECT_MS = 1_000;

// A handler returns nothing: whatever it returned, neffos.js would send back as an error.
const events = {
  _OnNamespaceConnected(ns) {
    showStatus('open', 'Connected');
    ns.conn.conn.addEventListener('close', () => showStatus('waiting', 'Reconnecting…'));
  },
  OnVisit(_ns, msg) {
    const count = Number(msg.Body);
    at('visits').textContent = count === 1 ? '1 visitor' : `${count} visitors`;
  },
  OnChat(_ns, msg) {
    addLine([msg.Body]);
  },
};

function showStatus(state, text) {
  at('status').dataset.state = state;
  at('status').textContent = text;
}

at('scheme').textContent = location.protocol.replace('http', 'ws');

try {
  const conn = await dial('/websocket_endpoint', { default: events }, { reconnect: RECONNECT_MS });
  await conn.connect('default');
  onSubmit(at('chat'), (text) => {
    conn.namespace('default').emit('OnChat', text);
    addLine([`You: ${text}`]);
  });
  complain();
} catch (error) {
  showFailure(error instanceof Error ? error : new Error('No connection')); // neffos.js rejects with other things as well
}
