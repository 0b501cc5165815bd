import { describe, expect, it } from 'vitest';
import { editDistance } from '../../src/core/edit-distance.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['same', 'same', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['onRoomJoin', 'onRoomJoined', 2],
    ['onRoomJoin', 'onRoomJon', 1],
    ['onRoomJoin', 'onRoomJain', 1],
    ['onRoomJoin', 'onRoomPin', 2],
    ['kitten', 'sitting', 3],
  ])('counts what is put in, taken out and replaced between %j and %j', (a, b, distance) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
  });

  it.each([
    ['ab', 'ba', 1],
    ['onRoomJoin', 'onRoomJion', 1],
    ['abcd', 'badc', 2],
    ['ca', 'abc', 3],
  ])('counts two neighbours that are swapped once, %j for %j', (a, b, distance) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
  });
});
