import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type AttackedHouse, addressOf, filesPermitted, startAttackedHouse, testBothPorts } from "../support/attacked.js";
import { clientHello, openSilent, openTls, sendRaw } from "../support/raw.js";

/** What somebody on the LAN can do with connections, to both ports of the real service. */
let house: AttackedHouse;
before(async () => {
  house = await startAttackedHouse();
});
after(() => house.stop());

testBothPorts(
  (port) => `without an attack, who is awaited is served at ${port}`,
  () => house,
  async (t, attacked) => house.standsAfter(t, attacked, "Baseline"),
);

testBothPorts(
  (port) => `ten thousand connections that say nothing, of one host and of hundreds, keep nobody out of ${port}`,
  () => house,
  async (t, attacked) => {
    const { port } = attacked;
    const wanted = Math.min(10_000, filesPermitted() - 1_000);
    const guest = await attacked.await("In the crowd");
    const neighbour = await attacked.await("At the same address");
    const sockets: Socket[] = [];
    let opened = 0;
    let isDone = false;
    const flood = async (worker: number) => {
      for (let at = worker; at < wanted; at += 64) {
        // Half of them from one address, half from three hundred.
        const socket = await openSilent({ port, from: at % 2 === 0 ? "127.0.1.1" : addressOf(at % 300) });
        if (socket === undefined) continue;
        opened += 1;
        sockets.push(socket);
      }
    };
    const flooding = Promise.all(Array.from({ length: 64 }, (_, worker) => flood(worker))).then(() => {
      isDone = true;
    });
    try {
      await delay(300);
      const wasUnderWay = !isDone;
      const during = await guest.come();
      await flooding;
      const held = sockets.filter((socket) => !socket.destroyed).length;
      t.diagnostic(`${opened} connections opened, ${held} of them held at the end; who was awaited was served in ${during.toFixed(0)} ms`);
      assert.ok(wasUnderWay, "the flood was over before the guest came");
      assert.ok(opened > wanted * 0.9, `only ${opened} of ${wanted} connections could be opened`);
      // Somebody behind the very address that holds its whole share.
      await neighbour.come("127.0.1.1");
      assert.equal((await attacked.ask("/healthz")).status, 200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await house.standsAfter(t, attacked, "After the crowd");
  },
);

testBothPorts(
  (port) => `connections that ask for something now and then, from hundreds of addresses, keep nobody out of ${port}`,
  () => house,
  async (t, attacked) => {
    const { port } = attacked;
    let isOver = false;
    const ask = `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
    const guest = await attacked.await("Among those who ask");
    const asker = await attacked.await("One of those who ask");
    const keep = async (at: number) => {
      while (!isOver) {
        // At the devices' port half of them show a certificate that is good.
        const socket = await openTls({ port, from: addressOf(at), identity: at % 2 === 0 ? asker.identity : undefined });
        while (!isOver && socket?.writable) {
          socket.write(ask);
          await delay(3_000);
        }
        socket?.destroy();
        await delay(100);
      }
    };
    const crowd = Promise.all(Array.from({ length: 540 }, (_, at) => keep(at)));
    try {
      await delay(4_000);
      const statuses: number[] = [];
      const own = { from: "127.0.9.9", ...(guest.identity === undefined ? {} : { identity: guest.identity }) };
      for (let asked = 0; asked < 20; asked++) statuses.push((await attacked.ask("/healthz", own)).status);
      t.diagnostic(`who is awaited was answered ${statuses.filter((status) => status === 200).length} times of 20`);
      assert.ok(statuses.filter((status) => status === 200).length >= 18, statuses.join());
    } finally {
      isOver = true;
      await crowd;
    }
    await house.standsAfter(t, attacked, "After those who ask now and then");
  },
);

test("nine hundred connections of forty-five hosts are never held at the devices' port", { timeout: 120_000 }, async () => {
  const { port } = house.ports[1];
  const sockets = await Promise.all(Array.from({ length: 900 }, (_, at) => openSilent({ port, from: addressOf(at % 45) })));
  try {
    const held = () => sockets.filter((socket) => socket !== undefined && !socket.destroyed).length;
    for (let tries = 0; tries < 80 && held() > 512; tries++) await delay(100);
    assert.ok(held() <= 512, `${held()} connections are held`);
    const { statuses } = await sendRaw({ port }, `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`, 5_000);
    assert.deepEqual(statuses, [200]);
  } finally {
    for (const socket of sockets) socket?.destroy();
  }
});

testBothPorts(
  (port) => `requests that drip, in their headers and in their bodies, keep nobody out of ${port}, and are ended`,
  () => house,
  async (t, attacked) => {
    const { port } = attacked;
    const guest = await attacked.await("Between drops");
    const dripper = await attacked.await("Who drips");
    const head = `Host: localhost:${port}\r\nContent-Type: application/json\r\n`;
    const begins = [`POST ${guest.path} HTTP/1.1\r\n${head}`, `POST ${guest.path} HTTP/1.1\r\n${head}Content-Length: 60000\r\n\r\n{`];
    const dripping: Socket[] = [];
    const open = async (at: number) => {
      // At the devices' port half of them show a certificate that is good.
      const socket = await openTls({ port, from: addressOf(at % 40), identity: at % 4 < 2 ? dripper.identity : undefined });
      if (socket === undefined) return;
      socket.write(begins[at % begins.length] ?? "");
      dripping.push(socket);
    };
    for (let at = 0; at < 800; at += 20) await Promise.all(Array.from({ length: 20 }, (_, more) => open(at + more)));
    const timer = setInterval(() => {
      for (const [at, socket] of dripping.entries()) if (socket.writable) socket.write(at % 2 === 0 ? "X" : " ");
    }, 500);
    try {
      const begun = Date.now();
      const during = await guest.come();
      t.diagnostic(`${dripping.length} dripping connections; who was awaited was served meanwhile in ${during.toFixed(0)} ms`);
      await assertEnded(t, dripping, begun);
    } finally {
      clearInterval(timer);
      for (const socket of dripping) socket.destroy();
    }
    await house.standsAfter(t, attacked, "After the drops");
  },
);

async function assertEnded(told: { diagnostic(text: string): void }, sockets: readonly Socket[], begun: number): Promise<void> {
  const left = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  for (const socket of sockets) socket.resume();
  while (left() > 0 && Date.now() - begun < 60_000) await delay(200);
  assert.equal(left(), 0, "connections are still there after a minute");
  told.diagnostic(`the last of them was ended after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

testBothPorts(
  (port) => `TLS handshakes that never finish, or drip, keep nobody out of ${port}, and are ended`,
  () => house,
  async (t, attacked) => {
    const { port } = attacked;
    const guest = await attacked.await("Between handshakes");
    const hello = await clientHello();
    const begins = [
      hello.subarray(0, 1),
      hello.subarray(0, -1),
      // The service answers that, and waits for the client to finish.
      hello,
      // The longest record that there may be, and not much of it.
      Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0x00]), Buffer.alloc(100)]),
      Buffer.alloc(0),
    ];
    const open = async (at: number) => {
      const socket = await openSilent({ port, from: addressOf(at % 300) });
      socket?.write(begins[at % begins.length] ?? "");
      return socket;
    };
    const begun = Date.now();
    const sockets = (await Promise.all(Array.from({ length: 900 }, (_, at) => open(at)))).filter((socket) => socket !== undefined);
    let dripped = 0;
    const timer = setInterval(() => {
      for (const [at, socket] of sockets.entries())
        if (at % begins.length === begins.length - 1 && socket.writable) socket.write(hello.subarray(dripped, dripped + 1));
      dripped += 1;
    }, 100);
    try {
      const during = await guest.come();
      t.diagnostic(`${sockets.length} handshakes under way; who was awaited was served meanwhile in ${during.toFixed(0)} ms`);
      await assertEnded(t, sockets, begun);
    } finally {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    }
    await house.standsAfter(t, attacked, "After the handshakes");
  },
);
