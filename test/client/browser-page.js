// Runs in pages and workers of the tests, where the client is the global `nefeli`.

/** What has happened, in order. */
globalThis.trace = [];

/** Dials and joins the lobby. All that it makes are globals. */
globalThis.enter = async (options) => {
  const note = (what) => (msg) =>
    void trace.push(`${what} ${msg.room || msg.namespace}${msg.isRestored ? ' again' : ''}`);
  const events = {
    onNamespaceConnected: note('connected'),
    onNamespaceDisconnect: note('disconnected'),
    onRoomJoined: note('joined'),
    onRoomLeft: note('left'),
    chat: (msg) => void trace.push(`heard ${msg.body}`),
    question: (msg) => `${msg.body}: me`,
  };
  globalThis.conn = await nefeli.dial('/ws', { default: events }, options);
  conn.state.subscribe(({ kind }) => void trace.push(kind));
  globalThis.ns = await conn.connect('default');
  globalThis.room = await ns.joinRoom('lobby');
};
