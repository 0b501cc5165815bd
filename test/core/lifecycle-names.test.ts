import { describe, expect, it } from 'vitest';
import { nearestLifecycleNames, refuseMisspelt, systemEventOf } from '../../src/core/lifecycle-names.js';
import { SystemEvent } from '../../src/protocol/event-names.js';

describe('systemEventOf', () => {
  it.each(Object.entries(SystemEvent))('knows %s in every spelling of neffos', (name, event) => {
    expect([systemEventOf(`on${name}`), systemEventOf(`On${name}`), systemEventOf(`_On${name}`)]).toEqual([
      event,
      event,
      event,
    ]);
  });

  it.each(['chat', 'onChat', 'NamespaceConnect', 'onroomjoin', '', '_', 'On', 'constructor', '__proto__'])(
    'knows nothing of %j',
    (member) => {
      expect(systemEventOf(member)).toBeUndefined();
    },
  );
});

describe('nearestLifecycleNames', () => {
  it.each([
    ['onNamespaceConected', 'onNamespaceConnected'],
    ['OnNamespaceConected', 'onNamespaceConnected'],
    ['_OnNamespaceConected', 'onNamespaceConnected'],
    ['onNamspaceConect', 'onNamespaceConnect'],
    ['onNameSpaceDisconnect', 'onNamespaceDisconnect'],
    ['onNamespaceDisconnected', 'onNamespaceDisconnect'],
    ['onNamespaceConnnect', 'onNamespaceConnect'],
    ['onRoomJoind', 'onRoomJoin', 'onRoomJoined'],
    ['onRoomJion', 'onRoomJoin'],
    ['onRoomLeaves', 'onRoomLeave'],
    ['onRoomleft', 'onRoomLeft'],
    ['onroomjoin', 'onRoomJoin'],
    ['ONANYEVENT', 'onAnyEvent'],
    ['onAnyEvents', 'onAnyEvent'],
    ['onNativMesage', 'onNativeMessage'],
    ['onConnect', 'onNamespaceConnect', 'onNamespaceConnected'],
    ['OnConnected', 'onNamespaceConnected'],
    ['onDisconnect', 'onNamespaceDisconnect'],
    ['onDisconnected', 'onNamespaceDisconnect'],
  ])('are for %s %s', (member, ...nearest) => {
    expect(nearestLifecycleNames(member)).toEqual(nearest);
  });

  it.each([
    ['onRoomPin'],
    ['connect'],
    ['disconnect'],
    ['onDisconnectAll'],
    ['onJoinRoom'],
    ['onRoomSave'],
    ['onRoomMoved'],
    ['onRoomList'],
    ['onRoomLeap'],
    ['onChat'],
    ['onNamespace'],
    ['onNamespaceList'],
    ['onAnyone'],
    ['onNative'],
    ['roomJoin'],
    ['namespaceConnected'],
    ['onlineUsers'],
    ['chat'],
    [''],
    ['constructor'],
    ['on'],
  ])('are none for the event %s', (member) => {
    expect(nearestLifecycleNames(member)).toEqual([]);
  });
});

describe('refuseMisspelt', () => {
  it('throws LIFECYCLE_MISSPELT with the member, the right name and the way out', () => {
    expect(() => refuseMisspelt('Chat.onRoomJoind', 'onRoomJoind', undefined)).toThrow(
      'LIFECYCLE_MISSPELT: Chat.onRoomJoind is almost onRoomJoin or onRoomJoined, but not quite, so it would never be told. ' +
        "Rename it to onRoomJoin or onRoomJoined; if it is meant as an event, name that with @On('…').",
    );
  });

  it.each(Object.entries(SystemEvent))('takes %s, however near another name is', (name, event) => {
    expect(() => refuseMisspelt('Chat', `on${name}`, event)).not.toThrow();
  });
});
