import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Key and certificate in PEM, as an HTTPS server takes them. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 30;

/** Object identifiers, as DER holds them. @source RFC 5758, section 3.2; RFC 5280, appendix A.1 and section 4.2.1.6 */
const ECDSA_WITH_SHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');

const LOOPBACK = [Buffer.from([127, 0, 0, 1]), Buffer.from([...new Array(15).fill(0), 1])];

/**
 * Makes a certificate for `localhost`, `127.0.0.1` and `::1`, valid for thirty days, with a key that is nowhere else. Nobody
 * vouches for it, so browsers warn: for trying things out, and for tests that trust it by name. On the internet let a
 * certificate authority make one.
 *
 * @source RFC 5280, section 4.1
 */
export function makeSelfSigned(nowMs = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, Buffer.from('localhost')))));
  const names = [tlv(0x82, Buffer.from('localhost')), ...LOOPBACK.map((address) => tlv(0x87, address))];
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.from([0x40, ...randomBytes(15)])), // the serial number: positive, and never the same
    ECDSA_WITH_SHA256,
    name, // who vouches
    sequence(time(nowMs - DAY_MS), time(nowMs + VALID_DAYS * DAY_MS)),
    name, // for whom
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(sequence(SUBJECT_ALT_NAME, tlv(0x04, sequence(...names))))),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, ECDSA_WITH_SHA256, tlv(0x03, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(der) };
}

/** A value of DER: what it is, how long it is, and what it holds. @source ITU-T X.690, section 8.1 */
function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...contents);
}

function integer(bytes: Uint8Array): Buffer {
  return tlv(0x02, bytes);
}

/** Two digits of the year up to 2049, four from then on. @source RFC 5280, section 4.1.2.5 */
function time(atMs: number): Buffer {
  const digits = `${new Date(atMs).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
  return digits < '2050' ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
