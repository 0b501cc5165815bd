import type { FrameData } from '../../src/protocol/message.js';

/** What one step brings: frames in this order and no others, and perhaps the end of the connection. */
export interface Outcome {
  readonly frames: readonly FrameData[];
  /** What the second client receives meanwhile. */
  readonly second?: readonly FrameData[];
  readonly close?: { readonly code: number; readonly reason: string };
}

/** Where this server answers otherwise than neffos. */
export interface Difference extends Outcome {
  /** The rules of "What we do differently" that it follows from. */
  readonly rules: readonly number[];
  readonly why: string;
}

export interface Step {
  readonly by: 'first' | 'second';
  /** A leading `T` stands for the token of the server's last ask. */
  readonly send: readonly FrameData[];
  readonly neffos: Outcome;
  /** The same as neffos when left out. */
  readonly ours?: Difference;
}

/** What is said on new connections to one server. `T` stands for a token of the server's choice. */
export interface Transcript {
  readonly name: string;
  /** `mixed` takes raw messages beside framed ones, `native` takes nothing else. */
  readonly server: 'golden' | 'mixed' | 'native';
  /** What the server's OnConnect does: refuses with `nope; sorry`, or connects `default`. */
  readonly onConnect?: 'refuse' | 'force';
  readonly clients: 1 | 2;
  readonly steps: readonly Step[];
}

type Frames = FrameData | readonly FrameData[];
type More = Partial<Pick<Step, 'by' | 'ours'>> & { readonly second?: Frames; readonly close?: Outcome['close'] };

const list = (frames: Frames): readonly FrameData[] =>
  typeof frames === 'string' || frames instanceof Uint8Array ? [frames] : frames;

const NOTHING: readonly FrameData[] = [];

/** `send` goes out, `receive` comes back from neffos. */
function step(send: Frames, receive: Frames, { by = 'first', second, close, ours }: More = {}): Step {
  const neffos: Outcome = {
    frames: list(receive),
    ...(second !== undefined && { second: list(second) }),
    ...(close && { close }),
  };
  return { by, send: list(send), neffos, ...(ours && { ours }) };
}

function differs(
  rules: readonly number[],
  why: string,
  frames: Frames,
  close?: Outcome['close'],
): { ours: Difference } {
  return { ours: { rules, why, frames: list(frames), ...(close && { close }) } };
}

function transcript(name: string, steps: readonly Step[], more: Partial<Transcript> = {}): Transcript {
  return { name, server: 'golden', clients: 1, steps, ...more };
}

/** A binary frame: text in Latin letters, then any bytes. */
const binary = (text: string, ...bytes: number[]): Uint8Array =>
  Uint8Array.of(...new TextEncoder().encode(text), ...bytes);

const hello = step('M', 'Aid1');
const connectTo = (namespace: string): Step => step(`$c;${namespace};;_OnNamespaceConnect;0;0;`, '$c;;;;;;');
const joined = (room: string): Step => step(`$j;default;${room};_OnRoomJoin;0;0;`, '$j;;;;;;');

const SETTLES = 'every ask settles';
const MALFORMED = 'the third malformed frame within a minute closes';
const invalid = { code: 1008, reason: 'invalid payload' };

const HANDSHAKE: readonly Transcript[] = [
  transcript('M is answered with A and the id', [hello]),
  transcript('whatever follows M is ignored', [step('Mwhatever', 'Aid1')]),
  transcript('a client that reads rich frames is welcome', [step('Mnefeli/1;recover=1', 'Aid1')]),
  transcript('M in a binary frame counts as well', [step(binary('M'), 'Aid1')]),
  transcript('frames before M are answered once it has come', [
    step(
      ['$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;reply;0;0;early', 'M'],
      ['$1;;;;;;', '$2;default;;reply;0;0;re:early', 'Aid1'],
      differs([1], 'A is the first frame we send', ['Aid1', '$1;;;;;;', '$2;default;;reply;0;0;re:early']),
    ),
  ]),
  transcript(
    'a connection that OnConnect refuses gets H and the text',
    [
      step('M', 'Hnope; sorry', {
        close: { code: 1006, reason: '' },
        ...differs([8], 'a close frame says why', 'Hnope; sorry', { code: 1008, reason: 'nope; sorry' }),
      }),
    ],
    { onConnect: 'refuse' },
  ),
];

const NAMESPACES: readonly Transcript[] = [
  transcript('namespaces are connected and disconnected', [
    hello,
    step('$1;default;;_OnNamespaceConnect;0;0;', '$1;;;;;;'),
    step('$2;default;;_OnNamespaceConnect;0;0;', '$2;;;;;;'),
    step(';any;;_OnNamespaceConnect;0;0;', NOTHING),
    step('$3;any;;_OnNamespaceConnect;0;1;', NOTHING),
    step('$4;nope;;_OnNamespaceConnect;0;0;', '$4;nope;;_OnNamespaceConnect;1;0;bad namespace'),
    step('$5;noconnect;;_OnNamespaceConnect;0;0;body', '$5;noconnect;;_OnNamespaceConnect;1;0;not allowed'),
    step('$6;;;_OnNamespaceConnect;0;0;', '$6;;;;;;'),
    step('$7;se@%!semicolon@%!mi;;_OnNamespaceConnect;0;0;', '$7;;;;;;'),
    step(
      '$8;se@%!semicolon@%!mi;;ev@%!semicolon@%!ent;0;0;a;b',
      '$8;se@%!semicolon@%!mi;;ev@%!semicolon@%!ent;0;0;re:a;b',
    ),
    step('$9;;;reply;0;0;x', '$9;;;reply;0;0;re:x'),
    step('$38;default;;_OnNamespaceDisconnect;0;0;', '$38;;;;;;'),
    step('$39;default;;_OnNamespaceDisconnect;0;0;', '$39;;;;;;'),
    step('$40;ghost;;_OnNamespaceDisconnect;0;0;', '$40;;;;;;'),
    step(';se@%!semicolon@%!mi;;_OnNamespaceDisconnect;0;0;', NOTHING),
    step('$41;se@%!semicolon@%!mi;;reply;0;0;there', '$41;se@%!semicolon@%!mi;;reply;0;0;re:there'),
  ]),
  transcript('a namespace that refuses to be left stays', [
    hello,
    connectTo('nodisc'),
    step('$32;nodisc;;_OnNamespaceDisconnect;0;0;', '$32;nodisc;;_OnNamespaceDisconnect;1;0;stay'),
    step('$33;nodisc;;_OnNamespaceConnect;0;0;', '$33;;;;;;'),
  ]),
];

const EVENTS: readonly Transcript[] = [
  transcript('events are answered', [
    hello,
    connectTo('default'),
    step('$8;default;;reply;0;0;a;b;c', '$8;default;;reply;0;0;re:a;b;c'),
    step(';default;;reply;0;0;x', ';default;;reply;0;0;re:x'),
    step('$9;default;;replyempty;0;0;', '$9;default;;replyempty;0;0;'),
    step('$10;default;;fail;0;0;x', '$10;default;;fail;1;0;bad; thing'),
    step(';default;;fail;0;0;x', ';default;;fail;1;0;bad; thing'),
    step('$11;default;;silent;0;0;x', NOTHING, differs([2], SETTLES, '$11;;;;;;')),
    step(';default;;silent;0;0;x', NOTHING),
    step('$12;default;;undeclared;0;0;x', NOTHING, differs([2], SETTLES, '$12;default;;undeclared;1;0;bad event')),
    step(';default;;undeclared;0;0;x', NOTHING),
    step('$13;any;;foo;0;0;x', NOTHING, differs([2], SETTLES, '$13;any;;foo;1;0;bad namespace')),
    step(';any;;foo;0;0;x', NOTHING),
    step('$14;default;;reply;2;x;y', '$14;default;;reply;0;0;re:y'),
    step('$15;default;r9;reply;0;0;x', NOTHING, differs([2], SETTLES, '$15;default;r9;reply;1;0;bad room')),
    step(';default;r9;reply;0;0;x', NOTHING),
    step('$16;default;;reply;0;0;line\r\nbreak', '$16;default;;reply;0;0;re:line\r\nbreak'),
  ]),
  transcript('a body that is marked as JSON is a body as any other', [
    hello,
    step('$c;default;;_OnNamespaceConnect;0;j;{"a":1}', '$c;;;;;;'),
    step('$8;default;;reply;0;j;{"a":";"}', '$8;default;;reply;0;0;re:{"a":";"}'),
    step(';default;;reply;0;j;', ';default;;reply;0;0;re:'),
    step(binary('$9;default;;reply;0;j;{}'), binary('$9;default;;reply;0;0;re:{}')),
    step('$j;default;r1;_OnRoomJoin;0;j;', '$j;;;;;;'),
  ]),
  transcript('OnAnyEvent hears what has no handler', [
    hello,
    connectTo('any'),
    step('$1;any;;foo;0;0;x', '$1;any;;foo;0;0;x'),
    step(';any;;__proto__;0;0;x', ';any;;__proto__;0;0;x'),
  ]),
  transcript('a binary message is answered with a binary one', [
    hello,
    connectTo('default'),
    step(binary('$36;default;;reply;0;0;', 0xff, 0x3b, 0x00), binary('$36;default;;reply;0;0;re:', 0xff, 0x3b, 0x00)),
    step(binary(';default;;reply;0;0;', 0xc3), binary(';default;;reply;0;0;re:', 0xc3)),
    step(binary('$37;default;;fail;0;0;', 0xff), binary('$37;default;;fail;1;0;bad; thing')),
    step(binary('$38;nope;;_OnNamespaceConnect;0;0;'), binary('$38;nope;;_OnNamespaceConnect;1;0;bad namespace')),
    step(binary('$39;any;;_OnNamespaceConnect;0;0;'), '$39;;;;;;'),
  ]),
];

const ROOMS: readonly Transcript[] = [
  transcript('rooms are joined and left', [
    hello,
    connectTo('default'),
    step('$17;default;r1;_OnRoomJoin;0;0;', '$17;;;;;;'),
    step('$18;default;r1;_OnRoomJoin;0;0;', '$18;;;;;;'),
    step(';default;r2;_OnRoomJoin;0;0;', NOTHING),
    step('$20;default;r1;reply;0;0;x', '$20;default;r1;reply;0;0;re:x'),
    step('$21;any;r1;_OnRoomJoin;0;0;', NOTHING, differs([2], SETTLES, '$21;any;r1;_OnRoomJoin;1;0;bad namespace')),
    step('$19;any;r1;_OnRoomLeave;0;0;', NOTHING, differs([2], SETTLES, '$19;any;r1;_OnRoomLeave;1;0;bad namespace')),
    step('$22;default;r1;_OnRoomLeave;0;0;', '$22;;;;;;'),
    step('$23;default;r1;_OnRoomLeave;0;0;', '$23;;;;;;'),
    step('$24;default;;_OnRoomJoin;0;0;', '$24;;;;;;'),
    step('$25;default;a@%!semicolon@%!b;_OnRoomJoin;0;0;', '$25;;;;;;'),
    step('$26;default;a@%!semicolon@%!b;reply;0;0;x', '$26;default;a@%!semicolon@%!b;reply;0;0;re:x'),
    step('$38;default;;_OnNamespaceDisconnect;0;0;', '$38;;;;;;'),
    connectTo('default'),
    step(
      '$39;default;a@%!semicolon@%!b;reply;0;0;x',
      NOTHING,
      differs([2], SETTLES, '$39;default;a@%!semicolon@%!b;reply;1;0;bad room'),
    ),
  ]),
  transcript('OnRoomJoin and OnRoomLeave may refuse', [
    hello,
    connectTo('noroom'),
    step('$27;noroom;r;_OnRoomJoin;0;0;', '$27;noroom;r;_OnRoomJoin;1;0;room closed'),
    connectTo('noleave'),
    step('$29;noleave;r;_OnRoomJoin;0;0;', '$29;;;;;;'),
    step('$30;noleave;r;_OnRoomLeave;0;0;', '$30;noleave;r;_OnRoomLeave;1;0;no leaving'),
    step('$31;noleave;r;_OnRoomLeave;0;0;', '$31;noleave;r;_OnRoomLeave;1;0;no leaving'),
  ]),
  transcript(
    'a broadcast reaches who is joined, and nobody else',
    [
      hello,
      step('M', 'Aid1', { by: 'second' }),
      connectTo('default'),
      step('$c;default;;_OnNamespaceConnect;0;0;', '$c;;;;;;', { by: 'second' }),
      step(';default;;chat;0;0;to others', NOTHING, { second: ';default;;chat;0;0;to others' }),
      step(binary(';default;;chat;0;0;', 0xff), NOTHING, { second: binary(';default;;chat;0;0;', 0xff) }),
      joined('lobby'),
      step(';default;lobby;note;0;0;bc', ';default;lobby;note;0;0;bc'),
      step('$k;default;lobby;_OnRoomJoin;0;0;', '$k;;;;;;', { by: 'second' }),
      step(';default;lobby;note;0;0;bc', ';default;lobby;note;0;0;bc', { second: ';default;lobby;note;0;0;bc' }),
      step(';default;lobby;chat;0;0;hi', NOTHING, { second: ';default;lobby;chat;0;0;hi' }),
      step('$77;default;;chat;0;0;with wait', NOTHING, {
        second: ';default;;chat;0;0;with wait',
        ours: {
          rules: [2, 4],
          why: 'every ask settles, and its token goes to nobody else',
          frames: ['$77;;;;;;'],
          second: [';default;;chat;0;0;with wait'],
        },
      }),
      step('$k;default;lobby;_OnRoomLeave;0;0;', '$k;;;;;;', { by: 'second' }),
      step(';default;lobby;chat;0;0;hi', NOTHING),
    ],
    { clients: 2 },
  ),
];

const FORCED: readonly Transcript[] = [
  transcript(
    'the server connects the client to a namespace',
    [
      step('M', ['Aid1', 'T;default;;_OnNamespaceConnect;0;0;']),
      step('T;;;;;;', ';default;;chat;0;0;welcome'),
      step('$1;default;;reply;0;0;x', '$1;default;;reply;0;0;re:x'),
    ],
    { onConnect: 'force' },
  ),
  transcript('the server joins the client to a room, and takes it out again', [
    hello,
    connectTo('default'),
    step(';default;;forcejoin;0;0;', 'T;default;lobby;_OnRoomJoin;0;0;'),
    step('T;;;;;;', ';default;;done;0;0;forcejoin ok'),
    step('$1;default;lobby;reply;0;0;x', '$1;default;lobby;reply;0;0;re:x'),
    step(';default;;forceleave;0;0;', 'T;default;lobby;_OnRoomLeave;0;0;'),
    step('T;;;;;;', ';default;;done;0;0;forceleave ok'),
    step('$2;default;lobby;reply;0;0;x', NOTHING, differs([2], SETTLES, '$2;default;lobby;reply;1;0;bad room')),
  ]),
  transcript('the server disconnects a namespace', [
    hello,
    connectTo('any'),
    connectTo('default'),
    step(';default;;forcedisconnect;0;0;', 'T;default;;_OnNamespaceDisconnect;0;0;'),
    step('T;;;;;;', ';any;;done;0;0;forcedisconnect ok'),
    step('$1;default;;reply;0;0;x', NOTHING, differs([2], SETTLES, '$1;default;;reply;1;0;bad namespace')),
  ]),
  transcript('the client refuses to join', [
    hello,
    connectTo('default'),
    step(';default;;forcejoin;0;0;x', 'T;default;x;_OnRoomJoin;0;0;'),
    step('T;default;x;_OnRoomJoin;1;0;no thanks', ';default;;done;0;0;forcejoin error: no thanks'),
  ]),
  transcript('the server asks, and the client answers', [
    hello,
    connectTo('default'),
    step(';default;;askme;0;0;', 'T;default;;q;0;0;?'),
    step('T;default;;q;0;0;answer', ';default;;done;0;0;askme ok: answer'),
    step(';default;;askme;0;0;', 'T;default;;q;0;0;?'),
    step('T;default;;q;1;0;no; idea', ';default;;done;0;0;askme error: no; idea'),
  ]),
];

const MALFORMED_FRAMES: readonly Transcript[] = [
  transcript('malformed frames are dropped', [
    hello,
    step('', NOTHING),
    step('hello', NOTHING),
    step('', NOTHING),
    step('a;b;c', NOTHING),
    step('$33;default;;reply;0;0', NOTHING, differs([2], MALFORMED, NOTHING, invalid)),
  ]),
  transcript('frames of the handshake are malformed after it', [
    hello,
    step('M', NOTHING),
    step('Hbye', NOTHING),
    step('Aid2', NOTHING, differs([1, 2], MALFORMED, NOTHING, invalid)),
  ]),
];

const FORGED: readonly Transcript[] = [
  transcript('tokens of the broker are forged', [
    hello,
    connectTo('default'),
    step(
      '$!35;default;;reply;0;0;x',
      '$35;default;;reply;0;0;re:x',
      differs([4], 'a token with "!" as its second character is malformed', NOTHING),
    ),
    step(
      'neffos(0xabc);default;;reply;0;0;x',
      ';default;;reply;0;0;re:x',
      differs([4], 'a token of a private connection id is malformed', NOTHING),
    ),
  ]),
  transcript('replies that nobody waits for change nothing', [
    hello,
    connectTo('default'),
    step(
      '999;default;;reply;0;0;x',
      '999;default;;reply;0;0;re:x',
      differs([5], 'only a token that starts with "$" is an ask', NOTHING),
    ),
    step(
      '#1;default;;reply;0;0;x',
      '#1;default;;reply;0;0;re:x',
      differs([5], 'only a token that starts with "$" is an ask', NOTHING),
    ),
    step(
      ';default;;reply;1;0;oops',
      ';default;;reply;0;0;re:',
      differs([5], 'an error that no ask waits for reaches no handler', NOTHING),
    ),
    step(
      '$1;default;;reply;1;0;oops',
      '$1;default;;reply;0;0;re:',
      differs([5], 'an error is never answered', NOTHING),
    ),
  ]),
  transcript('system events that are no requests are forged', [
    hello,
    connectTo('default'),
    ...['_OnRoomJoined', '_OnRoomLeft', '_OnAnyEvent', '_OnNativeMessage', '_OnWhatever'].flatMap((event) => [
      step(`;default;r;${event};0;0;x`, NOTHING),
      step(
        `$1;default;;${event};0;0;x`,
        NOTHING,
        differs([2, 3], 'refused as an unknown event', `$1;default;;${event};1;0;bad event`),
      ),
    ]),
  ]),
];

const RAW: readonly Transcript[] = [
  transcript(
    'raw messages alone need no handshake',
    [
      step('M', 'native:M'),
      step('$1;default;;_OnNamespaceConnect;0;0;', 'native:$1;default;;_OnNamespaceConnect;0;0;'),
      step(binary('', 0xff, 0x3b), binary('native:', 0xff, 0x3b)),
      step('', NOTHING),
    ],
    { server: 'native' },
  ),
  transcript(
    'raw messages beside framed ones are heard while the empty namespace is connected',
    [
      hello,
      step('raw', NOTHING),
      connectTo(''),
      step('raw', 'native:raw'),
      step('a;b;c', 'native:a;b;c'),
      step('M', 'native:M'),
      step(';;;;;;', NOTHING),
      step('$1;;;echo;0;0;x', '$1;;;echo;0;0;x'),
      step(
        ';;;_OnNativeMessage;0;0;x',
        'native:x',
        differs([3], 'no system event but the four requests comes from the wire', NOTHING),
      ),
      step('$2;;;_OnNamespaceDisconnect;0;0;', '$2;;;;;;'),
      step('raw', NOTHING),
    ],
    { server: 'mixed' },
  ),
];

/** The wire as a real neffos server speaks it, and where this one differs. */
export const TRANSCRIPTS: readonly Transcript[] = [
  ...HANDSHAKE,
  ...NAMESPACES,
  ...EVENTS,
  ...ROOMS,
  ...FORCED,
  ...MALFORMED_FRAMES,
  ...FORGED,
  ...RAW,
];
