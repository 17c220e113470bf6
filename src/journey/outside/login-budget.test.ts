import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginBudget } from './login-budget.ts';

test('LoginBudget: the fourth failure does not happen, at whichever server', () => {
  const budget = new LoginBudget();
  for (const server of ['imap:993', 'smtp:465', 'imap:993']) assert.ok(budget.begin(server, 'taro'));
  assert.equal(budget.begin('smtp:465', 'taro'), null);
  assert.equal(budget.spent, 3);
});

test('LoginBudget: what succeeded or was not looked at is free, once', () => {
  const budget = new LoginBudget();
  for (let round = 0; round < 10; round++) {
    const one = budget.begin('imap:993', 'taro')!;
    one.succeeded();
    one.succeeded();
    budget.begin('imap:993', 'taro')!.notCounted();
  }
  assert.equal(budget.spent, 0);
});

test('LoginBudget: tries under way count, so that two at once cannot go over', () => {
  const budget = new LoginBudget();
  budget.begin('a:1', 'x');
  budget.begin('b:1', 'x');
  const third = budget.begin('c:1', 'x');
  assert.equal(budget.begin('d:1', 'x'), null);
  third!.succeeded();
  assert.ok(budget.begin('d:1', 'x'));
});

test('LoginBudget: at most two forms of the name at one server', () => {
  const budget = new LoginBudget();
  assert.ok(budget.begin('a:1', 'taro@x.test'));
  assert.ok(budget.begin('a:1', 'taro'));
  assert.equal(budget.begin('a:1', 'x.test/taro'), null);
  assert.ok(budget.begin('b:1', 'x.test/taro'));
});
