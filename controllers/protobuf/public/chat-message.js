// chat.ChatMessage of /chat.proto, as `pbjs --target static-module` would write it: a tag is (number << 3) | type of the wire,
// and a text is of type 2. @source https://protobuf.dev/programming-guides/encoding/

const { Reader, Writer } = globalThis.protobuf;
const USERNAME = (1 << 3) | 2;
const TEXT = (2 << 3) | 2;

/** The bytes of a message. */
export function encode({ username, text }) {
  return Writer.create().uint32(USERNAME).string(username).uint32(TEXT).string(text).finish();
}

/** The message in these bytes. Throws where they are none. */
export function decode(bytes) {
  const reader = Reader.create(bytes);
  const message = { username: '', text: '' };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === USERNAME) message.username = reader.string();
    else if (tag === TEXT) message.text = reader.string();
    else reader.skipType(tag & 7); // fields of a newer schema
  }
  return message;
}
