import { describe, expect, it } from 'vitest';
import { systemEventOf } from '../../src/core/lifecycle-names.js';
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
