#include "wardline.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef exports_wardline_check_types_answer_t answer;
typedef exports_wardline_check_types_check_description_t check_description;
typedef exports_wardline_check_types_scope_t scope;
typedef exports_wardline_check_types_row_t finding_row;

/* A plugin whose memory is at its limit traps, and the host reports that. */
static void *grown(void *list, size_t count, size_t size) {
    void *memory = realloc(list, (count + 1) * size);
    if (!memory) abort();
    return memory;
}

/* Adds an item to a list of the contract's, which is {ptr, len}. */
#define APPEND(list, item)                                                        \
    do {                                                                          \
        (list)->ptr = grown((list)->ptr, (list)->len, sizeof *(list)->ptr);       \
        (list)->ptr[(list)->len++] = (item);                                      \
    } while (0)

/* A copy that the bindings may free once the host has taken it. */
static plugin_string_t copied(const char *text) {
    plugin_string_t copy;
    plugin_string_dup(&copy, text);
    return copy;
}

static plugin_string_t copied_string(plugin_string_t string) {
    plugin_string_t copy;
    plugin_string_dup_n(&copy, (const char *)string.ptr, string.len);
    return copy;
}

/* The parts of "a|b|c". An empty text has none. */
static plugin_list_string_t parts(const char *text) {
    plugin_list_string_t list = {NULL, 0};
    while (*text) {
        size_t length = strcspn(text, "|");
        plugin_string_t part;
        plugin_string_dup_n(&part, text, length);
        APPEND(&list, part);
        text += length;
        if (*text == '|') {
            text++;
            if (!*text) APPEND(&list, copied(""));
        }
    }
    return list;
}

/* ---- Describing ---- */

static exports_wardline_check_types_description_t description;

void plugin(const char *name, const char *version, const char *summary) {
    description.name = copied(name);
    description.version = copied(version);
    description.family = copied(name);
    description.summary = copied(summary);
}

void declares_check(const char *id, const char *title, const char *columns, const char *explanation) {
    check_description declared = {
        .id = copied(id), .title = copied(title), .columns = parts(columns), .explanation = copied(explanation)};
    APPEND(&description.checks, declared);
}

void asks(uint8_t kind) {
    scope declared = {.tag = kind};
    APPEND(&description.scopes, declared);
}

void asks_services(void) { asks(EXPORTS_WARDLINE_CHECK_TYPES_SCOPE_SERVICES); }

void asks_registry(const char *pattern) {
    scope declared = {.tag = EXPORTS_WARDLINE_CHECK_TYPES_SCOPE_REGISTRY, .val = {.registry = copied(pattern)}};
    APPEND(&description.scopes, declared);
}

void asks_file(const char *pattern) {
    scope declared = {.tag = EXPORTS_WARDLINE_CHECK_TYPES_SCOPE_FILE, .val = {.file = copied(pattern)}};
    APPEND(&description.scopes, declared);
}

void exports_wardline_check_detection_describe(exports_wardline_check_detection_description_t *result) {
    memset(&description, 0, sizeof description);
    describe();
    *result = description;
}

/* ---- Asking ---- */

/* All questions of this conversation, in the order asked; the first `answered` of them have their answers. */
static struct {
    question *ptr;
    size_t len;
} questions;
static answer *answers;
static size_t answered;

static bool same(plugin_string_t left, plugin_string_t right) {
    return left.len == right.len && memcmp(left.ptr, right.ptr, left.len) == 0;
}

static bool same_question(const question *left, const question *right) {
    if (left->tag != right->tag) return false;
    switch (left->tag) {
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_VALUE:
        return same(left->val.registry_value.key, right->val.registry_value.key) &&
               same(left->val.registry_value.name, right->val.registry_value.name);
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_TEXT:
        return same(left->val.text.path, right->val.text.path) && left->val.text.offset == right->val.text.offset &&
               left->val.text.length == right->val.text.length;
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_KEY:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE_VERSION:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_DIRECTORY:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_SERVICE:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_PERMISSIONS:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE_PERMISSIONS:
        return same(left->val.file, right->val.file); /* All of these hold one text, in the same place. */
    default:
        return true;
    }
}

/* A copy for the host, which frees what it was given. */
static question copied_question(const question *original) {
    question copy = *original;
    switch (original->tag) {
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_VALUE:
        copy.val.registry_value.key = copied_string(original->val.registry_value.key);
        copy.val.registry_value.name = copied_string(original->val.registry_value.name);
        break;
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_TEXT:
        copy.val.text.path = copied_string(original->val.text.path);
        break;
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_KEY:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE_VERSION:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_DIRECTORY:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_SERVICE:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_PERMISSIONS:
    case EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE_PERMISSIONS:
        copy.val.file = copied_string(original->val.file);
        break;
    default:
        break;
    }
    return copy;
}

const char *text_of(plugin_string_t string) {
    char *text = grown(NULL, string.len, 1);
    if (string.len > 0) memcpy(text, string.ptr, string.len);
    text[string.len] = 0;
    return text;
}

static struct reply understood(uint32_t number, const answer *answer, uint8_t kind) {
    struct reply reply = {.state = UNABLE, .number = number};
    switch (answer->tag) {
    case EXPORTS_WARDLINE_CHECK_TYPES_ANSWER_KNOWN:
        if (answer->val.known.tag == kind) {
            reply.state = KNOWN;
            reply.fact = &answer->val.known;
        } else {
            reply.reason = "the answer does not fit the question";
        }
        break;
    case EXPORTS_WARDLINE_CHECK_TYPES_ANSWER_ABSENT:
        reply.state = ABSENT;
        break;
    case EXPORTS_WARDLINE_CHECK_TYPES_ANSWER_DENIED:
        reply.reason = join("not allowed: ", text_of(answer->val.denied), NULL);
        break;
    case EXPORTS_WARDLINE_CHECK_TYPES_ANSWER_UNREADABLE:
        reply.reason = join("cannot be read: ", text_of(answer->val.unreadable), NULL);
        break;
    default:
        reply.reason = "this kind of target does not tell";
        break;
    }
    return reply;
}

struct reply ask(question asked, uint8_t kind) {
    for (size_t number = 0; number < questions.len; number++) {
        if (!same_question(&questions.ptr[number], &asked)) continue;
        if (number < answered) return understood((uint32_t)number, &answers[number], kind);
        return (struct reply){.state = PENDING, .number = (uint32_t)number};
    }
    APPEND(&questions, copied_question(&asked));
    return (struct reply){.state = PENDING, .number = (uint32_t)(questions.len - 1)};
}

/* A text that is only looked at: `ask` copies it. */
static plugin_string_t borrowed(const char *text) {
    return (plugin_string_t){.ptr = (uint8_t *)text, .len = strlen(text)};
}

static struct reply ask_about(uint8_t tag, const char *name, uint8_t kind) {
    return ask((question){.tag = tag, .val = {.file = borrowed(name)}}, kind);
}

struct reply ask_service(const char *name) {
    return ask_about(EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_SERVICE, name, EXPORTS_WARDLINE_CHECK_TYPES_FACT_SERVICE);
}

struct reply ask_registry_value(const char *key, const char *name) {
    question asked = {.tag = EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_VALUE,
                      .val = {.registry_value = {.key = borrowed(key), .name = borrowed(name)}}};
    return ask(asked, EXPORTS_WARDLINE_CHECK_TYPES_FACT_REGISTRY_VALUE);
}

struct reply ask_registry_key(const char *key) {
    return ask_about(EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_REGISTRY_KEY, key,
                     EXPORTS_WARDLINE_CHECK_TYPES_FACT_REGISTRY_KEY);
}

struct reply ask_file_version(const char *path) {
    return ask_about(EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_FILE_VERSION, path, EXPORTS_WARDLINE_CHECK_TYPES_FACT_FILE);
}

struct reply ask_directory(const char *path) {
    return ask_about(EXPORTS_WARDLINE_CHECK_TYPES_QUESTION_DIRECTORY, path, EXPORTS_WARDLINE_CHECK_TYPES_FACT_DIRECTORY);
}

bool dword_of(const registry_data *data, uint32_t *number) {
    if (data->tag != EXPORTS_WARDLINE_CHECK_TYPES_REGISTRY_DATA_DWORD) return false;
    *number = data->val.dword;
    return true;
}

static uint64_t sort_key(file_version version) {
    return (uint64_t)version.major << 48 | (uint64_t)version.minor << 32 | (uint64_t)version.build << 16 | version.revision;
}

int compare_versions(file_version left, file_version right) {
    uint64_t one = sort_key(left), other = sort_key(right);
    return (one > other) - (one < other);
}

/* ---- Finding ---- */

static exports_wardline_check_types_list_check_finding_t findings;

finding *found(const char *check, grade grade, const char *summary) {
    finding made = {.check = copied(check), .grade = grade, .summary = copied(summary)};
    APPEND(&findings, made);
    return &findings.ptr[findings.len - 1];
}

void because(finding *finding, const struct reply *evidence) { APPEND(&finding->evidence, evidence->number); }

void row(finding *finding, grade grade, const char *first, ...) {
    finding_row made = {.grade = grade};
    va_list more;
    va_start(more, first);
    for (const char *cell = first; cell; cell = va_arg(more, const char *)) APPEND(&made.cells, copied(cell));
    va_end(more);
    APPEND(&finding->rows, made);
}

void unable(const char *check, const struct reply *evidence) {
    because(found(check, UNABLE_TO_SCAN, evidence->reason), evidence);
}

const char *join(const char *first, ...) {
    char *joined = NULL;
    size_t length = 0;
    va_list more;
    va_start(more, first);
    for (const char *part = first; part; part = va_arg(more, const char *)) {
        size_t added = strlen(part);
        joined = grown(joined, length + added, 1);
        memcpy(joined + length, part, added);
        length += added;
    }
    va_end(more);
    joined = grown(joined, length, 1);
    joined[length] = 0;
    return joined;
}

const char *number_text(uint64_t number) {
    char digits[21], *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return join(at, NULL);
}

const char *version_text(file_version version) {
    return join(number_text(version.major), ".", number_text(version.minor), ".", number_text(version.build), ".",
                number_text(version.revision), NULL);
}

/* ---- The conversation ---- */

bool exports_wardline_check_detection_prepare(exports_wardline_check_detection_list_update_t *updates,
                                              plugin_string_t *error) {
    /* This plugin judges no updates; a plugin that does would keep them here. */
    exports_wardline_check_detection_list_update_free(updates);
    (void)error;
    return true;
}

static void run(exports_wardline_check_detection_step_t *step) {
    findings.ptr = NULL;
    findings.len = 0;
    check();
    memset(step, 0, sizeof *step);
    if (questions.len == answered) {
        step->tag = EXPORTS_WARDLINE_CHECK_TYPES_STEP_DONE;
        step->val.done.checks = findings;
        return;
    }
    step->tag = EXPORTS_WARDLINE_CHECK_TYPES_STEP_ASK;
    for (size_t number = answered; number < questions.len; number++) {
        APPEND(&step->val.ask, copied_question(&questions.ptr[number]));
    }
}

void exports_wardline_check_detection_detect(exports_wardline_check_detection_target_t *target,
                                             exports_wardline_check_detection_options_t *options,
                                             exports_wardline_check_detection_step_t *step) {
    (void)target; /* Findings must not depend on its name. */
    (void)options;
    run(step);
}

void exports_wardline_check_detection_resume(exports_wardline_check_detection_list_answer_t *given,
                                             exports_wardline_check_detection_step_t *step) {
    for (size_t number = 0; number < given->len; number++) {
        answers = grown(answers, answered, sizeof *answers);
        answers[answered++] = given->ptr[number];
    }
    run(step);
}
