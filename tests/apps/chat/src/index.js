// A chat: one Durable Object a room, to which everybody's WebSocket leads; and counters.
import { DurableObject } from 'cloudflare:workers';

export class Room extends DurableObject {
  people = new Map();  // WebSocket -> name

  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname.endsWith('/history')) return Response.json(await this.history());
    if (request.headers.get('upgrade') !== 'websocket') return new Response('expected a WebSocket', { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    this.people.set(server, url.searchParams.get('name'));
    server.addEventListener('message', ({ data }) => this.say(this.people.get(server), data));
    server.addEventListener('close', () => this.people.delete(server));
    server.send(JSON.stringify({ history: await this.history() }));
    return new Response(null, { status: 101, webSocket: client });
  }
  async say(name, text) {
    const number = (await this.ctx.storage.get('messages') ?? 0) + 1;
    await this.ctx.storage.put({ messages: number, [`message/${String(number).padStart(9, '0')}`]: `${name}: ${text}` });
    for (const person of this.people.keys()) person.send(JSON.stringify({ number, name, text }));
  }
  async history() {
    return [...(await this.ctx.storage.list({ prefix: 'message/' })).values()];
  }
}

// The same without keeping anybody in memory: the sockets outlive the instance.
let lobbies = 0;
export class Lobby extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.number = ++lobbies;
  }
  fetch(request) {
    const name = new URL(request.url).searchParams.get('name');
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [name, 'everybody']);
    server.serializeAttachment({ name, said: 0 });
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage(socket, text) {
    const { name, said } = socket.deserializeAttachment();
    socket.serializeAttachment({ name, said: said + 1 });
    const heard = JSON.stringify({ instance: this.number, name, said, text, tags: this.ctx.getTags(socket) });
    for (const one of this.ctx.getWebSockets('everybody')) one.send(heard);
  }
}

export class Counter extends DurableObject {
  async increment() {
    const value = (await this.ctx.storage.get('value') ?? 0) + 1;
    await this.ctx.storage.put('value', value);
    return value;
  }
  async value() { return (await this.ctx.storage.get('value')) ?? 0; }
  fill(kib) { return this.ctx.storage.put(`filler/${Math.random()}`, 'x'.repeat(kib << 10)).then(() => 'kept'); }
  empty() { return this.ctx.storage.deleteAll().then(() => 'empty'); }
  block() { return this.ctx.blockConcurrencyWhile(() => new Promise((done) => setTimeout(done, 600_000))); }
  hang() { this.hangs = true; return this.ring(0); }
  async ring(inMs) { await this.ctx.storage.setAlarm(Date.now() + inMs); }
  async alarm() {
    if (this.hangs) await new Promise((done) => setTimeout(done, 600_000));
    await this.ctx.storage.put('rang', ((await this.ctx.storage.get('rang')) ?? 0) + 1);
  }
  async rang() { return (await this.ctx.storage.get('rang')) ?? 0; }
  notes = [];
  note(number, filler) { this.notes.push(number); return filler.length; }
  noted() { return this.notes.splice(0); }
  boom() { throw new RangeError('too far'); }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind, name, method] = pathname.split('/');
    const hint = searchParams.get('hint') ?? undefined;
    if (kind === 'room') return env.ROOMS.getByName(name).fetch(request);
    if (kind === 'lobby') return env.LOBBIES.getByName(name).fetch(request);
    if (kind !== 'counter') return new Response('no such thing', { status: 404 });
    const counter = env.COUNTERS.getByName(name, { locationHint: hint });
    try {
      if (method === 'ringing') {
        const ring = (i) => env.COUNTERS.getByName(`${name}/${i}`).ring(Number(searchParams.get('at')) - Date.now());
        await Promise.all(Array.from({ length: 40 }, (_, i) => ring(i)));
        return Response.json('set');
      }
      if (method === 'rung') {
        const rang = (i) => env.COUNTERS.getByName(`${name}/${i}`).rang();
        return Response.json(await Promise.all(Array.from({ length: 40 }, (_, i) => rang(i))));
      }
      if (method === 'order') {
        // Long arguments take longer on their way than short ones.
        await Promise.all(Array.from({ length: 40 }, (_, i) => counter.note(i, 'x'.repeat(i % 4 === 0 ? 200_000 : 1))));
        return Response.json(await counter.noted());
      }
      return Response.json(await counter[method](Number(searchParams.get('ms'))));
    } catch (error) {
      return Response.json({ name: error.name, message: error.message, remote: error.remote }, { status: 500 });
    }
  },
};
