// Checks a log's folder against C2SP tlog-tiles, tlog-checkpoint and signed-note, written from their text alone.
//
//     node tlog_tiles_check.mjs LOG VKEY [CHECKPOINT]
//
// It shares no code, no language and no library with the program that wrote the log; Node's own modules suffice. It
// prints one JSON object: {"ok": true, "origin", "size", "root", "entries", "tiles"}, or {"ok": false, "why"}.
// The exit code is 0, 1 when something is wrong, 2 when it is called wrongly.

import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const WIDTH = 256n;
const HASH = 32;

class Wrong extends Error {}

const refuse = (why) => {
  throw new Wrong(why);
};

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

// RFC 6962, section 2.1.
const hashOfLeaf = (entry) => sha256(Buffer.of(0), entry);
const hashOfNode = (left, right) => sha256(Buffer.of(1), left, right);

/** MTH over hashes that stand for subtrees of one size each (the last split is at the largest power of two below n). */
function treeHash(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return hashOfNode(treeHash(hashes.slice(0, split)), treeHash(hashes.slice(split)));
}

function base64(text) {
  const data = Buffer.from(text, "base64");
  if (data.toString("base64") !== text) refuse(`no base64: ${JSON.stringify(text)}`);
  return data;
}

// signed-note, "Verifier keys": <name>+hex(key id)+base64(type || key).
function readVkey(text) {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (first < 1 || second < 0) refuse("the verifier key has another form");
  const name = text.slice(0, first);
  const id = Buffer.from(text.slice(first + 1, second), "hex");
  const material = base64(text.slice(second + 1));
  if (material.length !== 33 || material[0] !== 1) refuse("the verifier key is not of type Ed25519");
  const expected = sha256(Buffer.from(`${name}\n`), material).subarray(0, 4);
  if (!id.equals(expected)) refuse("the key id does not belong to this name and key");
  return { name, id, key: material.subarray(1) };
}

// signed-note, "Format": the text ends at the last empty line.
function readNote(data) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  for (const character of text) {
    if (character < " " && character !== "\n") refuse("the note holds a control character");
  }
  const at = text.lastIndexOf("\n\n");
  if (at < 0 || !text.endsWith("\n")) refuse("the note has no signatures");
  const lines = text.slice(at + 2, -1).split("\n");
  const signatures = lines.map((line) => {
    const found = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? refuse("a signature line has another form");
    const blob = base64(found[2]);
    if (blob.length < 5) refuse("a signature line is too short");
    return { name: found[1], id: blob.subarray(0, 4), signature: blob.subarray(4) };
  });
  return { text: text.slice(0, at + 1), signatures };
}

function checkSignature(note, vkey) {
  const prefix = Buffer.from("302a300506032b6570032100", "hex"); // SubjectPublicKeyInfo of Ed25519 (RFC 8410)
  const key = createPublicKey({ key: Buffer.concat([prefix, vkey.key]), format: "der", type: "spki" });
  let signed = false;
  for (const line of note.signatures) {
    if (line.name !== vkey.name || !line.id.equals(vkey.id)) continue;
    if (!verify(null, Buffer.from(note.text), key, line.signature)) refuse("the log's signature does not fit");
    signed = true;
  }
  if (!signed) refuse("the log has not signed this checkpoint");
}

// tlog-checkpoint, "Note text".
function readCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3 || lines.includes("")) refuse("the checkpoint has another form");
  if (!/^(0|[1-9][0-9]*)$/.test(lines[1])) refuse("the checkpoint's size has another form");
  const root = base64(lines[2]);
  if (root.length !== HASH) refuse("the checkpoint's root has not 32 bytes");
  return { origin: lines[0], size: BigInt(lines[1]), root };
}

// tlog-tiles, "Merkle Tree": 1234067 -> x001/x234/067; a partial tile ends in .p/<width>.
function pathOf(level, number, width) {
  let text = String(number % 1000n).padStart(3, "0");
  for (let rest = number / 1000n; rest > 0n; rest /= 1000n) {
    text = `x${String(rest % 1000n).padStart(3, "0")}/${text}`;
  }
  return `tile/${level}/${text}${width === WIDTH ? "" : `.p/${width}`}`;
}

class Log {
  constructor(folder) {
    this.folder = folder;
    this.tiles = 0;
  }

  /** The bytes of a tile or bundle, and how many elements it was asked to hold; a full one may stand for a partial. */
  read(level, number, width) {
    const partial = join(this.folder, pathOf(level, number, width));
    if (existsSync(partial)) return { data: readFileSync(partial), holds: Number(width) };
    const full = join(this.folder, pathOf(level, number, WIDTH));
    if (width !== WIDTH && existsSync(full)) return { data: readFileSync(full), holds: Number(WIDTH) };
    return refuse(`${pathOf(level, number, width)} is missing`);
  }

  hashes(level, number, width) {
    const { data, holds } = this.read(level, number, width);
    if (data.length !== holds * HASH) refuse(`${pathOf(level, number, width)} has ${data.length} bytes`);
    this.tiles += 1;
    return Array.from({ length: Number(width) }, (_, i) => data.subarray(i * HASH, (i + 1) * HASH));
  }

  entries(number, width) {
    const { data, holds } = this.read("entries", number, width);
    const found = [];
    for (let at = 0; at < data.length; ) {
      if (at + 2 > data.length) refuse(`${pathOf("entries", number, width)} is cut short`);
      const end = at + 2 + data.readUInt16BE(at);
      if (end > data.length) refuse(`${pathOf("entries", number, width)} is cut short`);
      found.push(data.subarray(at + 2, end));
      at = end;
    }
    if (found.length !== holds) refuse(`${pathOf("entries", number, width)} holds ${found.length} entries`);
    return found.slice(0, Number(width));
  }
}

/** For each tile of a level that a tree of this many hashes has: its number and its width. */
function* tilesOf(count) {
  for (let number = 0n; number * WIDTH < count; number += 1n) {
    const left = count - number * WIDTH;
    yield [number, left < WIDTH ? left : WIDTH];
  }
}

function checkTree(log, size) {
  let expected = []; // the hashes of the level that is being checked, made from what lies below it
  for (const [number, width] of tilesOf(size)) expected.push(...log.entries(number, width).map(hashOfLeaf));
  const leaves = expected;
  let level = 0;
  while (expected.length > 0) {
    const above = [];
    for (const [number, width] of tilesOf(BigInt(expected.length))) {
      const start = Number(number * WIDTH);
      log.hashes(level, number, width).forEach((hash, i) => {
        if (!hash.equals(expected[start + i])) refuse(`${pathOf(level, number, width)} is wrong at hash ${i}`);
      });
      // Only a full tile is hashed into the level above.
      if (width === WIDTH) above.push(treeHash(expected.slice(start, start + Number(WIDTH))));
    }
    expected = above;
    level += 1;
  }
  return treeHash(leaves);
}

function check(folder, vkeyText, checkpointPath) {
  const vkey = readVkey(vkeyText);
  const note = readNote(readFileSync(checkpointPath ?? join(folder, "checkpoint")));
  checkSignature(note, vkey);
  const checkpoint = readCheckpoint(note.text);
  if (checkpoint.origin !== vkey.name) refuse("the checkpoint is of another log");
  const log = new Log(folder);
  const root = checkTree(log, checkpoint.size);
  if (!root.equals(checkpoint.root)) refuse("entries and tiles give another root than the signed one");
  return {
    ok: true,
    origin: checkpoint.origin,
    size: Number(checkpoint.size),
    root: root.toString("hex"),
    entries: Number(checkpoint.size),
    tiles: log.tiles,
  };
}

const [folder, vkey, checkpoint] = process.argv.slice(2);
if (!folder || !vkey) {
  console.error("node tlog_tiles_check.mjs LOG VKEY [CHECKPOINT]");
  process.exit(2);
}
try {
  console.log(JSON.stringify(check(folder, vkey, checkpoint)));
} catch (error) {
  console.log(JSON.stringify({ ok: false, why: error.message }));
  process.exitCode = 1;
}
