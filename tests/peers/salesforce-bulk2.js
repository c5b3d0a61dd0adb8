// node-sf-bulk2 judges the sandbox's Bulk API 2.0, call by call and on the raw CSV. use: node salesforce-bulk2.js URL TOKEN
'use strict';
const assert = require('node:assert');
const { BulkAPI2, RESULTTYPE } = require('node-sf-bulk2');

const [instanceUrl, accessToken] = process.argv.slice(2);
const KEY = 'Referral_Identifier__c';
const bulk = new BulkAPI2({ instanceUrl, accessToken, apiVersion: '67.0' });
const lines = (csv) => csv.split('\n').filter((l) => l);
const pause = (ms) => new Promise((r) => { setTimeout(r, ms); });
const status = (code, error) => (e) => e.response && e.response.status === code && (!error || e.response.data[0].errorCode === error);

async function ended(ask, id, seen) {
  for (let i = 0; i < 300; i += 1) {
    const info = await ask.call(bulk, id);
    if (seen && seen.at(-1) !== info.state) seen.push(info.state);
    if (['JobComplete', 'Failed', 'Aborted'].includes(info.state)) return info;
    await pause(30);
  }
  throw new Error(`job ${id} does not end`);
}

async function load(request, csv) {
  const job = await bulk.createDataUploadJob(request);
  assert.strictEqual(await bulk.uploadJobData(job.contentUrl, csv), 201);
  assert.strictEqual((await bulk.closeOrAbortJob(job.id, 'UploadComplete')).state, 'UploadComplete');
  return job.id;
}

async function ingest() {
  const request = { object: 'Opportunity', operation: 'upsert', externalIdFieldName: KEY, lineEnding: 'LF' };
  const job = await bulk.createDataUploadJob(request);
  assert.match(job.id, /^750.{15}$/);
  assert.strictEqual(job.state, 'Open');
  assert.strictEqual(job.apiVersion, 67);
  assert.strictEqual(job.contentUrl, `services/data/v67.0/jobs/ingest/${job.id}/batches`);
  const csv = `${KEY},Name,StageName,CloseDate,Amount,NextStep\n`
    + 'B-1,"Renewal, Oslo",Prospecting,2027-01-29,48000,"say ""hello""\nand go"\n'
    + 'B-2,No date,Prospecting,,1,\nB-3,Third,Prospecting,2027-01-29,3,x\nB-4,Fourth,Prospecting,2027-01-29,many,x\n';
  assert.strictEqual(await bulk.uploadJobData(job.contentUrl, csv), 201);
  await assert.rejects(bulk.uploadJobData(job.contentUrl, csv), (e) => /^Found multiple contents for job/.test(e.response.data[0].message));
  const seen = [(await bulk.closeOrAbortJob(job.id, 'UploadComplete')).state];
  const info = await ended(bulk.getIngestJobInfo, job.id, seen);
  assert.deepStrictEqual(seen, ['UploadComplete', 'InProgress', 'JobComplete']);
  assert.strictEqual(info.numberRecordsProcessed, 4);
  assert.strictEqual(info.numberRecordsFailed, 2);
  const good = await bulk.getResults(job.id, RESULTTYPE.successfulResults);
  assert.ok(good.startsWith(`"sf__Id","sf__Created",${KEY},Name,StageName,CloseDate,Amount,NextStep\n`));
  assert.ok(good.includes('"say ""hello""\nand go"'));
  const bad = await bulk.getResults(job.id, RESULTTYPE.failedResults);
  assert.ok(bad.includes('"","REQUIRED_FIELD_MISSING:Required fields are missing: [CloseDate]:CloseDate --",B-2,'));
  assert.strictEqual(lines(bad).length, 3);
  assert.strictEqual(lines(await bulk.getResults(job.id, RESULTTYPE.unprocessedrecords)).length, 1);
  const list = await bulk.getAllIngestJobInfo();
  assert.ok(list.done && list.records.some((j) => j.id === job.id));
  await bulk.deleteIngestJob(job.id);
  await assert.rejects(bulk.getIngestJobInfo(job.id), status(404, 'NOT_FOUND'));

  // empty keeps, #N/A clears
  let id = await load(request, `${KEY},Name,NextStep,Amount\nB-1,,#N/A,\n`);
  await ended(bulk.getIngestJobInfo, id);
  const row = await query(`SELECT Name, NextStep, Amount FROM Opportunity WHERE ${KEY} = 'B-1'`);
  assert.strictEqual(row, '"Name","NextStep","Amount"\n"Renewal, Oslo","","48000.0"\n');

  // what fails a job as a whole leaves its rows unprocessed
  for (const [text, message] of [[`${KEY},Nonsense__c\nB-9,x\n`, /^InvalidBatch : Field name not found : Nonsense__c$/],
    [`${KEY},Name\r\nB-9,x\r\n`, /^ClientInputError : LineEnding is invalid on user data/]]) {
    id = await load(request, text);
    const failed = await ended(bulk.getIngestJobInfo, id);
    assert.strictEqual(failed.state, 'Failed');
    assert.match(failed.errorMessage, message);
  }
  id = (await bulk.createDataUploadJob(request)).id;
  assert.strictEqual((await bulk.closeOrAbortJob(id, 'Aborted')).state, 'Aborted');
  await assert.rejects(bulk.closeOrAbortJob(id, 'UploadComplete'), status(400, 'INVALIDJOBSTATE'));
  await assert.rejects(bulk.createDataUploadJob({ object: 'Opportunity', operation: 'upsert' }), status(400));

  // an unknown parent fails its row, a known one is found by its key
  id = await load({ object: 'Opportunity', operation: 'upsert', externalIdFieldName: KEY, columnDelimiter: 'SEMICOLON', lineEnding: 'CRLF' },
    `${KEY};Owner.Email\r\nB-1;nobody@example.org\r\n`);
  await ended(bulk.getIngestJobInfo, id);
  assert.match(await bulk.getResults(id, RESULTTYPE.failedResults), /INVALID_FIELD:Foreign key external ID: nobody@example.org not found/);
}

async function multipart() {
  const text = `${KEY},Name,StageName,CloseDate\nB-20,Multipart,Prospecting,2027-01-29\n`;
  const form = new FormData();
  form.append('job', new Blob([JSON.stringify({ object: 'Opportunity', operation: 'upsert', externalIdFieldName: KEY,
    contentType: 'CSV', lineEnding: 'LF' })], { type: 'application/json' }));
  form.append('content', new Blob([text], { type: 'text/csv' }), 'content');
  const answer = await fetch(`${instanceUrl}//services/data/v67.0//jobs/ingest`,
    { method: 'POST', headers: { Authorization: `Bearer ${accessToken}` }, body: form });
  const job = await answer.json();
  assert.strictEqual(job.state, 'UploadComplete');
  assert.match(answer.headers.get('sforce-limit-info'), /^api-usage=\d+\/\d+$/);
  assert.strictEqual((await ended(bulk.getIngestJobInfo, job.id)).numberRecordsFailed, 0);
}

async function query(soql) {
  const job = await bulk.submitBulkQueryJob({ operation: 'query', query: soql });
  await ended(bulk.getBulkQueryJobInfo, job.id);
  const answer = await bulk.getBulkQueryResults(job.id);
  await bulk.deleteBulkQueryJob(job.id);
  return answer.data;
}

async function queries() {
  const job = await bulk.submitBulkQueryJob({ operation: 'query', query: 'SELECT Id, Name, Account.Name, SystemModstamp FROM Opportunity' });
  assert.strictEqual(job.state, 'UploadComplete');
  assert.strictEqual(job.object, 'Opportunity');
  await assert.rejects(bulk.deleteBulkQueryJob(job.id), status(400, 'API_ERROR'));
  const info = await ended(bulk.getBulkQueryJobInfo, job.id);
  const ids = new Set();
  let locator; let pages = 0;
  do {
    const page = await bulk.getBulkQueryResults(job.id, locator, 100);
    const rows = lines(page.data);
    assert.strictEqual(rows[0], '"Id","Name","Account.Name","SystemModstamp"', 'every page begins with the header');
    assert.strictEqual(rows.length - 1, Number(page.headers['sforce-numberofrecords']));
    rows.slice(1).forEach((r) => ids.add(r.split(',')[0]));
    locator = page.headers['sforce-locator'];
    pages += 1;
  } while (locator !== 'null' && pages < 100);
  assert.strictEqual(ids.size, info.numberRecordsProcessed);
  assert.ok(pages > 2);
  const links = await bulk.getBulkQueryResultPages(job.id);
  assert.ok((await bulk.getResultPage(links.resultPages[0].resultUrl)).data.startsWith('"Id",'));
  const older = new BulkAPI2({ instanceUrl, accessToken, apiVersion: '66.0' });
  await assert.rejects(older.getBulkQueryResults(job.id), status(409));
  await bulk.deleteBulkQueryJob(job.id);
  const next = await bulk.submitBulkQueryJob({ operation: 'query', query: 'SELECT Id FROM Account' });
  assert.strictEqual((await bulk.abortBulkQueryJob(next.id)).state, 'Aborted');
  assert.ok((await bulk.getAllBulkQueryJobInfo()).records.length > 0);
  await assert.rejects(bulk.submitBulkQueryJob({ operation: 'query', query: 'SELECT COUNT() FROM Account' }), status(400));
}

ingest().then(multipart).then(queries).then(
  () => console.log('node-sf-bulk2: all as expected'),
  (e) => { console.error(e.response ? [e.response.status, e.response.data, e.stack] : e); process.exit(1); });
