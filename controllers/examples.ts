import type { FastifyInstance } from 'fastify';

/** An example application: a folder beside this file. */
export interface Example {
  /** What it shows, in a few words. */
  readonly title: string;
  /** What one does on its page, in two windows: “talk”. */
  readonly invitation: string;
  /** Loads the example's own code first: who starts one does not wait for the others. It listens nowhere yet. */
  readonly build: () => Promise<FastifyInstance>;
}

/** By the name that `npm start -- <name>` goes by. The first is the one that starts without a name. */
export const EXAMPLES: ReadonlyMap<string, Example> = new Map<string, Example>([
  [
    'chat',
    {
      title: 'Chat: names, rooms, who is here',
      invitation: 'talk',
      build: async () => (await import('./chat/app.js')).buildChatApp(),
    },
  ],
  [
    'news',
    {
      title: 'News: HTTP and websocket controllers of one container',
      invitation: 'publish a headline',
      build: async () => (await import('./news/app.js')).buildNewsApp(),
    },
  ],
  [
    'messages',
    {
      title: 'Messages: sent by a form, seen at once, kept in SQLite',
      invitation: 'send a message from one to both',
      build: async () => (await import('./messages/app.js')).buildMessagesApp(),
    },
  ],
  [
    'authentication',
    {
      title: 'Authentication: a cookie or a token, checked before the upgrade',
      invitation: 'sign in as two people',
      build: async () => (await import('./authentication/app.js')).buildAuthenticationApp(),
    },
  ],
  [
    'todo',
    {
      title: 'To-do list: saved over HTTP, the same in all tabs of a session',
      invitation: 'tick something off',
      build: async () => (await import('./todo/app.js')).buildTodoApp(),
    },
  ],
  [
    'notifications',
    {
      title: 'Notifications: filed over HTTP, delivered every ten seconds',
      invitation: 'notify one from the other',
      build: async () => (await import('./notifications/app.js')).buildNotificationsApp(),
    },
  ],
  [
    'devices',
    {
      title: 'Devices: many connections of one user',
      invitation: 'be one user on both',
      build: async () => (await import('./devices/app.js')).buildDevicesApp(),
    },
  ],
  [
    'visits',
    {
      title: 'Visits: a live counter and a chat, as the MVC example of Iris',
      invitation: 'say something',
      build: async () => (await import('./visits/app.js')).buildVisitsApp(),
    },
  ],
  [
    'online-visitors',
    {
      title: 'Online visitors: how many look at each page',
      invitation: 'close one of them again',
      build: async () => (await import('./online-visitors/app.js')).buildOnlineVisitorsApp(),
    },
  ],
  [
    'native-messages',
    {
      title: 'Native messages: a bare WebSocket without any library',
      invitation: 'send a text',
      build: async () => (await import('./native-messages/app.js')).buildNativeMessagesApp(),
    },
  ],
  [
    'iris',
    {
      title: 'Iris before neffos: its language, and listeners on a connection',
      invitation: 'talk, and whisper',
      build: async () => (await import('./iris/app.js')).buildIrisApp(),
    },
  ],
  [
    'protobuf',
    {
      title: 'Protobuf: a chat in binary frames',
      invitation: 'say something',
      build: async () => (await import('./protobuf/app.js')).buildProtobufApp(),
    },
  ],
  [
    'workday',
    {
      title: 'Workday: asks, errors as answers, and what a connection remembers',
      invitation: 'ask for a date, and for what is none',
      build: async () => (await import('./workday/app.js')).buildWorkdayApp(),
    },
  ],
  [
    'server-asks',
    {
      title: 'Server asks: what clients answer, refuse, or leave unanswered',
      invitation: 'have the other one asked',
      build: async () => (await import('./server-asks/app.js')).buildServerAsksApp(),
    },
  ],
  [
    'forced',
    {
      title: 'Forced: the server connects, joins, refuses and sends away',
      invitation: 'send everybody away',
      build: async () => (await import('./forced/app.js')).buildForcedApp(),
    },
  ],
  [
    'tls',
    {
      title: 'TLS: the visits by https: and wss:',
      invitation: 'say something in secret',
      build: async () => (await import('./tls/app.js')).buildTlsApp(),
    },
  ],
  [
    'scale-out',
    {
      title: 'Scale-out: two processes that are one server, side by side',
      invitation: 'say something to both servers',
      build: async () => (await import('./scale-out/app.js')).buildScaleOutApp(),
    },
  ],
]);
