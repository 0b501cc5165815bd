import 'reflect-metadata';
import v8 from 'node:v8';
import { Container, decorate, inject, injectable } from 'inversify';
const base = '/work/main/dist';
const { Server } = await import(base + '/server/server.js');
const { prepare } = await import(base + '/fastify/prepare.js');
const { Namespace, NSConn } = await import(base + '/index.js');
const { WsSocket } = await import(base + '/transport/ws-socket.js');
class Log {}
class Echo { constructor(ns, log) { this.ns = ns; this.log = log; } onEcho(msg) { this.ns.emit('echo', msg.body); } }
Namespace('default')(Echo); decorate(injectable(), Echo); decorate(inject(NSConn), Echo, 0); decorate(inject(Log), Echo, 1);
const container = new Container(); container.bind(Log).toConstantValue(new Log());
const log = { debug() {}, info() {}, warn() {}, error: console.error };
const prepared = await prepare({ container, controllers: [Echo] }, log);
const server = new Server({ ...prepared.options, log });
class FakeSocket { isOpen = true; bufferedBytes = 0; listen(l) { this.l = l; } send() {} ping() {} pause() {} resume() {} close() {} terminate() {} }
const N = 5000; const keep = [];
const request = {};
const mk = async (n) => { for (let i = 0; i < n; i++) { const s = new FakeSocket(); keep.push(s); server.accept(s, { id: 'id' + keep.length, request, user: undefined, log, reconnectTries: 0, address: '1' }); s.l.onFrame('M'); s.l.onFrame('$1;default;;_OnNamespaceConnect;0;0;'); } await new Promise((r) => setTimeout(r, 200)); for (const s of keep.slice(-n)) s.l.onFrame('$2;default;r' + Math.random() + ';_OnRoomJoin;0;0;'); await new Promise((r) => setTimeout(r, 200)); };
await mk(100); gc(); gc(); const a = process.memoryUsage(); await mk(N); gc(); gc(); await new Promise((r) => setTimeout(r, 50)); gc(); const b = process.memoryUsage();
console.log('bytes per conn', ((b.heapUsed - a.heapUsed) / N).toFixed(0), 'external', ((b.external - a.external) / N).toFixed(0));
if (process.argv[2]) { const f = v8.writeHeapSnapshot('/tmp/heap.heapsnapshot'); const s = JSON.parse((await import('node:fs')).readFileSync(f, 'utf8')); const { node_fields, node_types } = s.snapshot.meta; const L = node_fields.length; const ti = node_fields.indexOf('type'), ni = node_fields.indexOf('name'), si = node_fields.indexOf('self_size'); const m = new Map(); for (let i = 0; i < s.nodes.length; i += L) { const k = node_types[0][s.nodes[i + ti]] + ' ' + s.strings[s.nodes[i + ni]].slice(0, 50); const e = m.get(k) ?? [0, 0]; e[0]++; e[1] += s.nodes[i + si]; m.set(k, e); } for (const [k, [c, z]] of [...m].sort((x, y) => y[1][1] - x[1][1]).slice(0, 45)) console.log((c / N).toFixed(2), (z / N).toFixed(0) + 'B', k); }
process.exit();
