/* The report as one page: style and script stand in it, nothing is fetched, and a policy in the page forbids that it ever
 * is. It is well-formed XML too, so that any reader can take it apart. Rows are written as they come. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/outfile.h"
#include "core/text.h"
#include "mapping/report.h"

struct html_report {
	const struct report_info *info;
	int lang;
	struct outfile out;
	FILE *file;
	long rows;
};

/* Neither part may hold a less-than sign or an ampersand outside its CDATA. */
static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1b1b1f;--soft:#5b5d66;--line:#d5d7de;--head:#f1f3f7;--mark:#0b5cad;"
    "--error:#b3261e;--warning:#7a5200;--info:#3d5a80}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#17181c;--text:#e7e8ec;--soft:#a5a8b3;--line:#3a3d47;--head:#22242b;"
    "--mark:#8ab8f0;--error:#ff8a80;--warning:#f0c060;--info:#9fc0e8}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:120rem;background:var(--back);color:var(--text);"
    "font:15px/1.45 system-ui,\"Segoe UI\",\"Noto Sans\",sans-serif}\n"
    "h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}p{margin:.25rem 0;color:var(--soft)}\n"
    ".counts{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;padding:0;margin:.5rem 0;list-style:none}.counts b{font-size:1.2rem}\n"
    ".wide{overflow-x:auto;border:1px solid var(--line);border-radius:6px}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th{background:var(--head);text-align:left;vertical-align:bottom;padding:0}\n"
    "#causes td:nth-child(3){min-width:16rem}\n"
    "td{border-top:1px solid var(--line);padding:.35rem .6rem;vertical-align:top;unicode-bidi:plaintext;overflow-wrap:anywhere}\n"
    "td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}\n"
    /* fixed widths: the browser need not measure every row of thousands */
    "#findings{min-width:140rem;table-layout:fixed}"
    "#findings th:nth-child(1),#findings th:nth-child(5),#findings th:nth-child(9){width:7rem}"
    "#findings th:nth-child(2),#findings th:nth-child(3),#findings th:nth-child(7){width:9.5rem}"
    "#findings th:nth-child(4),#findings th:nth-child(6){width:11rem}#findings th:nth-child(8){width:5rem}"
    "#findings th:nth-child(10){width:18rem}#findings th:nth-child(12){width:8rem}#findings th:nth-child(13),#findings th:nth-child(14){width:6.5rem}\n"
    "#findings td:nth-child(2),#findings td:nth-child(3),#findings td:nth-child(6){font-family:ui-monospace,monospace;"
    "font-size:.8rem}#findings td:nth-child(12),#findings td:nth-child(14){text-align:right}\n"
    "tr.e>td.s{color:var(--error);font-weight:600}tr.w>td.s{color:var(--warning);font-weight:600}tr.i>td.s{color:var(--info)}\n"
    "button,input,select{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);border-radius:4px;"
    "padding:.3rem .5rem;max-width:100%}\n"
    "button{cursor:pointer}th button{border:0;background:none;font-weight:600;padding:.4rem .6rem;width:100%;text-align:left}th.n button{text-align:right}\n"
    "th button::after{content:\"\\2195\";opacity:.35;margin-left:.35em}th[aria-sort=ascending] button::after{content:\"\\2191\";opacity:1}"
    "th[aria-sort=descending] button::after{content:\"\\2193\";opacity:1}\n"
    "td button{color:var(--mark);font-weight:600;padding:.05rem .4rem}\n"
    ":focus-visible{outline:3px solid var(--mark);outline-offset:1px}\n"
    ".tools{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;margin:.5rem 0}.tools label{display:grid;font-size:.85rem;"
    "color:var(--soft)}.tools label>*{color:var(--text);font-size:1rem}.tools .phone{display:none}\n"
    "@media (max-width:50rem){body{padding:.6rem}.tools .phone{display:grid}#findings,#causes{min-width:0}thead{display:none}"
    "table,tbody,tr,td{display:block;width:100%}.wide{border:0}tr{border:1px solid var(--line);border-radius:6px;"
    "margin:0 0 .6rem;padding:.25rem .5rem}tr[hidden]{display:none}td,#findings td{border:0;min-width:0;padding:.15rem 0;"
    "text-align:left;white-space:normal}td.n{text-align:left;white-space:normal}#findings td:nth-child(12),"
    "#findings td:nth-child(14){text-align:left}"
    "td{display:grid;grid-template-columns:8.5rem 1fr;gap:.5rem}td:empty{display:none}td button{justify-self:start}"
    "td::before{color:var(--soft);font:.8rem/1.8 system-ui,sans-serif}.tools label{flex:1 1 9rem}"
    ".tools label>*{width:100%}}\n"
    "@media print{.tools,.phone{display:none}.wide{overflow:visible}}\n";

static const char script[] =
    "(function(){\"use strict\";\n"
    "var list=function(x){return Array.prototype.slice.call(x)},id=function(x){return document.getElementById(x)};\n"
    "var body=id(\"rows\"),rows=list(body.rows),said=id(\"shown\");\n"
    "var search=id(\"search\"),rule=id(\"rule\"),severity=id(\"severity\"),side=id(\"side\"),by=id(\"by\");\n"
    "var cell=function(r,i){return r.cells[i].textContent};\n"
    "rows.forEach(function(r){r.words=r.textContent.toLowerCase()});\n"
    "function filter(){var words=search.value.toLowerCase().split(/\\s+/).filter(Boolean),n=0;\n"
    " rows.forEach(function(r){\n"
    "  var on=(!rule.value||cell(r,7)===rule.value)&&(!severity.value||cell(r,8)===severity.value)&&\n"
    "   (!side.value||cell(r,0)===side.value)&&words.every(function(w){return r.words.indexOf(w)>=0});\n"
    "  if(r.hidden===on)r.hidden=!on;if(on)n++});\n"
    " said.textContent=n.toLocaleString(document.documentElement.lang)}\n"
    "var collator=new Intl.Collator(document.documentElement.lang,{numeric:true});\n"
    "function sort(table,at,down){var b=table.tBodies[0],heads=list(table.tHead.rows[0].cells);\n"
    " var number=heads[at].className===\"n\",rs=list(b.rows).map(function(r,i){\n"
    "  var t=cell(r,at);return{r:r,i:i,t:t,v:t===\"\"?null:number?parseFloat(t):t}});\n"
    " rs.sort(function(x,y){if(x.v===null||y.v===null)return(x.v===null)-(y.v===null)||x.i-y.i;\n"
    "  var c=number?x.v-y.v:collator.compare(x.t,y.t);return(down?-c:c)||x.i-y.i});\n"
    " var f=document.createDocumentFragment();rs.forEach(function(x){f.appendChild(x.r)});b.appendChild(f);\n"
    " heads.forEach(function(h,i){h.setAttribute(\"aria-sort\",i===at?(down?\"descending\":\"ascending\"):\"none\")})}\n"
    "list(document.querySelectorAll(\"th button\")).forEach(function(b){b.addEventListener(\"click\",function(){\n"
    " var h=b.parentNode,was=h.getAttribute(\"aria-sort\"),t=h.parentNode.parentNode.parentNode;\n"
    " var down=was===\"ascending\"||(was===\"none\"&&h.className===\"n\");sort(t,h.cellIndex,down);\n"
    " if(t.id===\"findings\")by.value=String(h.cellIndex)})});\n"
    "by.addEventListener(\"change\",function(){if(by.value!==\"\")sort(id(\"findings\"),+by.value,false)});\n"
    "id(\"order\").addEventListener(\"click\",function(){var t=id(\"findings\"),i=by.value===\"\"?0:+by.value;\n"
    " sort(t,i,t.tHead.rows[0].cells[i].getAttribute(\"aria-sort\")===\"ascending\")});\n"
    "var wait=0;search.addEventListener(\"input\",function(){clearTimeout(wait);wait=setTimeout(filter,150)});\n"
    "[rule,severity,side].forEach(function(s){s.addEventListener(\"change\",filter)});\n"
    "id(\"reset\").addEventListener(\"click\",function(){search.value=rule.value=severity.value=side.value=\"\";filter();search.focus()});\n"
    "list(document.querySelectorAll(\"td button\")).forEach(function(b){b.addEventListener(\"click\",function(){\n"
    " search.value=severity.value=side.value=\"\";rule.value=b.textContent;filter();id(\"list\").scrollIntoView();rule.focus()})});\n"
    "filter()})();\n";

/* Text between tags or in a quoted attribute. What XML has no place for becomes U+FFFD. */
static void add_text(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned cp = 0;
		size_t k = utf8_decode(s + i, n - i, &cp);
		if (!k || (cp < 0x20 && cp != '\t' && cp != '\n') || cp == 0x7f || cp == 0xfffe || cp == 0xffff)
			buf_adds(b, cp == '\r' && k ? "\n" : "\xef\xbf\xbd");
		else if (cp == '&')
			buf_adds(b, "&amp;");
		else if (cp == '<')
			buf_adds(b, "&lt;");
		else if (cp == '>')
			buf_adds(b, "&gt;");
		else if (cp == '"')
			buf_adds(b, "&quot;");
		else if (cp == '\'')
			buf_adds(b, "&#39;");
		else
			buf_add(b, s + i, k);
		i += k ? k : 1;
	}
}

static void add(struct buf *b, const char *s)
{
	add_text(b, s, strlen(s));
}

static int put(struct html_report *h, struct buf *b, struct err *err)
{
	bool ok = !b->over && fwrite(b->s, 1, b->len, h->file) == b->len;
	buf_release(b);
	return ok ? 0 : err_set(err, ERR_FAILED, "%s cannot be written: %s", h->out.path, strerror(errno));
}

static const char *say(const struct html_report *h, enum rules_text which)
{
	return rules_template(which, h->lang);
}

static void add_heading(struct buf *b, const char *text, bool number)
{
	buf_addf(b, "<th scope=\"col\"%s aria-sort=\"none\"><button type=\"button\">", number ? " class=\"n\"" : "");
	add(b, text);
	buf_adds(b, "</button></th>");
}

/* On a phone a row is a card: the headings come before the cells by style, so that no row repeats them. */
static void add_labels(struct buf *b, const char *table, int column, const char *text)
{
	buf_addf(b, "@media (max-width:50rem){%s td:nth-child(%d)::before{content:\"", table, column + 1);
	for (const char *s = text; *s; s++)
		if (*s != '"' && *s != '\\' && *s != '<' && *s != '&' && *s != ']' && *s != '\n')
			buf_addc(b, *s);
	buf_adds(b, "\"}}\n");
}

static void add_label_open(struct buf *b, const char *text, const char *class)
{
	buf_addf(b, "<label%s>", class);
	add(b, text);
}

static void add_option(struct buf *b, const char *value, const char *text)
{
	buf_adds(b, "<option value=\"");
	add(b, value);
	buf_adds(b, "\">");
	add(b, text);
	buf_adds(b, "</option>");
}

/* For each currency what a cause alone holds up, then for each what is at stake. */
static const char *money_heading(const struct html_report *h, size_t i, struct arena *a)
{
	const struct causes *c = h->info->causes;
	return RULES_SAY(a, h->lang, i < c->n_currencies ? RT_COL_FREED_IN : RT_COL_STAKE_IN, c->currency[i % c->n_currencies]);
}

static void add_causes(struct html_report *h, struct buf *b)
{
	const struct causes *c = h->info->causes;
	struct arena a = { 0 };
	buf_adds(b, "<section aria-labelledby=\"c\">\n<h2 id=\"c\">");
	add(b, say(h, RT_CAUSES));
	buf_adds(b, "</h2>\n<p>");
	add(b, say(h, c->n ? RT_CAUSES_NOTE : RT_NOTHING_FOUND));
	buf_adds(b, "</p>\n<div class=\"wide\"><table id=\"causes\"><thead><tr>");
	add_heading(b, say(h, RT_COL_RULE), false);
	add_heading(b, say(h, RT_COL_SEVERITY), false);
	add_heading(b, say(h, RT_COL_CAUSE), false);
	add_heading(b, say(h, RT_COL_DEALS), true);
	add_heading(b, say(h, RT_COL_HELD), true);
	add_heading(b, say(h, RT_COL_ALONE), true);
	for (size_t i = 0; i < 2 * c->n_currencies; i++)
		add_heading(b, money_heading(h, i, &a), true);
	buf_adds(b, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < c->n; i++) {
		const struct cause *k = &c->cause[i];
		buf_addf(b, "<tr class=\"%c\"><td><button type=\"button\">", severity_names[k->severity][0]);
		add(b, k->rule->id);
		buf_adds(b, "</button></td><td class=\"s\">");
		add(b, report_severity(k->severity, h->lang));
		buf_adds(b, "</td><td>");
		add(b, h->lang == RULES_FR ? k->rule->title_fr : k->rule->title_en);
		buf_addf(b, "</td><td class=\"n\">%ld</td><td class=\"n\">%ld</td><td class=\"n\">%ld</td>", k->deals, k->held, k->alone);
		for (size_t j = 0; j < 2 * c->n_currencies; j++) {
			const struct cause_money *m = cause_money(k, c->currency[j % c->n_currencies]);
			const char *sum = !m ? NULL : j < c->n_currencies ? m->freed : m->stake;
			buf_addf(b, "<td class=\"n\">%s</td>", sum ? sum : "");
		}
		buf_adds(b, "</tr>\n");
	}
	buf_adds(b, "</tbody></table></div>\n</section>\n");
	arena_release(&a);
}

static int compare_ids(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void add_tools(struct html_report *h, struct buf *b)
{
	const struct report_info *info = h->info;
	const struct causes *c = info->causes;
	struct arena a = { 0 };
	const char **id = arena_alloc(&a, (c->n + 1) * sizeof *id);
	buf_adds(b, "<section aria-labelledby=\"list\">\n<h2 id=\"list\">");
	add(b, say(h, RT_FINDINGS));
	buf_adds(b, "</h2>\n<div class=\"tools\" role=\"search\">\n");
	add_label_open(b, say(h, RT_FILTER_TEXT), "");
	buf_adds(b, "<input type=\"search\" id=\"search\" autocomplete=\"off\" /></label>\n");
	add_label_open(b, say(h, RT_FILTER_RULE), "");
	buf_adds(b, "<select id=\"rule\">");
	add_option(b, "", say(h, RT_ALL));
	for (size_t i = 0; i < c->n; i++)
		id[i] = c->cause[i].rule->id;
	if (c->n)
		qsort(id, c->n, sizeof *id, compare_ids);
	for (size_t i = 0; i < c->n; i++)
		add_option(b, id[i], id[i]);
	buf_adds(b, "</select></label>\n");
	add_label_open(b, say(h, RT_FILTER_SEVERITY), "");
	buf_adds(b, "<select id=\"severity\">");
	add_option(b, "", say(h, RT_ALL));
	for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--)
		add_option(b, report_severity((enum severity)s, h->lang), report_severity((enum severity)s, h->lang));
	buf_adds(b, "</select></label>\n");
	add_label_open(b, say(h, RT_FILTER_SIDE), "");
	buf_adds(b, "<select id=\"side\">");
	add_option(b, "", say(h, RT_ALL));
	for (int s = LEFT; s <= RIGHT; s++)
		add_option(b, info->title[s], info->title[s]);
	buf_adds(b, "</select></label>\n");
	add_label_open(b, say(h, RT_SORT_BY), " class=\"phone\"");
	buf_adds(b, "<select id=\"by\"><option value=\"\"></option>");
	for (int i = 0; i < REPORT_COLUMNS; i++)
		add_option(b, arena_printf(&a, "%d", i), report_heading(info, i, &a));
	buf_adds(b, "</select></label>\n<button type=\"button\" id=\"order\" class=\"phone\">");
	add(b, say(h, RT_ORDER));
	buf_adds(b, "</button>\n<button type=\"button\" id=\"reset\">");
	add(b, say(h, RT_RESET));
	buf_addf(b, "</button>\n</div>\n<p role=\"status\"><b id=\"shown\">%zu</b> ", c->findings);
	add(b, say(h, RT_SHOWN));
	buf_addf(b, " %zu</p>\n<noscript><p>", c->findings);
	add(b, say(h, RT_NEEDS_SCRIPT));
	buf_adds(b, "</p></noscript>\n<div class=\"wide\"><table id=\"findings\"><thead><tr>");
	for (int i = 0; i < REPORT_COLUMNS; i++)
		add_heading(b, report_heading(info, i, &a), i == REPORT_STAKE || i == REPORT_DAYS);
	buf_adds(b, "</tr></thead><tbody id=\"rows\">\n");
	arena_release(&a);
}

static void add_head(struct html_report *h, struct buf *b)
{
	static const enum rules_text cause[] = { RT_COL_RULE, RT_COL_SEVERITY, RT_COL_CAUSE, RT_COL_DEALS, RT_COL_HELD,
		RT_COL_ALONE };
	static const enum rules_text many[] = { RT_INFOS, RT_WARNINGS, RT_ERRORS };
	const struct report_info *info = h->info;
	const struct causes *c = info->causes;
	struct arena a = { 0 };
	char at[32];
	const char *title = RULES_SAY(&a, h->lang, RT_TITLE, info->title[LEFT], info->title[RIGHT]);
	buf_addf(b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\" />\n", h->lang == RULES_FR ? "fr" : "en");
	buf_adds(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\" />\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
		    "<meta name=\"color-scheme\" content=\"light dark\" />\n<title>");
	add(b, title);
	buf_adds(b, "</title>\n<style>/*<![CDATA[*/\n");
	buf_adds(b, style);
	for (size_t i = 0; i < sizeof cause / sizeof cause[0]; i++)
		add_labels(b, "#causes", (int)i, say(h, cause[i]));
	for (size_t i = 0; i < 2 * c->n_currencies; i++)
		add_labels(b, "#causes", (int)(i + sizeof cause / sizeof cause[0]), money_heading(h, i, &a));
	for (int i = 0; i < REPORT_COLUMNS; i++)
		add_labels(b, "#findings", i, report_heading(info, i, &a));
	buf_adds(b, "/*]]>*/</style>\n</head>\n<body>\n<header>\n<h1>");
	add(b, title);
	buf_adds(b, "</h1>\n<p>");
	if (info->at != STAMP_NONE) {
		stamp_format(info->at / 1000000 * 1000000, at);
		add(b, RULES_SAY(&a, h->lang, RT_MADE_AT, at));
	}
	buf_adds(b, "</p>\n<ul class=\"counts\">");
	for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--) {
		buf_addf(b, "<li><b>%ld</b> ", c->by_severity[s]);
		add(b, say(h, many[s]));
		buf_adds(b, "</li>");
	}
	buf_adds(b, "</ul>\n</header>\n<main>\n");
	arena_release(&a);
}

struct html_report *html_open(const char *path, const struct report_info *info, struct err *err)
{
	struct html_report *h = xcalloc(1, sizeof *h);
	struct buf b = { 0 };
	h->info = info;
	h->lang = rules_lang(info->lang);
	if (outfile_open(&h->out, path, err) < 0)
		goto failed;
	int fd = dup(h->out.fd);
	h->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!h->file) {
		if (fd >= 0)
			close(fd);
		err_set(err, ERR_FAILED, "%s cannot be written: %s", path, strerror(errno));
		goto failed;
	}
	add_head(h, &b);
	add_causes(h, &b);
	add_tools(h, &b);
	if (put(h, &b, err) == 0)
		return h;
failed:
	html_abandon(h);
	return NULL;
}

int html_row(struct html_report *h, const struct value *cell, enum severity severity, struct err *err)
{
	struct buf b = { 0 };
	buf_addf(&b, "<tr class=\"%c\">", severity_names[severity][0]);
	for (int i = 0; i < REPORT_COLUMNS; i++) {
		buf_adds(&b, i == REPORT_SEVERITY ? "<td class=\"s\">" : "<td>");
		add_text(&b, cell[i].s ? cell[i].s : "", cell[i].len);
		buf_adds(&b, "</td>");
	}
	buf_adds(&b, "</tr>\n");
	h->rows++;
	return put(h, &b, err);
}

int html_close(struct html_report *h, struct err *err)
{
	struct buf b = { 0 };
	buf_adds(&b, "</tbody></table></div>\n</section>\n</main>\n<script>/*<![CDATA[*/\n");
	buf_adds(&b, script);
	buf_adds(&b, "/*]]>*/</script>\n</body>\n</html>\n");
	int rc = put(h, &b, err);
	FILE *f = h->file;
	h->file = NULL;
	if (fclose(f) && !rc)
		rc = err_set(err, ERR_FAILED, "%s cannot be written: %s", h->out.path, strerror(errno));
	if (!rc)
		rc = outfile_commit(&h->out, err);
	html_abandon(h);
	return rc;
}

void html_abandon(struct html_report *h)
{
	if (!h)
		return;
	if (h->file)
		fclose(h->file);
	outfile_close(&h->out);
	free(h);
}
