// jsforce judges the Salesforce sandbox: signing in, SOQL pages, collections in chunks of 200, Bulk API 2.0, a new token after
// a 401. use: node salesforce-jsforce.js URL CLIENT_SECRET
'use strict';
const assert = require('node:assert');
const { Connection } = require('jsforce');

const [url, clientSecret] = process.argv.slice(2);
const KEY = 'Referral_Identifier__c';

function deal(i, more) {
  return { [KEY]: `J-${i}`, Name: `Peer deal ${i}`, StageName: 'Prospecting', CloseDate: '2027-03-31', Amount: 1000 + i, ...more };
}

async function main() {
  const conn = new Connection({
    instanceUrl: url, loginUrl: url, version: '67.0',
    oauth2: { clientId: 'rejoin', clientSecret, loginUrl: url },
  });
  await conn.authorize({ grant_type: 'client_credentials' });
  assert.ok(conn.accessToken, 'client credentials give a token');
  const wrong = new Connection({ loginUrl: url, oauth2: { clientId: 'rejoin', clientSecret: 'wrong', loginUrl: url } });
  await assert.rejects(wrong.authorize({ grant_type: 'client_credentials' }), /invalid/i);

  // collections: 450 records go as 200 + 200 + 50
  const before = conn.limitInfo.apiUsage ? conn.limitInfo.apiUsage.used : 0;
  const many = Array.from({ length: 450 }, (_, i) => deal(i));
  const made = await conn.sobject('Opportunity').upsert(many, KEY, { allowRecursive: true });
  assert.strictEqual(made.length, 450);
  assert.ok(made.every((r) => r.success && r.created && /^006/.test(r.id)));
  assert.ok(conn.limitInfo.apiUsage.used >= before + 3, 'each answer tells the calls used');
  const again = await conn.sobject('Opportunity').upsert(
    [deal(1, { Amount: 5 }), { [KEY]: 'J-new', Name: 'no stage' }, deal(2, { Nonsense__c: 'x' })], KEY, { allowRecursive: true });
  assert.strictEqual(again[0].created, false);
  assert.strictEqual(again[1].success, false);
  assert.strictEqual(again[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  assert.strictEqual(again[2].success, false);

  // all or none: the good ones come back as rolled back
  const none = await conn.sobject('Opportunity').update(
    [{ Id: made[3].id, Amount: 1 }, { Id: made[4].id, Nonsense__c: 'x' }], { allOrNone: true });
  assert.deepStrictEqual(none.map((r) => r.success), [false, false]);
  assert.strictEqual(none[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
  // one refusal leaves its neighbours alone, answers in the order asked
  const some = await conn.sobject('Opportunity').update([{ Id: made[3].id, Amount: 33 }, { Id: made[4].id, CloseDate: 'soon' },
    { Id: made[5].id, Amount: 55 }], { allOrNone: false });
  assert.deepStrictEqual(some.map((r) => r.success), [true, false, true]);
  const amount = async (i) => (await conn.sobject('Opportunity').retrieve(made[i].id)).Amount;
  assert.deepStrictEqual([await amount(3), await amount(4), await amount(5)], [33, 1004, 55]);
  // 412: a record that moved since is not written
  const patch = (since, body) => conn.request({ method: 'PATCH', url: `/services/data/v67.0/sobjects/Opportunity/${made[6].id}`,
    headers: { 'Content-Type': 'application/json', 'If-Unmodified-Since': since.toUTCString() }, body: JSON.stringify(body) });
  const modified = new Date((await conn.sobject('Opportunity').retrieve(made[6].id)).LastModifiedDate);
  await assert.rejects(patch(new Date(modified - 60000), { Amount: 1 }), (e) => e.errorCode === 'PRECONDITION_FAILED');
  assert.strictEqual(await amount(6), 1006);
  await patch(modified, { Amount: 66 });
  assert.strictEqual(await amount(6), 66);
  // by external id; one id that is not there is no write
  await conn.sobject('Opportunity').upsert({ [KEY]: 'J-8', Amount: 88 }, KEY);
  assert.strictEqual((await conn.query(`SELECT Amount FROM Opportunity WHERE ${KEY} = 'J-8'`)).records[0].Amount, 88);
  await assert.rejects(conn.sobject('Opportunity').update({ Id: '006000000000000AAA', Amount: 1 }), (e) => e.errorCode === 'NOT_FOUND'
    || e.errorCode === 'ENTITY_IS_DELETED' || e.errorCode === 'INVALID_CROSS_REFERENCE_KEY');
  await conn.sobject('Opportunity').destroy(made[440].id);
  await assert.rejects(conn.sobject('Opportunity').retrieve(made[440].id), (e) => e.errorCode === 'ENTITY_IS_DELETED');
  await conn.sobject('Opportunity').upsert(deal(440), KEY);

  // SOQL: pages of 200 until there is no more
  const rows = [];
  let page = await conn.query(`SELECT Id, Name, ${KEY}, Account.Name FROM Opportunity WHERE ${KEY} LIKE 'J-%' ORDER BY Id`,
    { autoFetch: false, headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  assert.strictEqual(page.totalSize, 450);
  rows.push(...page.records);
  while (!page.done) {
    page = await conn.queryMore(page.nextRecordsUrl, { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
    rows.push(...page.records);
  }
  assert.strictEqual(new Set(rows.map((r) => r.Id)).size, 450);
  await assert.rejects(conn.query('SELECT Nonsense__c FROM Opportunity'), (e) => e.errorCode === 'INVALID_FIELD');

  // a token that ran out is renewed once and the request sent again
  let renewed = 0;
  const stale = new Connection({
    instanceUrl: url, accessToken: 'ran-out', version: '67.0',
    refreshFn: (_, done) => { renewed += 1; done(null, conn.accessToken); },
  });
  assert.strictEqual((await stale.query('SELECT Id FROM Organization')).totalSize, 1);
  assert.strictEqual(renewed, 1);

  // Bulk API 2.0, results in another order than they came, each failure by itself
  conn.bulk2.pollInterval = 200;
  conn.bulk2.pollTimeout = 30000;
  const input = [...Array.from({ length: 300 }, (_, i) => deal(i, { Amount: 2000 + i })), deal(900, { CloseDate: undefined }),
    deal(901), deal(901), deal(902)];
  const result = await conn.bulk2.loadAndWaitForResults(
    { object: 'Opportunity', operation: 'upsert', externalIdFieldName: KEY, input });
  assert.strictEqual(result.successfulResults.length, 301);
  assert.strictEqual(result.failedResults.length, 3);
  assert.strictEqual(result.unprocessedRecords.length, 0);
  assert.strictEqual(result.successfulResults.filter((r) => String(r.sf__Created) === 'true').length, 1);
  assert.ok(result.failedResults.every((r) => /^(REQUIRED_FIELD_MISSING|DUPLICATE_VALUE):/.test(r.sf__Error)));
  assert.notDeepStrictEqual(result.successfulResults.slice(0, 300).map((r) => r[KEY]), input.slice(0, 300).map((r) => r[KEY]));
  const check = await conn.query(`SELECT Amount FROM Opportunity WHERE ${KEY} = 'J-7'`);
  assert.strictEqual(check.records[0].Amount, 2007);

  const job = conn.bulk2.createJob({ object: 'Opportunity', operation: 'insert' });
  await job.open();
  assert.strictEqual(job.getInfo().state, 'Open');
  assert.match(job.getInfo().id, /^750.{15}$/);
  await job.abort();
  assert.strictEqual((await job.check()).state, 'Aborted');
  await job.delete();
  await assert.rejects(job.check(), (e) => e.errorCode === 'NOT_FOUND');

  const stream = await conn.bulk2.query(`SELECT Id, Name, Amount FROM Opportunity WHERE ${KEY} LIKE 'J-%'`,
    { pollInterval: 200, pollTimeout: 30000 });
  const read = await stream.toArray();
  assert.strictEqual(read.length, 451);
  console.log('jsforce: all as expected');
}

main().catch((e) => { console.error(e); process.exit(1); });
