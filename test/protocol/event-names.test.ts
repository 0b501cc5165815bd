import { describe, expect, it } from 'vitest';
import { isRequestEvent, isReservedEvent, NATIVE_MESSAGE, SystemEvent } from '../../src/protocol/event-names.js';

const REQUESTS = ['_OnNamespaceConnect', '_OnNamespaceDisconnect', '_OnRoomJoin', '_OnRoomLeave'];
const OTHERS = ['_OnNamespaceConnected', '_OnRoomJoined', '_OnRoomLeft', '_OnAnyEvent', '_OnNativeMessage'];

describe('SystemEvent', () => {
  it("holds neffos's nine names", () => {
    expect(Object.values(SystemEvent).sort()).toEqual([...REQUESTS, ...OTHERS].sort());
  });

  it('names the native message', () => {
    expect(NATIVE_MESSAGE).toBe('_OnNativeMessage');
  });
});

describe('isRequestEvent', () => {
  it.each(REQUESTS)('says yes to %s', (event) => {
    expect(isRequestEvent(event)).toBe(true);
  });

  it.each([...OTHERS, '_OnNamespaceConnect ', '_onNamespaceConnect', 'OnRoomJoin', 'chat', '', '__proto__', 'has'])(
    'says no to %j',
    (event) => {
      expect(isRequestEvent(event)).toBe(false);
    },
  );
});

describe('isReservedEvent', () => {
  it.each([...REQUESTS, ...OTHERS, '_On', '_OnWhatever'])('says yes to %s', (event) => {
    expect(isReservedEvent(event)).toBe(true);
  });

  it.each(['', 'OnChat', '_on', '_onChat', 'chat_On', '__OnChat', '__proto__'])('says no to %j', (event) => {
    expect(isReservedEvent(event)).toBe(false);
  });
});
