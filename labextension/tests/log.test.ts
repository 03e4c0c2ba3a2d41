import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LogBuffer } from '../src/model/log';

test('text that comes in pieces makes the same lines', () => {
  const log = new LogBuffer();
  for (const piece of ['on', 'e\ntw', 'o\r\n', '\nthr', 'ee']) {
    log.append(piece);
  }
  assert.deepEqual(log.lines, ['one', 'two', '', 'three']);
});

test('a progress bar that writes over its line is one line', () => {
  const log = new LogBuffer();
  log.append(' 1%\r 50');
  assert.deepEqual(log.lines, [' 50']);
  log.append('%\r100%\nend\n');
  assert.deepEqual(log.lines, ['100%', 'end']);
});

test('what terminals are told is left out', () => {
  const log = new LogBuffer();
  log.append('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007plain\n');
  assert.deepEqual(log.lines, ['red plain']);
});

test('a line without an end is shown in parts', () => {
  const log = new LogBuffer(100, 10);
  log.append('x'.repeat(25));
  assert.deepEqual(
    log.lines.map(line => line.length),
    [10, 10, 5]
  );
  log.append('y\nz');
  assert.deepEqual(log.lines, ['x'.repeat(10), 'x'.repeat(10), 'xxxxxy', 'z']);
});

test('old lines are let go and counted', () => {
  const log = new LogBuffer(10);
  for (let line = 0; line < 100; line++) {
    log.append(`${line}\n`);
  }
  assert.equal(log.dropped + log.lines.length, 100);
  assert.equal(log.lines[log.lines.length - 1], '99');
  assert.ok(log.lines.length <= 11);
});

test('ten megabytes are taken piece by piece', () => {
  const log = new LogBuffer();
  const line = `${'0123456789'.repeat(9)}012345678\n`;
  const piece = line.repeat(655);
  for (let count = 0; count < 160; count++) {
    log.append(piece);
  }
  assert.equal(log.lines.length, 160 * 655);
  assert.equal(log.lines[5000], line.trimEnd());
});

test('it can begin anew', () => {
  const log = new LogBuffer();
  log.append('half a li');
  log.clear();
  log.append('whole\n');
  assert.deepEqual(log.lines, ['whole']);
});
