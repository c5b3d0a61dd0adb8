// dynamics-web-api judges the Dataverse sandbox. use: node dataverse.js URL TOKEN
'use strict';
const assert = require('node:assert');
const { DynamicsWebApi } = require('dynamics-web-api');

const [serverUrl, token] = process.argv.slice(2);
const api = new DynamicsWebApi({ serverUrl, dataApi: { version: '9.2' }, onTokenRefresh: async () => token });
const collection = 'opportunities';

async function main() {
  // all pages, each once
  const counted = await api.retrieveMultiple({ collection, select: ['opportunityid'], count: true, maxPageSize: 50 });
  assert.strictEqual(counted.value.length, 50);
  assert.ok(counted.oDataNextLink);
  const all = await api.retrieveAll({ collection, select: ['opportunityid', 'name', 'estimatedvalue'] });
  assert.strictEqual(new Set(all.value.map((o) => o.opportunityid)).size, counted.oDataCount);
  const paged = [];
  let page = await api.retrieveMultiple({ collection, select: ['opportunityid'], maxPageSize: 100 });
  for (;;) {
    paged.push(...page.value);
    if (!page.oDataNextLink) break;
    page = await api.retrieveMultiple({ collection, select: ['opportunityid'], maxPageSize: 100 }, page.oDataNextLink);
  }
  assert.strictEqual(paged.length, counted.oDataCount);

  // an etag that is out of date refuses the write
  const open = (await api.retrieveMultiple({ collection, filter: 'statecode eq 0', top: 3, select: ['name'] })).value;
  const id = open[0].opportunityid;
  const first = await api.retrieve({ collection, key: id, select: ['name'] });
  const done = await api.update({ collection, key: id, data: { description: 'changed by a peer' }, ifmatch: first['@odata.etag'],
    returnRepresentation: true, select: ['description'] });
  assert.strictEqual(done.description, 'changed by a peer');
  assert.strictEqual(await api.update({ collection, key: id, data: { description: 'again' }, ifmatch: first['@odata.etag'] }), false);
  assert.strictEqual((await api.retrieve({ collection, key: id, select: ['description'] })).description, 'changed by a peer');

  // a record under a chosen id: made once, then changed; not made where it must exist
  const mine = '5ad3c0de-0000-4000-8000-000000000001';
  await api.upsert({ collection, key: mine, data: { name: 'Peer deal' } });
  await api.upsert({ collection, key: mine, data: { name: 'Peer deal, renamed' } });
  assert.strictEqual((await api.retrieve({ collection, key: mine, select: ['name'] })).name, 'Peer deal, renamed');
  assert.strictEqual(await api.upsert({ collection, key: mine, data: { name: 'no' }, ifnonematch: '*' }), null);
  await assert.rejects(api.retrieve({ collection, key: '5ad3c0de-0000-4000-8000-00000000ffff' }), (e) => e.status === 404);

  // bulk messages
  const targets = [2, 3].map((n) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.opportunity', name: `Peer deal ${n}`,
    opportunityid: `5ad3c0de-0000-4000-8000-00000000000${n}` }));
  await api.callAction({ collection, actionName: 'Microsoft.Dynamics.CRM.UpsertMultiple', action: { Targets: targets } });
  const found = await api.retrieveMultiple({ collection, filter: "startswith(name,'Peer deal')", select: ['name'] });
  assert.strictEqual(found.value.length, 3);

  // $batch: reads and writes beside each other, each with its own answer
  api.startBatch();
  api.retrieve({ collection, key: mine, select: ['name'] });
  api.update({ collection, key: mine, data: { description: 'from a batch' }, inChangeSet: false });
  const answers = await api.executeBatch();
  assert.strictEqual(answers.length, 2);
  assert.strictEqual(answers[0].name, 'Peer deal, renamed');
  assert.strictEqual((await api.retrieve({ collection, key: mine, select: ['description'] })).description, 'from a batch');

  // with continue-on-error one refusal leaves its neighbours alone
  api.startBatch();
  api.update({ collection, key: mine, data: { description: 'before' }, inChangeSet: false });
  api.update({ collection, key: '5ad3c0de-0000-4000-8000-00000000ffff', data: { description: 'nobody' }, inChangeSet: false });
  api.update({ collection, key: mine, data: { description: 'after' }, inChangeSet: false });
  await api.executeBatch({ continueOnError: true }).catch((e) => assert.ok(e));
  assert.strictEqual((await api.retrieve({ collection, key: mine, select: ['description'] })).description, 'after');

  // 412 among others: each answer in its place, the refused rows as they were, the neighbours written
  const [one, two, three] = open.map((o) => o.opportunityid);
  const before = await api.retrieve({ collection, key: one, select: ['description'] });
  await api.update({ collection, key: one, data: { description: 'somebody was faster' } });
  api.startBatch();
  api.update({ collection, key: one, data: { description: 'stale' }, ifmatch: before['@odata.etag'], inChangeSet: false });
  api.update({ collection, key: two, data: { description: 'fine' }, inChangeSet: false });
  api.update({ collection, key: three, data: { nonsense: 'x' }, inChangeSet: false });
  api.upsert({ collection, key: mine, data: { description: 'exists' }, ifnonematch: '*', inChangeSet: false });
  const mixed = await api.executeBatch({ continueOnError: true });
  assert.deepStrictEqual(mixed.map((r) => r.status ?? 'done'), [412, 'done', 400, 412]);
  assert.strictEqual(mixed[0].error.code, '0x80060882');
  assert.match(mixed[3].error.message, /^A record with matching key values already exists/);
  const told = async (key) => (await api.retrieve({ collection, key, select: ['description'] })).description;
  assert.deepStrictEqual([await told(one), await told(two), await told(mine)], ['somebody was faster', 'fine', 'after']);
  assert.strictEqual(await api.deleteRecord({ collection, key: one, ifmatch: before['@odata.etag'] }), false);
  assert.strictEqual(await told(one), 'somebody was faster');
  // without continue-on-error the first refusal ends the batch: what stood behind it was not run
  api.startBatch();
  api.update({ collection, key: one, data: { description: 'stale' }, ifmatch: before['@odata.etag'], inChangeSet: false });
  api.update({ collection, key: two, data: { description: 'never' }, inChangeSet: false });
  await assert.rejects(api.executeBatch());
  assert.strictEqual(await told(two), 'fine');
  // a stale part takes its change set with it
  api.startBatch();
  api.update({ collection, key: two, data: { description: 'half' } });
  api.update({ collection, key: one, data: { description: 'stale' }, ifmatch: before['@odata.etag'] });
  await assert.rejects(api.executeBatch());
  assert.strictEqual(await told(two), 'fine');

  // bulk messages are all or nothing for such tables, and a key stands once in each
  const typed = (o) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.opportunity', ...o });
  const multiple = (name, rows) => api.callAction({ collection, actionName: `Microsoft.Dynamics.CRM.${name}Multiple`, action: { Targets: rows.map(typed) } });
  await assert.rejects(multiple('Update', [{ opportunityid: two, description: 'bulk' },
    { opportunityid: '5ad3c0de-0000-4000-8000-00000000ffff', description: 'nobody' }]), (e) => e.status === 404);
  assert.strictEqual(await told(two), 'fine');
  await assert.rejects(multiple('Create', [{ name: 'Peer bulk 1' }, { name: 'Peer bulk 2', nonsense: 'x' }]), (e) => e.status === 400);
  const bulk = { collection, filter: "startswith(name,'Peer bulk')", select: ['name'] };
  assert.strictEqual((await api.retrieveMultiple(bulk)).value.length, 0);
  const ids = (await multiple('Create', [{ name: 'Peer bulk 1' }, { name: 'Peer bulk 2' }])).Ids;
  assert.strictEqual(new Set(ids).size, 2);
  assert.strictEqual((await api.retrieve({ collection, key: ids[1], select: ['name'] })).name, 'Peer bulk 2', 'ids in the order asked');
  await assert.rejects(multiple('Upsert', [{ opportunityid: ids[0], name: 'Peer bulk 3' }, { opportunityid: ids[0], name: 'Peer bulk 4' }]));
  assert.strictEqual((await api.retrieveMultiple(bulk)).value.filter((o) => /[34]$/.test(o.name)).length, 0);

  // by alternate key: made, found, changed; a second row of that key is refused
  const REFERRAL = 'msft_microsoftpartnercenterreferralidentifier';
  const byKey = `${REFERRAL}='peer-1'`;
  await api.upsert({ collection, key: byKey, data: { name: 'Peer by key' } });
  await api.upsert({ collection, key: byKey, data: { description: 'by key' } });
  const keyed = await api.retrieve({ collection, key: byKey, select: ['name', 'description', REFERRAL] });
  assert.deepStrictEqual([keyed.name, keyed.description, keyed[REFERRAL]], ['Peer by key', 'by key', 'peer-1']);
  assert.strictEqual((await api.retrieveMultiple({ collection, filter: `${REFERRAL} eq 'peer-1'`, select: ['name'] })).value.length, 1);
  await assert.rejects(api.create({ collection, data: { name: 'Twice', [REFERRAL]: 'peer-1' } }), (e) => e.status === 412);
  await assert.rejects(api.retrieve({ collection, key: `${REFERRAL}='nobody'` }), (e) => e.status === 404);

  // a change set is all or nothing, and its parts may point at what it made
  api.startBatch();
  api.create({ collection: 'accounts', data: { name: 'Peer account' }, contentId: '1' });
  api.update({ collection, key: mine, data: { description: 'with an account', 'customerid_account@odata.bind': '$1' } });
  await api.executeBatch();
  const bound = await api.retrieve({ collection, key: mine, select: ['description', '_customerid_value'] });
  assert.strictEqual(bound.description, 'with an account');
  assert.ok(bound._customerid_value);
  api.startBatch();
  api.update({ collection, key: mine, data: { description: 'half' } });
  api.update({ collection, key: mine, data: { nonsense: 'x' } });
  await assert.rejects(api.executeBatch());
  assert.strictEqual((await api.retrieve({ collection, key: mine, select: ['description'] })).description, 'with an account');

  await api.deleteRecord({ collection, key: mine });
  await assert.rejects(api.retrieve({ collection, key: mine }), (e) => e.status === 404);
  console.log('dynamics-web-api: all as expected');
}

main().catch((e) => { console.error(e); process.exit(1); });
