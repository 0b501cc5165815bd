import { addLine, at, onSubmit } from '/page.js';

const RECONNECT_MS = 1_000;

/** Opens the websocket at this path, again whenever it is lost, and gives the one that there is now. */
function open(path, { onMessage, onState = () => {} }) {
  let socket;
  const connect = () => {
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}`);
    socket.addEventListener('open', () => onState('open', 'Connected'));
    socket.addEventListener('message', ({ data }) => onMessage(data));
    socket.addEventListener('close', () => {
      onState('waiting', 'Reconnecting…');
      setTimeout(connect, RECONNECT_MS);
    });
  };
  connect();
  return () => socket;
}

const relay = open('/websocket_endpoint', {
  onMessage: (text) => addLine([text]),
  onState(state, text) {
    at('status').dataset.state = state;
    at('status').textContent = text;
  },
});

onSubmit(at('relay'), (text) => {
  if (relay().readyState !== WebSocket.OPEN) throw new Error('There is no connection yet.');
  relay().send(text);
  addLine([`You: ${text}`]);
});

let pongs = 0;
const pong = open('/pong', {
  onMessage(text) {
    pongs += 1;
    at('pongs').textContent = `${text} (${pongs})`;
  },
});
at('ping').addEventListener('click', () => {
  if (pong().readyState === WebSocket.OPEN) pong().send('ping');
});
