// Each thing that can happen to a request, on each kind of request: what was lost comes once more,
// and nothing twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSON_ } from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';

const KINDS = ['a pull', 'a pull that carries a reply', 'a post'] as const;
const FAULTS = [
  'request lost',
  'answer lost',
  'answer empty',
  'answer cut',
  'answer twice',
] as const;

for (const kind of KINDS) {
  for (const fault of FAULTS) {
    test(`${kind}: ${fault}`, async () => {
      const go = await started();
      const got: number[] = [];
      const replies = kind === 'a pull that carries a reply';
      const { lane, channel } = await go.channel<number, number>(1 << 16, (n) => {
        got.push(n);
        if (replies) channel.trySend(n);
      });
      const message = (n: number) => go.run(lane, [{ kind: JSON_, payload: `${n}` }]);
      const up = () => go.on(lane, JSON_).map(({ payload }) => Number(Buffer.from(payload)));

      // The request.
      go.autoPost = false;
      let losing = fault === 'request lost';
      go.losing = () => {
        const now = losing;
        losing = false;
        return now;
      };
      const before = new Set(go.requests);
      if (kind === 'a pull') {
        go.pulls[0].reply({ status: 204 });
        await settle();
      } else if (replies) {
        await go.send(message(0));
      } else {
        assert.ok(channel.trySend(0));
      }
      await go.clock.advance(2000);
      const fresh = go.requests.filter((request) => !before.has(request));
      assert.equal(fresh.length, 1, 'one request reaches Go');
      const [request] = fresh;
      assert.equal(losing, false);
      assert.equal(request.isPull, kind !== 'a post');
      assert.equal(request.batch.number === 0, kind === 'a pull');

      // What happens to it.
      const batch = go.batch([message(1)]);
      if (fault === 'request lost') {
        request.answer(batch);
      } else if (fault === 'answer twice') {
        request.answer(batch);
        await settle();
        go.pulls[0].answer(batch);
      } else {
        if (fault === 'answer lost') request.fail();
        else request.answer(batch.subarray(0, fault === 'answer empty' ? 0 : batch.length - 4));
        await go.clock.advance(2000);
        const again = go.requests.find((o) => o.slot === request.slot && !o.answered);
        assert.ok(again, 'it is made again');
        assert.equal(again.batch.request, request.batch.request + 1);
        assert.equal(again.batch.number, request.batch.number, 'with what it carried');
        assert.equal(again.batch.receipt, replies ? 2 : 1, 'without a receipt for what was lost');
        assert.deepEqual(got, replies ? [0] : []);
        again.answer(batch);
      }
      await settle();

      // Afterwards.
      go.autoPost = true;
      for (const post of go.posts) post.reply({ status: 204 });
      await go.clock.advance(2000);
      await go.send(message(2));
      assert.ok(channel.trySend(9));
      await go.clock.advance(2000);
      assert.deepEqual(got, replies ? [0, 1, 2] : [1, 2]);
      const sent = { 'a pull': [9], 'a pull that carries a reply': [0, 1, 2, 9], 'a post': [0, 9] };
      assert.deepEqual(up(), sent[kind]);
      assert.equal(go.receipt, replies ? 4 : 3, 'every batch has its receipt');
      assert.equal(go.api.session.state, 'open');
    });
  }
}
