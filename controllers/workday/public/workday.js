import { dial } from '/nefeli.mjs';
import { addLine, at, onSubmit, showFailure, showState } from '/page.js';

const events = {
  notify(msg) {
    addLine([msg.body], at('notices'));
  },
};

try {
  const conn = await dial('/websocket_endpoint', { '/v1': events }, { reconnect: { initial: true } });
  showState(conn);
  const ns = await conn.connect('/v1');
  onSubmit(at('workday'), async (date) => {
    const { body } = await ns.ask('workday', date); // throws what the server throws
    addLine([`${date}: ${body}`]);
  });
} catch (error) {
  showFailure(error);
}
