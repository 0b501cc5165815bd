import { describe, expect, it } from 'vitest';
import { disposeController } from '../../src/mvc/dispose-controller.js';

describe('disposeController', () => {
  it('awaits each method of preDestroy in order, and then Symbol.asyncDispose', async () => {
    const told: string[] = [];
    const tell = (what: string) => async () => {
      await Promise.resolve();
      told.push(what);
    };
    const controller = {
      flush: tell('flush'),
      stop: tell('stop'),
      [Symbol.asyncDispose]: tell('asyncDispose'),
      [Symbol.dispose]: tell('dispose'),
    };

    await disposeController(controller, ['stop', 'flush']);

    expect(told).toEqual(['stop', 'flush', 'asyncDispose']);
  });

  it('calls Symbol.dispose where there is no other, with this as ever', async () => {
    class Chat {
      isGone = false;
      [Symbol.dispose]() {
        this.isGone = true;
      }
    }
    const chat = new Chat();

    await disposeController(chat, []);

    expect(chat.isGone).toBe(true);
  });

  it('gives each its turn, whatever fails, and throws all that did', async () => {
    const told: string[] = [];
    class Chat {
      stop() {
        throw new RangeError('stop');
      }
      flush() {
        told.push('flush');
      }
      [Symbol.asyncDispose]() {
        return Promise.reject(new RangeError('dispose'));
      }
    }

    await expect(disposeController(new Chat(), ['stop', 'flush'])).rejects.toMatchObject({
      message: 'Chat could not be let go',
      errors: [new RangeError('stop'), new RangeError('dispose')],
    });
    expect(told).toEqual(['flush']);
    await expect(disposeController(new Chat(), ['flush'])).rejects.toEqual(new RangeError('dispose'));
  });
});
