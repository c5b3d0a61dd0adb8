/* Bulk API 2.0: making a job, seeing it through, and finding one again whose id was lost. A job is carried out some time after
 * its requests were answered, so nothing about its records is certain before it is over. */
#include "systems/salesforce/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define TITLE       "Salesforce"
#define POLL_MS     1000
#define POLL_MAX    30000
#define NEAR_MS     20 /* on this machine */
#define NEAR_MAX    500
#define PATIENCE_MS (4 * 3600 * 1000L)
#define TELL_MS     30000

static const char *const json_headers[] = { "Content-Type: application/json; charset=UTF-8", NULL };

static void take_job(const struct json *j, struct bulk_job *job)
{
	const char *id = json_text(json_get(j, "id")), *state = json_text(json_get(j, "state"));
	const char *message = json_text(json_get(j, "errorMessage"));

	if (id)
		snprintf(job->id, sizeof(job->id), "%s", id);
	snprintf(job->state, sizeof(job->state), "%s", state ? state : "");
	snprintf(job->message, sizeof(job->message), "%s", message ? message : "");
	job->processed = json_int(json_get(j, "numberRecordsProcessed"), 0);
	job->failed = json_int(json_get(j, "numberRecordsFailed"), 0);
}

bool bulk_over(const struct bulk_job *job)
{
	return strcmp(job->state, "JobComplete") == 0 || strcmp(job->state, "Failed") == 0 ||
	       strcmp(job->state, "Aborted") == 0;
}

static char *job_url(const struct sobjects *o, const char *kind, const char *id, const char *rest)
{
	return xasprintf("%sjobs/%s%s%s%s", o->root, kind, *id ? "/" : "", id, rest);
}

int bulk_create(struct sobjects *o, const char *kind, const struct buf *body, struct bulk_job *job,
    enum http_fate *fate, struct err *err)
{
	struct answer answer = { 0 };
	char *url = job_url(o, kind, "", "");
	int rc = api_send(
	    o->http, "POST", url, json_headers, body, strcmp(kind, BULK_QUERY) == 0, &answer, err);

	memset(job, 0, sizeof(*job));
	if (rc == 0 && strcasecmp(answer.code, "FEATURENOTENABLED") == 0)
		rc = 1;
	if (rc == 0 && answer_check(&answer, NULL, TITLE, _("a bulk job"), err))
		rc = -1;
	if (rc == 0) {
		take_job(answer.json, job);
		if (strncmp(job->id, "750", 3) != 0)
			rc = err_set(err, ERR_UNAVAILABLE,
			    "Salesforce: the answer names no job; run the same command again");
	}
	*fate = rc < 0 && answer.http.status >= 200 && answer.http.status < 300 ? HTTP_UNCLEAR
										: answer.http.fate;
	answer_reset(&answer);
	free(url);
	return rc;
}

int bulk_ask(struct sobjects *o, const char *kind, struct bulk_job *job, struct err *err)
{
	struct answer answer = { 0 };
	char *url = job_url(o, kind, job->id, "");
	int rc = api_send(o->http, "GET", url, NULL, NULL, true, &answer, err);

	if (rc == 0 && answer.http.status == 404)
		rc = 1;
	else if (rc == 0)
		rc = answer_check(&answer, NULL, TITLE, job->id, err) ? -1 : 0;
	if (rc == 0)
		take_job(answer.json, job);
	answer_reset(&answer);
	free(url);
	return rc;
}

/* In slices, so that a signal is heeded. */
static int pause_for(const struct bulk_job *job, long ms, struct err *err)
{
	for (; ms > 0 && !http_stopped(); ms -= 100)
		nanosleep(&(struct timespec){ .tv_nsec = (ms < 100 ? ms : 100) * 1000000 }, NULL);
	if (!http_stopped())
		return 0;
	err_set(err, ERR_SIGNAL,
	    "Salesforce: stopped while job %s was under way; run the same command again, it goes on "
		  "from there",
	    job->id);
	if (err)
		err->signal = http_stopped();
	return -1;
}

int bulk_wait(struct sobjects *o, const char *kind, struct bulk_job *job, struct err *err)
{
	/* plain http is spoken on this machine only */
	bool near = strncmp(http_origin(o->http), "http://", 7) == 0;
	long pause = near ? NEAR_MS : POLL_MS, waited = 0, told = 0;
	int rc;

	for (;;) {
		rc = bulk_ask(o, kind, job, err);
		if (rc || bulk_over(job))
			return rc;
		if (waited >= PATIENCE_MS)
			return err_set(err, ERR_UNAVAILABLE,
			    "Salesforce: job %s is %s after four hours; run the same command again, it "
				  "goes on from there",
			    job->id, job->state);
		if (waited - told >= TELL_MS) {
			told = waited;
			log_note("Salesforce: job %s is %s, %ld records so far", job->id, job->state,
			    job->processed);
		}
		if (pause_for(job, pause, err) < 0)
			return -1;
		waited += pause;
		pause += pause / 2;
		if (pause > (near ? NEAR_MAX : POLL_MAX))
			pause = near ? NEAR_MAX : POLL_MAX;
	}
}

int bulk_set_state(
    struct sobjects *o, const char *kind, struct bulk_job *job, const char *state, struct err *err)
{
	struct answer answer = { 0 };
	struct buf body = { 0 };
	char *url = job_url(o, kind, job->id, "");

	buf_addf(&body, "{\"state\":\"%s\"}", state);
	/* a job that has the state already refuses to take it again, and no harm is done */
	int rc = api_send(o->http, "PATCH", url, json_headers, &body, true, &answer, err);
	if (rc == 0 && answer.http.status / 100 == 2)
		take_job(answer.json, job);
	else if (rc == 0)
		rc = 1;
	answer_reset(&answer);
	buf_release(&body);
	free(url);
	return rc;
}

void bulk_delete(struct sobjects *o, const char *kind, const struct bulk_job *job)
{
	struct answer answer = { 0 };
	struct err err = { 0 };
	char *url = job_url(o, kind, job->id, "");

	if (api_send(o->http, "DELETE", url, NULL, NULL, false, &answer, &err) < 0)
		log_debug("Salesforce: job %s stays: %s", job->id, err.text);
	answer_reset(&answer);
	free(url);
}

int bulk_get(struct sobjects *o, const char *path, struct answer *out, struct err *err)
{
	static const char *const headers[] = { "Accept: text/csv", NULL };
	char *url = xasprintf("%s%s", o->root, path);
	int rc = api_send(o->http, "GET", url, headers, NULL, true, out, err);

	free(url);
	if (rc < 0)
		return -1;
	if (out->http.status == 200 && !out->html)
		return 0;
	return answer_check(out, NULL, TITLE, path, err) < 0
		   ? -1
		   : err_set(err, ERR_UNAVAILABLE,
			 "Salesforce: %s: no CSV came; run the same command again", path);
}

/* ---- ending ---- */

/* 0 it is over, -1. */
static int end_known(struct sobjects *o, const char *id, struct err *err)
{
	struct bulk_job job = { 0 };
	int rc;

	snprintf(job.id, sizeof(job.id), "%s", id);
	rc = bulk_ask(o, BULK_INGEST, &job, err);
	/* not closed: nothing of it was carried out, and nothing will be */
	if (rc == 0 && strcmp(job.state, "Open") == 0 &&
	    bulk_set_state(o, BULK_INGEST, &job, "Aborted", err) < 0)
		return -1;
	if (rc == 0 && !bulk_over(&job)) {
		log_note("Salesforce: job %s of the run before is still under way; waiting for it", id);
		rc = bulk_wait(o, BULK_INGEST, &job, err);
	}
	return rc < 0 ? -1 : 0;
}

/* A job that is open and empty, for our object, made within a minute of when ours was asked for: taken back where it is the
 * only one; two can't be told apart, and an empty job does nothing but end by itself after a day. */
static int end_lost(struct sobjects *o, const char *object, int64_t since, struct err *err)
{
	struct answer answer = { 0 };
	struct bulk_job job = { 0 };
	char *url = job_url(o, BULK_INGEST, "", "");
	size_t n = 0;
	int rc = 0;

	while (rc == 0 && url) {
		rc = api_send(o->http, "GET", url, NULL, NULL, true, &answer, err);
		rc = rc == 0 && answer_check(&answer, NULL, TITLE, _("bulk jobs"), err) ? -1 : rc;
		for (const struct json *j = rc ? NULL
					       : json_first(json_get(answer.json, "records"));
		     j; j = json_next(j)) {
			const char *of = json_text(json_get(j, "object")),
				   *state = json_text(json_get(j, "state"));
			const char *made = json_text(json_get(j, "createdDate"));
			int64_t at = made ? stamp_parse(made, strlen(made)) : STAMP_NONE;

			if (!of || !state || strcmp(of, object) != 0 ||
			    strcmp(state, "Open") != 0 || at == STAMP_NONE || since == STAMP_NONE ||
			    at < since - 2000000 || at > since + 60000000)
				continue;
			take_job(j, &job);
			n++;
		}
		const char *next = rc ? NULL : json_text(json_get(answer.json, "nextRecordsUrl"));
		char *follow = next ? http_follow(o->http, next, err) : NULL;

		rc = next && !follow ? -1 : rc;
		free(url);
		url = follow;
	}
	free(url);
	answer_reset(&answer);
	if (rc == 0 && n == 1 && (rc = bulk_set_state(o, BULK_INGEST, &job, "Aborted", err)) == 0) {
		log_debug("Salesforce: job %s, whose id was lost, is taken back", job.id);
		bulk_delete(o, BULK_INGEST, &job);
	}
	return rc < 0 ? -1 : 0;
}

int bulk_end(struct sobjects *o, const char *object, const char *id, int64_t since, struct err *err)
{
	return *id ? end_known(o, id, err) : end_lost(o, object, since, err);
}
