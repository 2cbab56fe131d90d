/* Writing a check in C as straight-line code.
 *
 * A plugin provides two functions, `describe` and `check`. `check` asks about the target and says what it found:
 *
 *     void check(void) {
 *         struct reply service = ask_service("TlntSvr");
 *         if (service.state == PENDING) return;
 *         if (service.state == UNABLE) { unable("telnet", &service); return; }
 *         ...
 *     }
 *
 * A question that was not asked before is PENDING: the host answers it, and `check` runs again from its beginning; what it
 * asked before is answered at once then. So it must ask the same each time, and keep nothing between two runs. What it asks
 * before it returns travels in one round. The findings of its last run, in which nothing is pending, are those that count.
 *
 * Memory: nothing has to be freed. Each target gets an instance of its own, which the host drops with all its memory. Texts that
 * are handed to these functions are copied.
 */
#ifndef WARDLINE_H
#define WARDLINE_H

#include "plugin.h" /* made from wit/ by `wardline plugin build`; look into build/bindings */

/* Shorter names for what checks use most. */
typedef exports_wardline_check_types_question_t question;
typedef exports_wardline_check_types_fact_t fact;
typedef exports_wardline_check_types_registry_data_t registry_data;
typedef exports_wardline_check_types_file_version_t file_version;
typedef exports_wardline_check_types_check_finding_t finding;
typedef exports_wardline_check_types_grade_t grade;
#define CRITICAL EXPORTS_WARDLINE_CHECK_TYPES_GRADE_CRITICAL
#define NON_CRITICAL EXPORTS_WARDLINE_CHECK_TYPES_GRADE_NON_CRITICAL
#define BEST_PRACTICE EXPORTS_WARDLINE_CHECK_TYPES_GRADE_BEST_PRACTICE
#define PASSED EXPORTS_WARDLINE_CHECK_TYPES_GRADE_PASSED
#define NOT_PERFORMED EXPORTS_WARDLINE_CHECK_TYPES_GRADE_NOT_PERFORMED
#define UNABLE_TO_SCAN EXPORTS_WARDLINE_CHECK_TYPES_GRADE_UNABLE_TO_SCAN

/* ---- What the plugin provides ---- */

/* Says what the plugin is, with the functions of the next part. */
void describe(void);

/* Looks at one target. */
void check(void);

/* ---- Describing ---- */

/* name: kebab-case. version: a semantic version. summary: one sentence. */
void plugin(const char *name, const char *version, const char *summary);

/* id: kebab-case. columns: heads of the findings' tables, "File|Found|Needed"; "" for none. */
void declares_check(const char *id, const char *title, const char *columns, const char *explanation);

/* What is asked and not declared is answered `denied`. Patterns as wit/types.wit describes them at `scope`. */
void asks_registry(const char *pattern);
void asks_file(const char *pattern);
void asks_services(void);
/* Any other scope that needs no pattern: EXPORTS_WARDLINE_CHECK_TYPES_SCOPE_ACCOUNTS, for instance. */
void asks(uint8_t scope);

/* ---- Asking ---- */

struct reply {
    enum {
        PENDING, /* Not answered yet: return, check() runs again. */
        KNOWN,   /* `fact` points to it. */
        ABSENT,  /* The target holds no such thing. */
        UNABLE   /* Nothing may be concluded; `reason` says why, for people. */
    } state;
    uint32_t number; /* Findings name their evidence by it. */
    const fact *fact;
    const char *reason;
};

struct reply ask_service(const char *name);                        /* fact->val.service */
struct reply ask_registry_value(const char *key, const char *name); /* fact->val.registry_value */
struct reply ask_registry_key(const char *key);                    /* fact->val.registry_key */
struct reply ask_file_version(const char *path);                   /* fact->val.file */
struct reply ask_directory(const char *path);                      /* fact->val.directory */
/* Any other question. `kind` is the fact that answers it: EXPORTS_WARDLINE_CHECK_TYPES_FACT_ACCOUNTS, for instance. */
struct reply ask(question asked, uint8_t kind);

/* The number of a REG_DWORD; false for data of any other type, which a program that looks for a REG_DWORD does not read. */
bool dword_of(const registry_data *data, uint32_t *number);

/* A text of the contract's as C has them. A zero byte in it ends it early. */
const char *text_of(plugin_string_t string);

/* Below zero, zero or above zero, as the left version is older, the same or newer. */
int compare_versions(file_version left, file_version right);

/* ---- Finding ---- */

/* summary: one sentence, what is so. Grade UNABLE_TO_SCAN, never PASSED, where evidence is missing. */
finding *found(const char *check, grade grade, const char *summary);
/* Names a piece of evidence that decided it; the host puts question and answer into the report. */
void because(finding *finding, const struct reply *evidence);
/* Adds a line to the finding's table: as many cells as the check has columns; NULL ends them. */
__attribute__((__sentinel__)) void row(finding *finding, grade grade, const char *first, ...);
/* Evidence was missing: the finding says why. */
void unable(const char *check, const struct reply *evidence);

/* Texts put together; NULL ends them. (snprintf is not for plugins: the C library's asks a system for streams.) */
__attribute__((__sentinel__)) const char *join(const char *first, ...);
const char *number_text(uint64_t number);
const char *version_text(file_version version);

#endif
