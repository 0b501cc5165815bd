import { dial } from '/nefeli.mjs';
import { at, showFailure, showState } from '/page.js';

const events = {
  onNewVisit(msg) {
    const count = Number(msg.body);
    at('visitors').textContent = count === 1 ? '1 online visitor' : `${count} online visitors`;
  },
};

try {
  const conn = await dial('/websocket_endpoint', { default: events }, { reconnect: { initial: true } });
  showState(conn);
  const ns = await conn.connect('default');
  await ns.joinRoom(document.body.dataset.page); // after a lost connection it is joined again by itself
} catch (error) {
  showFailure(error);
}
